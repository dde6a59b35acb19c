import { KeyRing, PoolKeyError } from '@codemint/shared';
import { type CodeScope, createJobs, deleteJobs, FIRST_ACCOUNT_ID, findCode, readCodes } from '../src';
import { tryPools } from '../src/codes/tryPools';
import {
  cipherOf,
  codesAt,
  LIMITS,
  masterKey,
  newJob,
  type Order,
  order,
  orderJob,
  ringOf,
  runSlice,
  runToTheEnd,
  split,
  storedCodes,
  supply,
  useProduct,
} from './support';

const ring = ringOf(1, 2);
const formerRing = ringOf(1);
const { installation, namespace } = useProduct();

const find = (code: string, scope: CodeScope = { namespace }) =>
  findCode(installation.database.pool, ring, code, scope);

/** A finished job. */
async function make(overrides: Parameters<typeof order>[3], using = ring): Promise<Order> {
  const job = await order(installation.database, using, namespace, overrides);
  await runToTheEnd(installation.database, ring, job.sliceJobs);
  return job;
}

test('every code of a job is found at its place, in each scope that holds it', async () => {
  await make({ quantity: 7 });
  const { batchId } = await make({ quantity: 40, sliceSize: 15 });
  const codes = await storedCodes(installation.database.pool, batchId);
  const scopes: CodeScope[] = [
    { namespace },
    { batchId },
    { accountId: FIRST_ACCOUNT_ID },
    { accountId: null },
  ];
  for (const scope of scopes) {
    for (const [place, code] of codes.entries())
      expect(await find(code, scope)).toContainEqual({ batchId, place, code });
  }
});

test('every code near skipped ones is found where it is read', async () => {
  await supply(
    installation.database,
    ring,
    namespace,
    codesAt(cipherOf(namespace, { keyVersion: 2 }), [0, 3, 4]),
  );
  const { batchId } = await make({ quantity: 6 });
  const read = await readCodes(installation.database.pool, batchId, { offset: 0, limit: 10 });
  expect(read.map(({ place }) => place)).toEqual([1, 2, 5, 6, 7, 8]);
  for (const one of read) expect(await find(one.code)).toEqual([one]);
});

test.each([
  ['of the right length', '000000'],
  ['too short', '12345'],
  ['too long', '1234567'],
  ['empty', ''],
  ['of other characters', 'ab_def'],
  ['of as many bytes', 'äöü'],
  ['with a quote', "'; --1"],
])('what nobody was given is nobody’s: %s', async (_, code) => {
  // Far fewer of the million codes than it takes to meet one by chance.
  await make({ quantity: 1 });
  const owner = codesAt(cipherOf(namespace, { keyVersion: 2 }), [0])[0];
  expect(await find(code)).toHaveLength(code === owner ? 1 : 0);
});

test('a code of the next index is nobody’s', async () => {
  await make({ quantity: 5 });
  const [last, next] = codesAt(cipherOf(namespace, { keyVersion: 2 }), [4, 5]) as [string, string];
  expect(await find(last)).toHaveLength(1);
  expect(await find(next)).toEqual([]);
});

test('a code that is not made yet is not told', async () => {
  const job = await order(installation.database, ring, namespace, { quantity: 20, sliceSize: 10 });
  const [, inSecond] = codesAt(cipherOf(namespace, { keyVersion: 2 }), [0, 10]) as [string, string];
  expect(await find(inSecond)).toEqual([]);
  await runSlice(installation.database.pool, ring, job.sliceJobs[0]?.sliceId as string);
  expect(await find(inSecond)).toEqual([]);
  await runSlice(installation.database.pool, ring, job.sliceJobs[1]?.sliceId as string);
  expect(await find(inSecond)).toEqual([{ batchId: job.batchId, place: 10, code: inSecond }]);
});

test('codes of a deleted job are nobody’s, also before they are removed', async () => {
  const { id, batchId } = await make({ quantity: 3 });
  const [code] = (await storedCodes(installation.database.pool, batchId)) as [string];
  await deleteJobs(installation.database, [id]);
  expect(await find(code)).toEqual([]);
  expect(await find(code, { batchId })).toEqual([]);
});

test('a code of another product, domain or account is not told of this one', async () => {
  const { batchId } = await make({ quantity: 3 });
  const [code] = (await storedCodes(installation.database.pool, batchId)) as [string];
  const other = await installation.addProduct();
  const { pool } = installation.database;
  const { rows } = await pool.query(`INSERT INTO account (account_name) VALUES ('other') RETURNING id`);
  expect(await find(code, { namespace: other })).toEqual([]);
  expect(await find(code, { namespace: { kind: 'short_code', key: namespace.key } })).toEqual([]);
  expect(await find(code, { accountId: rows[0].id })).toEqual([]);
});

test('a string that two namespaces own has two owners', async () => {
  const first = await make({ quantity: 50_000 });
  const other = await installation.addProduct();
  const second = await order(installation.database, ring, other, { quantity: 50_000 });
  await runToTheEnd(installation.database, ring, second.sliceJobs);
  const codes = new Set(await storedCodes(installation.database.pool, first.batchId));
  const shared = (await storedCodes(installation.database.pool, second.batchId)).find((code) =>
    codes.has(code),
  );
  const owners = await find(shared as string, { accountId: null });
  const batches = owners.map(({ batchId }) => batchId).filter((id) => id >= first.batchId);
  expect(batches.sort()).toEqual([first.batchId, second.batchId].sort());
});

