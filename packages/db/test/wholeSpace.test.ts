import type { KeyRing, ValidationError } from '@codemint/shared';
import { createJobs, FIRST_ACCOUNT_ID, readCodes } from '../src';
import {
  allotmentState,
  cipherOf,
  codesAt,
  LIMITS,
  newJob,
  type Order,
  order,
  orderJob,
  readBatch,
  ringOf,
  runToTheEnd,
  split,
  storedCodes,
  supply,
  useProduct,
} from './support';

const ring = ringOf(1, 2);
const firstKey = ringOf(1);
const { installation, namespace } = useProduct();

const ask = (quantity: number, using: KeyRing = firstKey, characterSet = 'numeric') =>
  order(installation.database, using, namespace, { quantity, characterSet });

/** The refusal of a job, which must have changed nothing. */
async function refusalOf(quantity: number, using: KeyRing = firstKey): Promise<ValidationError> {
  const before = await allotmentState(installation.database.pool);
  const refusal: unknown = await ask(quantity, using).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(await allotmentState(installation.database.pool)).toEqual(before);
  return refusal as ValidationError;
}

/** Makes all codes: the jobs get what they asked for, and every number of six digits comes exactly once. */
async function expectEachOnce(orders: readonly Order[], supplied: readonly string[] = []): Promise<void> {
  const { database } = installation;
  const times = new Uint8Array(1_000_000);
  const count = (code: string) => {
    if (/^\d{6}$/.test(code)) (times[Number(code)] as number)++;
  };
  supplied.map(count);
  for (const { batchId, quantity, sliceJobs } of orders) {
    await runToTheEnd(database, ring, sliceJobs);
    expect(await readBatch(database.pool, batchId)).toMatchObject({ status: 'complete' });
    const codes = await storedCodes(database.pool, batchId);
    expect(codes).toHaveLength(quantity);
    codes.map(count);
  }
  expect(times.every((one) => one === 1)).toBe(true);
}

test('jobs take all 1,000,000 numeric serials of length 6, each once; the next one is refused', async () => {
  const orders = await Promise.all([ask(333_333), ask(1), ask(500_000), ask(166_665)]);
  expect((await refusalOf(2)).issues).toEqual([
    {
      field: 'quantity',
      rule: 'lte',
      valid: 1,
      message: expect.stringMatching(/^2 codes .* 1 are left .* Length 7 would do\.$/),
    },
  ]);
  orders.push(await ask(1));
  expect((await refusalOf(1)).issues[0]).toMatchObject({ valid: 0 });

  await expectEachOnce(orders);
});

test('the length that would do has room in its own pools, and is one that the key can have', async () => {
  const { pool } = installation.database;
  await ask(1_000_000);
  await order(installation.database, firstKey, namespace, { length: 7, quantity: 1 });
  await pool.query('UPDATE pool SET next_index = space - 10 WHERE length = 7');
  expect((await refusalOf(11)).message).toMatch(/Length 8 would do\.$/);
  expect((await refusalOf(10)).message).toMatch(/Length 7 would do\.$/);

  const assetType = '0614141000012';
  const product = `/8003/0${assetType}`;
  await pool.query('INSERT INTO product (id, account_id) VALUES ($1, $2)', [product, FIRST_ACCOUNT_ID]);
  const grai = { type: 'grai', product, length: 16, characterSet: 'numeric' } as const;
  await orderJob(installation.database, firstKey, grai);
  await pool.query('UPDATE pool SET next_index = space WHERE length = 16');
  await expect(orderJob(installation.database, firstKey, grai)).rejects.toThrow(
    /only 0 are left in this space\.$/,
  );
});

test('a refused job in a new namespace leaves nothing behind, nor do the jobs beside it', async () => {
  const other = await installation.addProduct();
  const before = await allotmentState(installation.database.pool);
  const jobs = [
    newJob({ product: `/01/${other.key}`, quantity: 5 }),
    newJob({ product: `/01/${namespace.key}`, quantity: 600_000 }),
    newJob({ product: `/01/${namespace.key}`, quantity: 600_000 }),
  ];
  await expect(createJobs(installation.database, firstKey, jobs, LIMITS)).rejects.toThrow(
    'only 400000 are left',
  );
  expect(await allotmentState(installation.database.pool)).toEqual(before);
});

test('with rivals near the end exactly what is left can be had', async () => {
  const orders = [await ask(200_000, firstKey, 'UAN-28'), await ask(900_000)];
  const behind = codesAt(cipherOf(namespace), [910_000, 950_001, 999_999]);
  const { refused } = await supply(installation.database, firstKey, namespace, behind);
  expect(refused).toEqual([]);
  const left = (await refusalOf(100_000)).issues[0]?.valid as number;
  // About (8/28)^6 of the sibling's codes are numeric, a tenth of these lie behind.
  expect(left).toBeLessThan(100_000 - 3);
  await refusalOf(left + 1);
  orders.push(await ask(left));
  expect((await refusalOf(1)).issues[0]?.valid).toBe(0);
  await expectEachOnce(orders, behind);
});

test('a space used up under a former key stays used up under the next', async () => {
  await ask(999_990);
  const rest = await ask(10, ring);
  expect((await refusalOf(1, ring)).issues[0]?.valid).toBe(0);
  await runToTheEnd(installation.database, ring, rest.sliceJobs);
  const codes = await readCodes(installation.database.pool, rest.batchId, { offset: 0, limit: 100 });
  const leftByFormer = split(cipherOf(namespace).encode(999_990, 10), 6);
  expect(codes.map(({ code }) => code).sort()).toEqual(leftByFormer.sort());
});
