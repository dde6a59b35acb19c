import { PoolKeyError } from '@codemint/shared';
import { deleteJobs, failOrder, findShortDomain, type ShortDomain } from '../src';
import { accept, allCodes, complete, generated, supplied } from './ordersSupport';
import {
  acceptJob,
  addHost,
  follow,
  followAll,
  type Host,
  makeJob,
  makeOrder,
  ORDER_URL,
  productTo,
  thngOf,
  turnIntoOrder,
} from './redirectsSupport';
import {
  cipherOf,
  codesAt,
  type Order,
  ringOf,
  runSlice,
  runToTheEnd,
  storedCodes,
  supply,
  useInstallation,
} from './support';

const ring = ringOf(1, 2);
const formerRing = ringOf(1);
const ACCOUNT_URL = 'https://account.example/{shortId}';
const installation = useInstallation();
let host: Host;
let hosts = 0;

beforeAll(async () => {
  await installation.database.pool.query('UPDATE account SET account_redirection_url = $1', [ACCOUNT_URL]);
});

beforeEach(async () => {
  host = await addHost(installation.database, ring, `d${++hosts}.example`);
});

test('a domain is known by its name, with its pools', async () => {
  const { pool } = installation.database;
  expect(await findShortDomain(pool, 'nobody.example')).toBe(undefined);
  expect(await findShortDomain(pool, host.name)).toMatchObject({ namespaceId: null, pools: [] });
  await makeJob(host);
  await makeJob(host, { length: 9 });
  const found = (await findShortDomain(pool, host.name)) as ShortDomain;
  expect(found.namespaceId).not.toBe(null);
  expect(found.pools.map(({ length }) => length)).toEqual([6, 9]);
});

test('every short id of an order leads to its Thng, over several chunks', async () => {
  const order = await makeOrder(host, { codes: generated(50) }, 7);
  const { shortIds } = await allCodes(installation.database, order);
  expect(shortIds).toHaveLength(50);
  for (const [number, code] of (shortIds as string[]).entries()) {
    expect(await follow(host, code)).toEqual(thngOf(order, number));
  }
});

test('skipped indexes are nobody’s and do not count', async () => {
  const shape = { set: 'AN-47', length: 8, keyVersion: 2 } as const;
  const cipher = cipherOf({ kind: 'short_code', key: host.name }, shape);
  const holes = codesAt(cipher, [0, 3, 4, 17]);
  await supply(installation.database, ring, { kind: 'short_code', key: host.name }, holes);
  const order = await makeOrder(host, { codes: generated(30) }, 5);
  const { shortIds } = await allCodes(installation.database, order);
  expect(shortIds?.[0]).toBe(codesAt(cipher, [1])[0]);
  for (const [number, code] of (shortIds as string[]).entries()) {
    expect(await follow(host, code)).toEqual(thngOf(order, number));
  }
  // They are those of whom they came with.
  for (const code of holes) expect(await follow(host, code)).toEqual({ template: ACCOUNT_URL, thng: null });
});

test('of rival pools the earliest allotment has the code, and ordinals pass over the others’', async () => {
  const former = await makeJob(
    host,
    { quantity: 100_000, product: await productTo(host, 1, 'https://former') },
    formerRing,
  );
  const job = await makeJob(host, { quantity: 500 });
  const { rows } = await installation.database.pool.query(
    'SELECT count(*)::int AS chunks, sum(cardinality(skipped))::int AS skipped FROM chunk WHERE batch_id = $1',
    [job.batchId],
  );
  expect(rows[0].skipped).toBeGreaterThan(10);
  expect(rows[0].chunks).toBeGreaterThan(1);
  const codes = await storedCodes(installation.database.pool, job.batchId);
  const order = await turnIntoOrder(host, job);
  for (const [number, code] of codes.entries())
    expect(await follow(host, code)).toEqual(thngOf(order, number));
  const cipher = cipherOf({ kind: 'short_code', key: host.name });
  const contested = codesAt(
    cipherOf({ kind: 'short_code', key: host.name }, { keyVersion: 2 }),
    Array.from({ length: 500 }, (_, i) => i),
  ).filter((code) => cipher.decodeOne(code) < 50_000);
  expect(contested.length).toBeGreaterThan(10);
  for (const code of contested)
    expect(await follow(host, code)).toEqual({ template: 'https://former', thng: null });
  await deleteJobs(installation.database, [former.id]);
  for (const code of contested) expect(await follow(host, code)).toBe(undefined);
});

test('the short ids of an order that is not completed lead nowhere yet', async () => {
  const { database } = installation;
  const short = { domain: host.name, defaultRedirectUrl: ORDER_URL };
  const accepted = await accept(database, ring, { short, codes: supplied('a', 'b', 'c') });
  await runToTheEnd(database, ring, accepted.sliceJobs);
  const { rows } = await database.pool.query('SELECT short_batch_id FROM adi_order WHERE id = $1', [
    accepted.id,
  ]);
  const codes = await storedCodes(database.pool, rows[0].short_batch_id);
  expect(codes).toHaveLength(3);
  for (const code of codes) expect(await follow(host, code)).toBe(undefined);
  const order = await complete(database, ring, { ...accepted, sliceJobs: [] });
  for (const [number, code] of codes.entries())
    expect(await follow(host, code)).toEqual(thngOf(order, number));
});

test('where an id was refused there is no Thng and its short id leads nowhere', async () => {
  await makeOrder(host, { codes: supplied('taken'), identifierKey: host.name });
  const order = await makeOrder(host, {
    codes: supplied('first', 'taken', 'last'),
    identifierKey: host.name,
  });
  expect(order.created).toBe(2);
  const codes = await storedCodes(installation.database.pool, order.shortBatchId as bigint);
  expect(await followAll(host, codes)).toEqual([thngOf(order, 0), undefined, thngOf(order, 2)]);
});