test('of rivals the earliest is told, whichever pool is older', async () => {
  const [first, second] = [
    await make({ quantity: 100_000, characterSet: 'UAN-28' }),
    await make({ quantity: 300_000 }),
  ];
  await make({ quantity: 100_000, characterSet: 'UAN-28' });
  const numeric = cipherOf(namespace, { keyVersion: 2 });
  const unambiguous = cipherOf(namespace, { set: 'UAN-28', keyVersion: 2 });
  const contested = split(unambiguous.encode(0, 200_000), 6).flatMap((code, index) =>
    numeric.decodeOne(code) < 300_000 ? [{ code, index }] : [],
  );
  expect(contested.length).toBeGreaterThan(10);
  for (const { code, index } of contested) {
    const { batchId } = index < 100_000 ? first : second;
    expect(await find(code)).toEqual([expect.objectContaining({ batchId, code })]);
  }
});

test('while the earliest has not made its code nobody else has it', async () => {
  const former = await order(installation.database, formerRing, namespace, { quantity: 100_000 });
  await make({ quantity: 100_000 });
  const cipher = cipherOf(namespace, { keyVersion: 2 });
  const indexes = Array.from({ length: 2_000 }, (_, i) => i);
  const contested = codesAt(cipherOf(namespace), indexes).filter((code) => cipher.decodeOne(code) < 100_000);
  expect(contested.length).toBeGreaterThan(50);
  for (const code of contested.slice(0, 10)) expect(await find(code)).toEqual([]);
  await deleteJobs(installation.database, [former.id]);
  for (const code of contested.slice(0, 10)) expect(await find(code)).toEqual([]);
});

test('the index of a supplied code is not its rival’s', async () => {
  const cipher = cipherOf(namespace, { keyVersion: 2 });
  await make({ quantity: 2 });
  const [given, supplied] = codesAt(cipher, [1, 3]) as [string, string];
  await supply(installation.database, ring, namespace, [supplied]);
  const { batchId } = await make({ quantity: 4 });
  expect(await find(supplied)).toEqual([]);
  expect(await find(given)).toHaveLength(1);
  const neighbour = codesAt(cipher, [4])[0] as string;
  expect(await find(neighbour)).toEqual([{ batchId, place: 2, code: neighbour }]);
});

test('SSCCs are found by their number, with the right check digit only', async () => {
  const sscc = { type: 'sscc', ssccCompanyPrefix: '9521234', ssccExtensionDigit: 9 } as const;
  const { batchId, sliceJobs } = await orderJob(installation.database, ring, { ...sscc, quantity: 12 });
  expect(await find('995212340000000000', { batchId })).toEqual([]);
  await runToTheEnd(installation.database, ring, sliceJobs);
  const codes = await storedCodes(installation.database.pool, batchId);
  for (const scope of [{ batchId }, { accountId: null }, { namespace: { kind: 'sscc' as const, key: '' } }]) {
    for (const [place, code] of codes.entries())
      expect(await find(code, scope)).toEqual([{ batchId, place, code }]);
  }
  const wrongDigit = (codes[0] as string).replace(/.$/, (digit) => String((Number(digit) + 1) % 10));
  expect(await find(wrongDigit, { batchId })).toEqual([]);
  expect(await find('195212340000000006', { batchId })).toEqual([]);
});

test('where a pool of that shape cannot be decoded nothing is told; other shapes are', async () => {
  await make({ quantity: 3 }, formerRing);
  await make({ quantity: 3 });
  const long = await make({ quantity: 3, length: 9 });
  const [short, code] = [
    codesAt(cipherOf(namespace), [0])[0] as string,
    (await storedCodes(installation.database.pool, long.batchId))[0] as string,
  ];
  const { pool } = installation.database;
  const withoutFormer = ringOf(2);
  await expect(findCode(pool, withoutFormer, short, { namespace })).rejects.toThrow(PoolKeyError);
  expect(await findCode(pool, withoutFormer, code, { namespace })).toHaveLength(1);
  const wrong = new KeyRing(new Map([1, 2].map((version) => [version, masterKey(version, 'another')])));
  await expect(findCode(pool, wrong, code, { namespace })).rejects.toThrow(PoolKeyError);
});

test('a look-up among many pools lets others have their turn', async () => {
  const { database } = installation;
  const jobs = [];
  for (let i = 0; i < 600; i++) {
    const { key } = await installation.addProduct();
    jobs.push(newJob({ product: `/01/${key}`, length: 9, quantity: 1 }));
  }
  await createJobs(database, ring, jobs, LIMITS);
  await find('000000000', { accountId: null });
  let turns = 0;
  let isOver = false;
  const count = () => {
    turns++;
    if (!isOver) setImmediate(count);
  };
  const candidates = tryPools(database.pool, ring, '000000000', { accountId: null });
  // The answer of the database's one query is there; from now on all is done in this process.
  const asked = jest.spyOn(ring, 'keptCipher').mockImplementationOnce((pool) => {
    setImmediate(count);
    asked.mockRestore();
    return ring.keptCipher(pool);
  });
  await candidates;
  isOver = true;
  expect(turns).toBeGreaterThanOrEqual(2);
});
