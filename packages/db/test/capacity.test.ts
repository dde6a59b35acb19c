import { randomUUID } from 'node:crypto';
import { CHARACTER_SETS, type KeyRing } from '@codemint/shared';
import {
  type CapacityRequest,
  capacityOf,
  deleteJobs,
  FIRST_ACCOUNT_ID,
  type PoolCapacity,
  type SsccCapacity,
} from '../src';
import { importLines } from './importSupport';
import { accept, complete, generated, productOf, supplied } from './ordersSupport';
import {
  cipherOf,
  codesAt,
  order,
  orderJob,
  ringOf,
  runToTheEnd,
  split,
  supply,
  useProduct,
} from './support';

const { installation, namespace } = useProduct();
let ring: KeyRing;

beforeEach(() => {
  ring = ringOf(1);
});

const request = (overrides: Partial<CapacityRequest>): CapacityRequest => ({
  type: 'sgtin',
  accountId: FIRST_ACCOUNT_ID,
  product: `/01/${namespace.key}`,
  domainName: null,
  characterSet: 'numeric',
  length: 6,
  quantity: 0,
  ssccCompanyPrefix: null,
  ssccExtensionDigit: null,
  epc: null,
  ...overrides,
});

async function capacity(overrides: Partial<CapacityRequest> = {}): Promise<PoolCapacity> {
  const found = await capacityOf(installation.database.pool, request(overrides));
  if (found.kind !== 'pool') throw new Error('These are SSCCs.');
  return found;
}

const ask = (overrides: Parameters<typeof order>[3], using = ring) =>
  order(installation.database, using, namespace, overrides);

const GIVEN = { generated: 0, supplied: 0, imported: 0, overlapping: 0, deleted: 0, total: 0 };
const NUMERIC_6 = {
  prefix: '',
  alphabet: CHARACTER_SETS.numeric,
  length: 6,
  suffix: '',
  algorithm: 'ff1-aes256-1' as const,
};

test('of a product that has had no code all is left', async () => {
  expect(await capacity({ quantity: 100 })).toEqual({
    kind: 'pool',
    space: 1_000_000,
    givenOut: GIVEN,
    left: 1_000_000,
    guessChance: { now: 0, after: 1e-4, quantity: 100 },
    namespaceGuessChance: {
      now: { chance: 0, shape: expect.objectContaining(NUMERIC_6) },
      after: { chance: 1e-4, shape: expect.objectContaining(NUMERIC_6) },
    },
    maxGuessProbability: null,
    sufficientLengths: {
      alphanumeric: 6,
      numeric: 6,
      'AN-47': 6,
      'GS1-64w': 6,
      'UAN-28': 6,
      'GS1-36w': 6,
      N: 6,
    },
  });
});

test('a nearly full numeric set counts for the alphanumeric one of that length', async () => {
  await ask({ quantity: 900_000 });
  expect(await capacity({ quantity: 100_000 })).toMatchObject({
    givenOut: { ...GIVEN, generated: 900_000, total: 900_000 },
    left: 100_000,
    guessChance: { now: 0.9, after: 1 },
  });
  const wider = await capacity({ characterSet: 'alphanumeric', quantity: 1_000 });
  expect(wider).toMatchObject({
    space: 62 ** 6,
    givenOut: { ...GIVEN, overlapping: 900_000, total: 900_000 },
    left: 62 ** 6 - 900_000,
    guessChance: { now: 0.9 },
    namespaceGuessChance: { now: { chance: 0.9, shape: NUMERIC_6 } },
  });
  const { alphanumeric, 'UAN-28': unambiguous, numeric } = wider.sufficientLengths;
  expect([numeric, alphanumeric, unambiguous]).toEqual([7, 7, 7]);
  // Of a length that nobody uses nothing is given out, but in the namespace much is.
  expect(await capacity({ characterSet: 'alphanumeric', length: 7 })).toMatchObject({
    left: 62 ** 7,
    guessChance: { now: 0 },
    namespaceGuessChance: { now: { chance: 0.9, shape: NUMERIC_6 } },
  });
});

test('what overlaps in part counts as much as is likely, and is left as if it were more', async () => {
  await ask({ characterSet: 'alphanumeric', quantity: 1_000_000 });
  await ask({ characterSet: 'alphanumeric', quantity: 1_000_000 });
  const likely = Math.ceil(2_000_000 * (10 / 62) ** 6);
  const found = await capacity();
  expect(found.givenOut).toEqual({ ...GIVEN, overlapping: likely, total: likely });
  expect(found.left).toBeLessThan(1_000_000 - likely);
  expect(found.left).toBeGreaterThan(1_000_000 - 200);
});

