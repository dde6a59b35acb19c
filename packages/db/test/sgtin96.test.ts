import { fitsNumericSerial, ValidationError } from '@codemint/shared';
import {
  type CapacityRequest,
  capacityOf,
  type Difference,
  FIRST_ACCOUNT_ID,
  findCode,
  type NewJob,
  ownersOf,
  type PoolCapacity,
  planJob,
  verifyStock,
} from '../src';
import { accept, complete, generated, productOf } from './ordersSupport';
import { expectEarliestOwners } from './owners';
import {
  allotmentState,
  newJob,
  type Order,
  order,
  readBatch,
  ringOf,
  runToTheEnd,
  storedCodes,
  supply,
  useProduct,
} from './support';

const ring = ringOf(1);
const { installation, namespace } = useProduct();

const EPC = { epc: 'sgtin-96', characterSet: 'numeric', length: 6 } as const;

const ask = (overrides: Parameters<typeof order>[3], using = installation.database) =>
  order(using, ring, namespace, overrides);

async function make(overrides: Parameters<typeof order>[3]): Promise<string[]> {
  const { batchId, sliceJobs, quantity } = await ask(overrides);
  const { database } = installation;
  await runToTheEnd(database, ring, sliceJobs);
  expect(await readBatch(database.pool, batchId)).toMatchObject({
    status: 'complete',
    quantity_created: quantity,
  });
  return storedCodes(database.pool, batchId);
}

/** The refusal of a job, which must have changed nothing. */
async function refusalOf(overrides: Parameters<typeof order>[3]): Promise<unknown> {
  const before = await allotmentState(installation.database.pool);
  const error: unknown = await ask(overrides).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ValidationError);
  expect(await allotmentState(installation.database.pool)).toEqual(before);
  return (error as ValidationError).issues;
}

async function capacity(overrides: Partial<CapacityRequest> = {}): Promise<PoolCapacity> {
  const found = await capacityOf(installation.database.pool, {
    ...newJob({ product: `/01/${namespace.key}` }),
    accountId: FIRST_ACCOUNT_ID,
    ...EPC,
    ...overrides,
  });
  if (found.kind !== 'pool') throw new Error('These are SSCCs.');
  return found;
}

/** What verification finds in the smaller batches. */
async function differences(): Promise<Difference[]> {
  const { rows } = await installation.database.pool.query<{ id: bigint }>(
    'SELECT id FROM batch WHERE quantity < 50000',
  );
  const found: Difference[] = [];
  const report = { onDifference: (one: Difference) => found.push(one), onProgress: () => undefined };
  await verifyStock(
    installation.database,
    ring,
    rows.map(({ id }) => id),
    report,
  );
  return found;
}

const RULE = 'SGTIN-96 holds serials of digits without leading zero, at most 274877906943.';

test.each<[string, Partial<NewJob>, object[]]>([
  [
    'another type',
    { type: 'grai', product: '/8003/09312345551927' },
    [{ field: 'epc', rule: 'type', message: 'Only a job of type "sgtin" can have this value.' }],
  ],
  ['SSCCs', { type: 'sscc', ssccCompanyPrefix: '931234' }, [{ field: 'epc', rule: 'type' }]],
  ['short codes', { type: 'short_code', domainName: 'x.example' }, [{ field: 'epc', rule: 'type' }]],
  [
    'letters',
    { characterSet: 'alphanumeric' },
    [
      {
        field: 'character_set',
        rule: 'in',
        valid: ['numeric'],
        message: `Value has to be "numeric": ${RULE}`,
      },
    ],
  ],
  [
    '13 digits',
    { length: 13 },
    [
      {
        field: 'length',
        rule: 'lte',
        valid: 12,
        message: `Value has to be less than or equal to "12". ${RULE}`,
      },
    ],
  ],
  ['5 digits', { length: 5 }, [{ field: 'length', rule: 'gte', valid: 6 }]],
  [
    'letters, and too many',
    { characterSet: 'UAN-28', length: 20 },
    [
      { field: 'character_set', rule: 'in' },
      { field: 'length', rule: 'lte' },
    ],
  ],
])('a job for serials that fit is refused for %s', (_, fields, issues) => {
  const job = newJob({ product: '/01/00000000000017', ...EPC, ...fields });
  expect(() => planJob(job, 100)).toThrow(ValidationError);
  try {
    planJob(job, 100);
  } catch (error) {
    expect((error as ValidationError).issues).toEqual(issues.map((issue) => expect.objectContaining(issue)));
  }
});

