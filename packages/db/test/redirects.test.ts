import { PoolKeyError } from '@codemint/shared';
import {
  decodeShortCode,
  deleteJobs,
  failOrder,
  findRedirects,
  findShortDomain,
  type NewJob,
  type NewOrder,
  type Redirect,
  type ShortDomain,
  type StoredOrder,
} from '../src';
import { accept, allCodes, complete, generated, newOrder, supplied } from './ordersSupport';
import {
  cipherOf,
  codesAt,
  type Installation,
  type Order,
  openInstallation,
  orderJob,
  ringOf,
  runSlice,
  runToTheEnd,
  storedCodes,
  supply,
} from './support';

const ring = ringOf(1, 2);
const formerRing = ringOf(1);
const ACCOUNT_URL = 'https://account.example/{shortId}';
const ORDER_URL = 'https://order.example/{evrythngId}';
let installation: Installation;
let domain: string;
let domainId: string;
let domains = 0;

beforeAll(async () => {
  installation = await openInstallation();
  await installation.database.pool.query('UPDATE account SET account_redirection_url = $1', [ACCOUNT_URL]);
});

afterAll(() => installation.close());

beforeEach(async () => {
  domain = `d${++domains}.example`;
  const { rows } = await installation.database.pool.query(
    'INSERT INTO domain (domain_name, account_id) SELECT $1, id FROM account RETURNING id',
    [domain],
  );
  domainId = rows[0].id;
});

async function follow(code: string, using = ring): Promise<Redirect | undefined> {
  return (await followAll([code], using))[0];
}

async function followAll(codes: readonly string[], using = ring): Promise<(Redirect | undefined)[]> {
  const { pool } = installation.database;
  const found = (await findShortDomain(pool, domain)) as ShortDomain;
  const decoded = codes.map((code) => decodeShortCode(using, found, code));
  const known = decoded.filter((one) => one !== undefined);
  const redirects = (await findRedirects(pool, known)).values();
  return decoded.map((one) => (one === undefined ? undefined : redirects.next().value));
}

/** A finished order whose Thngs have short ids. */
async function makeOrder(overrides: Partial<NewOrder> = {}, chunkSize?: number): Promise<StoredOrder> {
  const short = { domain, defaultRedirectUrl: ORDER_URL };
  const order = await accept(installation.database, ring, { short, ...overrides });
  return complete(installation.database, ring, order, chunkSize);
}

const thngOf = (order: StoredOrder, number: number): Redirect => ({
  template: ORDER_URL,
  thng: { owner: order.batchId, number, keyVersion: order.keyVersion },
});

function acceptJob(overrides: Partial<NewJob> = {}, using = ring): Promise<Order> {
  const shortCode = { type: 'short_code', domainId, domainName: domain } as const;
  return orderJob(installation.database, using, { ...shortCode, ...overrides });
}

/** A finished job for short codes. */
async function makeJob(overrides: Partial<NewJob> = {}, using = ring): Promise<Order> {
  const job = await acceptJob(overrides, using);
  await runToTheEnd(installation.database, ring, job.sliceJobs, { chunkSize: 150 });
  return job;
}

/** A product that redirects. */
async function productTo(number: number, url: string): Promise<string> {
  const id = `/8003/0${String(number).padStart(13, '0')}`;
  await installation.database.pool.query(
    'INSERT INTO product (id, account_id, product_redirection_url) SELECT $1, id, $2 FROM account',
    [id, url],
  );
  return id;
}

/** Makes the codes of a job the short ids of a completed order without other codes. */
async function turnIntoOrder({ id, batchId, quantity }: Order): Promise<StoredOrder> {
  const { database } = installation;
  const order = await complete(
    database,
    ring,
    await accept(database, ring, { ...newOrder(), codes: generated(quantity) }),
  );
  await database.pool.query('DELETE FROM identifier_job WHERE id = $1', [id]);
  await database.pool.query(
    'UPDATE adi_order SET short_batch_id = $2, short_domain = $3, default_redirect_url = $4 WHERE id = $1',
    [order.id, batchId, domain, ORDER_URL],
  );
  return order;
}

test('a domain is known by its name, with its pools', async () => {
  const { pool } = installation.database;
  expect(await findShortDomain(pool, 'nobody.example')).toBe(undefined);
  expect(await findShortDomain(pool, domain)).toMatchObject({ namespaceId: null, pools: [] });
  await makeJob();
  await makeJob({ length: 9 });
  const found = (await findShortDomain(pool, domain)) as ShortDomain;
  expect(found.namespaceId).not.toBe(null);
  expect(found.pools.map(({ length }) => length)).toEqual([6, 9]);
});