test('supplied and imported codes count by where they come from, before their pool is there and after', async () => {
  const { database } = installation;
  const indexes = Array.from({ length: 30 }, (_, i) => i * 30_000);
  const codes = codesAt(cipherOf(namespace), indexes);
  const product = productOf(namespace);
  const bring = async (ids: string[]) =>
    complete(database, ring, await accept(database, ring, { product, codes: supplied(...ids) }));
  await bring([...codes.slice(0, 10), 'ABCDEF', 'another-of-no-set!']);
  await importLines(
    database,
    ring,
    [...codes.slice(10, 15), '1234567'].map((code) => ({ product: product.id, code })),
  );
  const numbers = { ...GIVEN, supplied: 10, imported: 5, total: 15 };
  expect(await capacity()).toMatchObject({
    givenOut: numbers,
    left: 999_985,
    guessChance: { now: 15 / 1e6 },
  });
  expect((await capacity({ characterSet: 'GS1-36w' })).givenOut).toEqual({
    ...numbers,
    supplied: 11,
    total: 16,
  });

  // Its first index is that of the first code, which is passed over.
  const job = await ask({ quantity: 100 });
  await runToTheEnd(database, ring, job.sliceJobs);
  const now = { ...numbers, generated: 100, total: 115 };
  expect(await capacity()).toMatchObject({ givenOut: now, left: 999_885 });
  await bring(codes.slice(15, 20));
  await bring(codes.slice(15, 21));
  await importLines(
    database,
    ring,
    codes.slice(21, 25).map((code) => ({ product: product.id, code })),
  );
  expect(await capacity()).toMatchObject({
    givenOut: { ...now, supplied: 16, imported: 9, total: 125 },
    left: 999_875,
  });
  const { rows } = await database.pool.query(
    `SELECT p.supplied + p.imported AS counted, (SELECT count(*) FROM registry_index WHERE pool_id = p.id) AS entered
       FROM pool p JOIN namespace n ON n.id = p.namespace_id WHERE n.key = $1`,
    [namespace.key],
  );
  expect(rows).toEqual([{ counted: 25n, entered: 25n }]);
});

test('deleted codes are given out for good', async () => {
  const kept = await ask({ quantity: 40 });
  const made = await ask({ quantity: 50 });
  const unmade = await ask({ quantity: 60 });
  await runToTheEnd(installation.database, ring, [...kept.sliceJobs, ...made.sliceJobs]);
  await deleteJobs(installation.database, [made.id, unmade.id]);
  expect(await capacity()).toMatchObject({
    givenOut: { ...GIVEN, generated: 150, deleted: 110, total: 150 },
    left: 999_850,
  });
});

test('two keys of one shape count together, skipped indexes once they are known', async () => {
  const { database } = installation;
  await ask({ quantity: 700_000 });
  const both = ringOf(1, 2);
  const job = await ask({ quantity: 10_000 }, both);
  const before = await capacity();
  expect(before.left).toBeLessThanOrEqual(290_000);
  await runToTheEnd(database, both, job.sliceJobs);
  expect(await capacity()).toMatchObject({
    givenOut: { ...GIVEN, generated: 710_000, total: 710_000 },
    left: 290_000,
  });
  // What is left can be had to the last code.
  const last = await ask({ quantity: 290_000 }, both);
  await runToTheEnd(database, both, last.sliceJobs);
  expect(await capacity()).toMatchObject({ givenOut: { total: 1_000_000 }, left: 0 });
});

test('codes with a prefix overlap with those of the same width', async () => {
  const { database } = installation;
  const codes = generated(100, { prefix: '12', characterSet: 'numeric', length: 8 });
  await accept(database, ring, { product: productOf(namespace), codes });
  const found = await capacity({ length: 10 });
  expect(found).toMatchObject({
    givenOut: { ...GIVEN, overlapping: 100, total: 100 },
    left: 1e10 - 100,
    guessChance: { now: 100 / 1e8 },
    namespaceGuessChance: { now: { shape: { prefix: '12', length: 8 } } },
  });
  expect((await capacity({ length: 8 })).givenOut).toEqual(GIVEN);
});

test('a space beyond what a pool can count ends where its pools end', async () => {
  await ask({ length: 20, characterSet: 'alphanumeric', quantity: 10 });
  expect(await capacity({ length: 20, characterSet: 'alphanumeric' })).toMatchObject({
    space: Number.MAX_SAFE_INTEGER,
    left: Number.MAX_SAFE_INTEGER - 10,
    guessChance: { now: 10 / 62 ** 20 },
  });
});