test('of 12 digits they fit, and are found as what they are', async () => {
  const codes = await make({ ...EPC, length: 12, quantity: 25_000 });
  expect(new Set(codes).size).toBe(25_000);
  expect(codes.every((code) => code.length === 12 && fitsNumericSerial(code))).toBe(true);
  const { pool } = installation.database;
  const { rows } = await pool.query('SELECT algorithm, space FROM pool ORDER BY id DESC LIMIT 1');
  expect(rows).toEqual([{ algorithm: 'ff1-aes256-sgtin96-1', space: 174_877_906_944n }]);
  const some = [...codes.slice(0, 50), '274877906944', '012345678901', '999999999999'];
  const owners = await ownersOf(pool, ring, namespace, some);
  expect(owners.map((owner) => owner?.place)).toEqual(
    some.map((_, place) => (place < 50 ? place : undefined)),
  );
  for (const [code, place] of [[codes[7], 7], ['274877906944']] as [string, number?][]) {
    const [found] = await findCode(pool, ring, code, { namespace });
    expect(found?.place).toBe(place);
  }
});

test('each of the 900,000 of 6 digits is given out once, and then there are no more', async () => {
  const codes = await make({ ...EPC, quantity: 899_990 });
  expect(await refusalOf({ ...EPC, quantity: 11 })).toEqual([
    expect.objectContaining({ field: 'quantity', valid: 10, message: expect.stringContaining('7') }),
  ]);
  codes.push(...(await make({ ...EPC, quantity: 10 })));
  const seen = new Set(codes);
  expect(seen.size).toBe(900_000);
  for (let serial = 100_000; serial < 1_000_000; serial++) seen.delete(String(serial));
  expect(seen.size).toBe(0);
  expect(await capacity()).toMatchObject({ space: 900_000, left: 0, guessChance: { now: 1 } });
  // What begins with 0 is left to numeric jobs.
  expect((await capacity({ epc: null })).left).toBe(100_000);
  const rest = await make({ quantity: 100_000 });
  expect(rest.every((code) => code.startsWith('0'))).toBe(true);
  expect((await capacity({ epc: null })).left).toBe(0);
});

test('numeric jobs before them leave what is left exactly', async () => {
  await make({ quantity: 300_000 });
  const { left, givenOut } = await capacity();
  const [issue] = (await refusalOf({ ...EPC, quantity: 900_000 })) as { valid: number }[];
  const truth = issue?.valid as number;
  expect(givenOut).toMatchObject({ generated: 0, overlapping: 270_000 });
  expect(left).toBeLessThanOrEqual(truth);
  expect(left).toBeGreaterThan(truth - 6_000);
});