test('every short id of an order leads to its Thng, over several chunks', async () => {
  const order = await makeOrder({ codes: generated(50) }, 7);
  const { shortIds } = await allCodes(installation.database, order);
  expect(shortIds).toHaveLength(50);
  for (const [number, code] of (shortIds as string[]).entries()) {
    expect(await follow(code)).toEqual(thngOf(order, number));
  }
});

test('skipped indexes are nobody’s and do not count', async () => {
  const shape = { set: 'AN-47', length: 8, keyVersion: 2 } as const;
  const cipher = cipherOf({ kind: 'short_code', key: domain }, shape);
  const holes = codesAt(cipher, [0, 3, 4, 17]);
  await supply(installation.database, ring, { kind: 'short_code', key: domain }, holes);
  const order = await makeOrder({ codes: generated(30) }, 5);
  const { shortIds } = await allCodes(installation.database, order);
  expect(shortIds?.[0]).toBe(codesAt(cipher, [1])[0]);
  for (const [number, code] of (shortIds as string[]).entries()) {
    expect(await follow(code)).toEqual(thngOf(order, number));
  }
  // They are those of whom they came with.
  for (const code of holes) expect(await follow(code)).toEqual({ template: ACCOUNT_URL, thng: null });
});

test('of rival pools the earliest allotment has the code, and ordinals pass over the others’', async () => {
  const former = await makeJob(
    { quantity: 100_000, product: await productTo(1, 'https://former') },
    formerRing,
  );
  const job = await makeJob({ quantity: 500 });
  const { rows } = await installation.database.pool.query(
    'SELECT count(*)::int AS chunks, sum(cardinality(skipped))::int AS skipped FROM chunk WHERE batch_id = $1',
    [job.batchId],
  );
  expect(rows[0].skipped).toBeGreaterThan(10);
  expect(rows[0].chunks).toBeGreaterThan(1);
  const codes = await storedCodes(installation.database.pool, job.batchId);
  const order = await turnIntoOrder(job);
  for (const [number, code] of codes.entries()) expect(await follow(code)).toEqual(thngOf(order, number));
  const cipher = cipherOf({ kind: 'short_code', key: domain });
  const contested = codesAt(
    cipherOf({ kind: 'short_code', key: domain }, { keyVersion: 2 }),
    Array.from({ length: 500 }, (_, i) => i),
  ).filter((code) => cipher.decodeOne(code) < 50_000);
  expect(contested.length).toBeGreaterThan(10);
  for (const code of contested)
    expect(await follow(code)).toEqual({ template: 'https://former', thng: null });
  await deleteJobs(installation.database, [former.id]);
  for (const code of contested) expect(await follow(code)).toBe(undefined);
});

test('the short ids of an order that is not completed lead nowhere yet', async () => {
  const { database } = installation;
  const short = { domain, defaultRedirectUrl: ORDER_URL };
  const accepted = await accept(database, ring, { short, codes: supplied('a', 'b', 'c') });
  await runToTheEnd(database, ring, accepted.sliceJobs);
  const { rows } = await database.pool.query('SELECT short_batch_id FROM adi_order WHERE id = $1', [
    accepted.id,
  ]);
  const codes = await storedCodes(database.pool, rows[0].short_batch_id);
  expect(codes).toHaveLength(3);
  for (const code of codes) expect(await follow(code)).toBe(undefined);
  const order = await complete(database, ring, { ...accepted, sliceJobs: [] });
  for (const [number, code] of codes.entries()) expect(await follow(code)).toEqual(thngOf(order, number));
});

test('where an id was refused there is no Thng and its short id leads nowhere', async () => {
  await makeOrder({ codes: supplied('taken'), identifierKey: domain });
  const order = await makeOrder({ codes: supplied('first', 'taken', 'last'), identifierKey: domain });
  expect(order.created).toBe(2);
  const codes = await storedCodes(installation.database.pool, order.shortBatchId as bigint);
  expect(await followAll(codes)).toEqual([thngOf(order, 0), undefined, thngOf(order, 2)]);
});