test('of an order that failed half-way those lead on whose Thng was made', async () => {
  const { database } = installation;
  const short = { domain: host.name, defaultRedirectUrl: ORDER_URL };
  const accepted = await accept(database, ring, { short, codes: generated(8) }, 4);
  const [shortBatch] = (
    await database.pool.query('SELECT short_batch_id FROM adi_order WHERE id = $1', [accepted.id])
  ).rows.map((row) => row.short_batch_id as bigint);
  const isShort = ({ batchId }: { batchId: string }) => BigInt(batchId) === shortBatch;
  await runToTheEnd(database, ring, accepted.sliceJobs.filter(isShort));
  const [first] = accepted.sliceJobs.filter((job) => !isShort(job));
  await runSlice(database.pool, ring, first?.sliceId as string);
  const codes = await storedCodes(database.pool, shortBatch as bigint);
  expect(await follow(host, codes[0] as string)).toBe(undefined);
  await failOrder(database.pool, accepted.id, 'out of order');
  const followed = await followAll(host, codes);
  expect(followed.map((one) => one?.thng?.number)).toEqual([0, 1, 2, 3, ...new Array(4).fill(undefined)]);
});

test('a code of a job leads to its product’s URL, else to its account’s', async () => {
  const withProduct = await makeJob(host, { product: await productTo(host, 2, 'https://product.example') });
  const emptied = await makeJob(host, { product: await productTo(host, 3, '') });
  const without = await makeJob(host);
  const first = async ({ batchId }: Order) =>
    follow(host, (await storedCodes(installation.database.pool, batchId))[0] as string);
  expect(await first(withProduct)).toEqual({ template: 'https://product.example', thng: null });
  expect(await first(emptied)).toEqual({ template: ACCOUNT_URL, thng: null });
  expect(await first(without)).toEqual({ template: ACCOUNT_URL, thng: null });
});

test('codes that are not made yet, of a deleted job, or without any URL lead nowhere', async () => {
  const { pool } = installation.database;
  const job = await acceptJob(host);
  const [code] = codesAt(cipherOf({ kind: 'short_code', key: host.name }, { keyVersion: 2 }), [0]) as [
    string,
  ];
  expect(await follow(host, code)).toBe(undefined);
  await runToTheEnd(installation.database, ring, job.sliceJobs);
  expect(await follow(host, code)).toBeDefined();
  await pool.query('UPDATE account SET account_redirection_url = NULL');
  expect(await follow(host, code)).toBe(undefined);
  await pool.query('UPDATE account SET account_redirection_url = $1', [ACCOUNT_URL]);
  await deleteJobs(installation.database, [job.id]);
  expect(await follow(host, code)).toBe(undefined);
});

test('many are followed at a time, each by itself', async () => {
  const namespace = { kind: 'short_code', key: host.name } as const;
  await supply(installation.database, ring, namespace, ['Promo-1', 'Promo-2']);
  await makeJob(host, { quantity: 50_000 }, formerRing);
  const job = await makeJob(host, {
    quantity: 200,
    product: await productTo(host, 4, 'https://later.example'),
  });
  const order = await makeOrder(host, { codes: generated(20) }, 7);
  const { shortIds } = await allCodes(installation.database, order);
  const jobCodes = await storedCodes(installation.database.pool, job.batchId);
  const codes = ['Promo-2', ...(shortIds as string[]), 'nobodys1', ...jobCodes, 'Promo-1', '', '0'];
  const account = { template: ACCOUNT_URL, thng: null };
  const followed = await followAll(host, codes);
  expect(followed).toEqual([
    account,
    ...(shortIds as string[]).map((_, number) => thngOf(order, number)),
    undefined,
    ...jobCodes.map(() => ({ template: 'https://later.example', thng: null })),
    account,
    undefined,
    undefined,
  ]);
});

test('an imported code leads to its account’s URL, and nowhere once its batch is gone', async () => {
  const namespace = { kind: 'short_code', key: host.name } as const;
  const { batchId } = await supply(installation.database, ring, namespace, ['Promo-2024']);
  expect(await follow(host, 'Promo-2024')).toEqual({ template: ACCOUNT_URL, thng: null });
  expect(await follow(host, 'promo-2024')).toBe(undefined);
  await installation.database.pool.query(`UPDATE batch SET status = 'cancelled' WHERE id = $1`, [batchId]);
  expect(await follow(host, 'Promo-2024')).toBe(undefined);
});

test('a code of another domain leads nowhere here', async () => {
  const job = await makeJob(host);
  const [code] = (await storedCodes(installation.database.pool, job.batchId)) as [string];
  const other = await addHost(installation.database, ring, `other-${host.name}`);
  expect(await follow(other, code)).toBe(undefined);
});

test.each(['', '000000', 'x'.repeat(21), 'a/b', 'ä', '\0', "';--", '\ud800'])(
  'what nobody was given leads nowhere: %j',
  async (code) => {
    await makeJob(host, { quantity: 1, length: 8 });
    expect(await follow(host, code)).toBe(undefined);
  },
);

test('where a pool of that length cannot be decoded nobody can tell; others can', async () => {
  await makeJob(host, { quantity: 3 }, formerRing);
  const job = await makeJob(host, { quantity: 3, length: 9 });
  const [code] = (await storedCodes(installation.database.pool, job.batchId)) as [string];
  expect(await follow(host, code, ringOf(2))).toBeDefined();
  await expect(follow(host, '123456', ringOf(2))).rejects.toThrow(PoolKeyError);
});