test('jobs of both kinds, orders and imports that race for a product: each code has one owner', async () => {
  const processes = [installation.database, installation.connect(), installation.connect()];
  const kinds = [EPC, {}, EPC, { characterSet: 'alphanumeric' }, { length: 7 }, { ...EPC, length: 7 }];
  const accepted = await Promise.all(
    Array.from({ length: 24 }, async (_, i): Promise<Order> => {
      const using = processes[i % 3] as (typeof processes)[0];
      if (i % 8 === 7) {
        const ids = Array.from({ length: 300 }, (_, k) => String(98_000 + i * 1_000 + k * 17));
        await supply(using, ring, namespace, ids.filter((id) => id.length === 6)); // biome-ignore format: short
      }
      return ask({ ...kinds[i % kinds.length], quantity: 10_000 + i, sliceSize: 3_000 }, using);
    }),
  );
  const { database } = installation;
  const codes = generated(5_000, { characterSet: 'N', length: 8 });
  const adi = await accept(database, ring, { product: productOf(namespace), codes });
  await Promise.all(
    accepted.map(({ sliceJobs }, i) =>
      runToTheEnd(processes[i % 3] as typeof database, ring, sliceJobs, {
        chunkSize: 1_000,
        sliceSize: 3_000,
      }),
    ),
  );
  await complete(database, ring, adi);
  const { rivals } = await expectEarliestOwners(database.pool, namespace);
  expect(rivals).toBeGreaterThan(1_000);
  for (const [i, { batchId, quantity }] of accepted.entries()) {
    const made = await storedCodes(database.pool, batchId);
    expect(made).toHaveLength(quantity);
    if ('epc' in (kinds[i % kinds.length] as object)) expect(made.every(fitsNumericSerial)).toBe(true);
    const some = made.filter((_, place) => place % 997 === 0);
    const owners = await ownersOf(database.pool, ring, namespace, some);
    expect(owners.map((owner) => owner?.batchId)).toEqual(some.map(() => batchId));
  }
  const { rows } = await database.pool.query(
    `SELECT p.length, count(*)::int AS pools FROM pool p JOIN namespace n ON n.id = p.namespace_id
      WHERE n.key = $1 AND p.alphabet = '0123456789' AND p.length < 8 GROUP BY 1 ORDER BY 1`,
    [namespace.key],
  );
  expect(rows).toEqual([
    { length: 6, pools: 2 },
    { length: 7, pools: 2 },
  ]);
});

test('of supplied codes those that fit count, before their pool is there and after', async () => {
  const { database } = installation;
  const fitting = ['100000', '123456', '999999'];
  await supply(database, ring, namespace, [...fitting, '000000', '099999', 'ABCDEF']);
  // Without a pool all digits count: rather too many than too few.
  expect(await capacity()).toMatchObject({ left: 900_000 - 5 });
  const codes = await make({ ...EPC, quantity: 1_000 });
  expect(await capacity()).toMatchObject({ left: 900_000 - 3 - 1_000 });
  const unmade = ['100001', '100002'].find((code) => !codes.includes(code)) as string;
  const { refused } = await supply(database, ring, namespace, [codes[0] as string, '012345', unmade]);
  expect(refused).toEqual([codes[0]]);
  expect((await capacity()).left).toBe(900_000 - 4 - 1_000);
});

test('a policy limits them among their own number', async () => {
  const limit = 1e-4;
  await installation.database.pool.query(
    'INSERT INTO issuing_policy (account, product, max_guess_probability) VALUES ($1, $2, $3)',
    [FIRST_ACCOUNT_ID, `/01/${namespace.key}`, limit],
  );
  const asked = await capacity({ quantity: 2_000_000 });
  expect(asked.sufficientLengths).toEqual({
    ...Object.fromEntries(Object.keys(asked.sufficientLengths).map((name) => [name, null])),
    numeric: 11,
    N: 11,
  });
  await make({ ...EPC, quantity: 90 });
  expect(await refusalOf({ ...EPC, quantity: 1 })).toEqual([
    expect.objectContaining({ field: 'length', rule: 'guess_probability', valid: 7 }),
  ]);
  await installation.database.pool.query('UPDATE issuing_policy SET max_guess_probability = 1e-12');
  expect(await refusalOf({ ...EPC, length: 12, quantity: 1 })).toEqual([
    expect.objectContaining({ message: expect.stringMatching(/ No length of these characters would do\.$/) }),
  ]);
  await installation.database.pool.query('DELETE FROM issuing_policy');
});

test('what these tests have made can be made again, and the database holds other values off', async () => {
  expect(await differences()).toEqual([]);
  const { pool } = installation.database;
  const { rows } = await pool.query('SELECT DISTINCT epc FROM identifier_job ORDER BY 1');
  expect(rows).toEqual([{ epc: 'sgtin-96' }, { epc: null }]);
  for (const change of [`epc = 'sgtin-198'`, `epc = 'sgtin-96', type = 'grai'`]) {
    await expect(pool.query(`UPDATE identifier_job SET ${change}`)).rejects.toThrow(
      'identifier_job_epc_check',
    );
  }
});