test('short codes count by domain, those of orders too', async () => {
  const { database } = installation;
  const domainName = 'short.example';
  await accept(database, ring, { short: { domain: domainName, defaultRedirectUrl: 'https://x.example/' } });
  await orderJob(database, ring, {
    type: 'short_code',
    domainName,
    characterSet: 'AN-47',
    length: 8,
    quantity: 5,
  });
  const asked = { type: 'short_code', domainName, product: null, characterSet: 'AN-47', length: 8 } as const;
  expect((await capacity(asked)).givenOut).toEqual({ ...GIVEN, generated: 15, total: 15 });
});

test('SSCCs have gaps, and a space that other prefixes reach into', async () => {
  const { database } = installation;
  const asked = (ssccCompanyPrefix: string, ssccExtensionDigit: number | null = null) =>
    capacityOf(
      database.pool,
      request({ type: 'sscc', product: null, ssccCompanyPrefix, ssccExtensionDigit }),
    ) as Promise<SsccCapacity>;
  const take = (ssccCompanyPrefix: string, ssccStartSerial: bigint, quantity: number) =>
    orderJob(database, ring, { type: 'sscc', ssccCompanyPrefix, ssccStartSerial, quantity });
  expect(await asked('931234512345')).toEqual({
    kind: 'sscc',
    space: 10_000,
    generated: 0,
    deleted: 0,
    left: 10_000,
    largestGap: 10_000,
    isForeign: false,
  });
  await take('931234512345', 100n, 200);
  const deleted = await take('931234512345', 9_000n, 10);
  await deleteJobs(database, [deleted.id]);
  // The same 17 digits under a shorter prefix: reaches from the block before into this one.
  await take('93123451234', 49_990n, 20);
  expect(await asked('931234512345')).toEqual({
    kind: 'sscc',
    space: 10_000,
    generated: 220,
    deleted: 10,
    left: 9_780,
    largestGap: 8_700,
    isForeign: false,
  });
  expect(await asked('93123451234')).toMatchObject({ space: 100_000, generated: 230 });
  expect(await asked('931234512345', 3)).toMatchObject({ generated: 0 });
});

test('SSCCs are foreign where others have numbers and the one that asks has none', async () => {
  const { database } = installation;
  const other = randomUUID();
  await database.pool.query(`INSERT INTO account (id, account_name) VALUES ($1, 'Other')`, [other]);
  const isForeign = async (accountId: string, ssccCompanyPrefix: string, ssccExtensionDigit = 0) => {
    const asked = request({ type: 'sscc', accountId, product: null, ssccCompanyPrefix, ssccExtensionDigit });
    return ((await capacityOf(database.pool, asked)) as SsccCapacity).isForeign;
  };
  const take = (ssccCompanyPrefix: string, ssccStartSerial: bigint, accountId = FIRST_ACCOUNT_ID) =>
    orderJob(database, ring, { type: 'sscc', ssccCompanyPrefix, ssccStartSerial, quantity: 10, accountId });
  const { id } = await take('4006381', 123_400_005n);
  const foreign = (accountId: string) =>
    Promise.all(
      ['4006381', '40063811234', '40063819', '400638'].map((prefix) => isForeign(accountId, prefix)),
    );
  expect(await foreign(other)).toEqual([true, true, false, true]);
  expect(await foreign(FIRST_ACCOUNT_ID)).toEqual([false, false, false, false]);
  expect(await isForeign(other, '4006381', 1)).toBe(false);
  await deleteJobs(database, [id]);
  expect(await isForeign(other, '4006381')).toBe(true);
  await take('4006381', 500n, other);
  expect(await foreign(other)).toEqual([false, true, false, false]);
});

test('capacity is told where no key can make anything any more', async () => {
  const { pool } = installation.database;
  await ask({ quantity: 5 });
  await pool.query('INSERT INTO retired_key (version) VALUES (1)');
  try {
    expect((await capacity()).left).toBe(999_995);
  } finally {
    await pool.query('DELETE FROM retired_key');
  }
});

test('what is left is what a pool with rivals gives out', async () => {
  const { database } = installation;
  await ask({ characterSet: 'UAN-28', quantity: 1_000_000 });
  const cipher = cipherOf(namespace);
  const first = split(cipher.encode(0, 500), cipher.width);
  await supply(database, ring, namespace, first);
  const { left } = await capacity();
  const job = await ask({ quantity: left });
  await runToTheEnd(database, ring, job.sliceJobs);
  const after = await capacity();
  expect(after.givenOut.generated).toBe(left);
  expect(after.left).toBe(0);
});