test('of an order that failed half-way those lead on whose Thng was made', async () => {
  const { database } = installation;
  const short = { domain, defaultRedirectUrl: ORDER_URL };
  const accepted = await accept(database, ring, { short, codes: generated(8) }, 4);
  const [shortBatch] = (
    await database.pool.query('SELECT short_batch_id FROM adi_order WHERE id = $1', [accepted.id])
  ).rows.map((row) => row.short_batch_id as bigint);
  const isShort = ({ batchId }: { batchId: string }) => BigInt(batchId) === shortBatch;
  await runToTheEnd(database, ring, accepted.sliceJobs.filter(isShort));
  const [first] = accepted.sliceJobs.filter((job) => !isShort(job));
  await runSlice(database.pool, ring, first?.sliceId as string);
  const codes = await storedCodes(database.pool, shortBatch as bigint);
  expect(await follow(codes[0] as string)).toBe(undefined);
  await failOrder(database.pool, accepted.id, 'out of order');
  const followed = await followAll(codes);
  expect(followed.map((one) => one?.thng?.number)).toEqual([0, 1, 2, 3, ...new Array(4).fill(undefined)]);
});

test('a code of a job leads to its product’s URL, else to its account’s', async () => {
  const withProduct = await makeJob({ product: await productTo(2, 'https://product.example') });
  const emptied = await makeJob({ product: await productTo(3, '') });
  const without = await makeJob();
  const first = async ({ batchId }: Order) =>
    follow((await storedCodes(installation.database.pool, batchId))[0] as string);
  expect(await first(withProduct)).toEqual({ template: 'https://product.example', thng: null });
  expect(await first(emptied)).toEqual({ template: ACCOUNT_URL, thng: null });
  expect(await first(without)).toEqual({ template: ACCOUNT_URL, thng: null });
});

test('codes that are not made yet, of a deleted job, or without any URL lead nowhere', async () => {
  const { pool } = installation.database;
  const job = await acceptJob();
  const [code] = codesAt(cipherOf({ kind: 'short_code', key: domain }, { keyVersion: 2 }), [0]) as [string];
  expect(await follow(code)).toBe(undefined);
  await runToTheEnd(installation.database, ring, job.sliceJobs);
  expect(await follow(code)).toBeDefined();
  await pool.query('UPDATE account SET account_redirection_url = NULL');
  expect(await follow(code)).toBe(undefined);
  await pool.query('UPDATE account SET account_redirection_url = $1', [ACCOUNT_URL]);
  await deleteJobs(installation.database, [job.id]);
  expect(await follow(code)).toBe(undefined);
});

test('many are followed at a time, each by itself', async () => {
  const namespace = { kind: 'short_code', key: domain } as const;
  await supply(installation.database, ring, namespace, ['Promo-1', 'Promo-2']);
  await makeJob({ quantity: 50_000 }, formerRing);
  const job = await makeJob({ quantity: 200, product: await productTo(4, 'https://later.example') });
  const order = await makeOrder({ codes: generated(20) }, 7);
  const { shortIds } = await allCodes(installation.database, order);
  const jobCodes = await storedCodes(installation.database.pool, job.batchId);
  const codes = ['Promo-2', ...(shortIds as string[]), 'nobodys1', ...jobCodes, 'Promo-1', '', '0'];
  const account = { template: ACCOUNT_URL, thng: null };
  const followed = await followAll(codes);
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
  const namespace = { kind: 'short_code', key: domain } as const;
  const { batchId } = await supply(installation.database, ring, namespace, ['Promo-2024']);
  expect(await follow('Promo-2024')).toEqual({ template: ACCOUNT_URL, thng: null });
  expect(await follow('promo-2024')).toBe(undefined);
  await installation.database.pool.query(`UPDATE batch SET status = 'cancelled' WHERE id = $1`, [batchId]);
  expect(await follow('Promo-2024')).toBe(undefined);
});

test('a code of another domain leads nowhere here', async () => {
  const job = await makeJob();
  const [code] = (await storedCodes(installation.database.pool, job.batchId)) as [string];
  const other = `other-${domain}`;
  await installation.database.pool.query(
    'INSERT INTO domain (domain_name, account_id) SELECT $1, id FROM account',
    [other],
  );
  domain = other;
  expect(await follow(code)).toBe(undefined);
});

test.each(['', '000000', 'x'.repeat(21), 'a/b', 'ä', '\0', "';--", '\ud800'])(
  'what nobody was given leads nowhere: %j',
  async (code) => {
    await makeJob({ quantity: 1, length: 8 });
    expect(await follow(code)).toBe(undefined);
  },
);

test('where a pool of that length cannot be decoded nobody can tell; others can', async () => {
  await makeJob({ quantity: 3 }, formerRing);
  const job = await makeJob({ quantity: 3, length: 9 });
  const [code] = (await storedCodes(installation.database.pool, job.batchId)) as [string];
  expect(await follow(code, ringOf(2))).toBeDefined();
  await expect(follow('123456', ringOf(2))).rejects.toThrow(PoolKeyError);
});
