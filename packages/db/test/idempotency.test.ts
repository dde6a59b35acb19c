import { ConflictError, InvalidPayloadError, KeyReusedError } from '@codemint/shared';
import {
  claimKey,
  createJobs,
  type Database,
  findKept,
  inTransaction,
  type KeyedRequest,
  keepAnswer,
  keepMade,
  keyedRequest,
  type NewJob,
} from '../src';
import { allotmentState, LIMITS, newJob, ringOf, useInstallation } from './support';

const OWNER = '11110000-0000-4000-8000-000000000001';
const OTHER = '11110000-0000-4000-8000-000000000002';
const ring = ringOf(1);
const installation = useInstallation();
let job: NewJob;
let keys = 0;

beforeEach(async () => {
  const { key } = await installation.addProduct();
  job = newJob({ product: `/01/${key}`, quantity: 400_000 });
});

const newKey = () => `key ${++keys}`;
const keyed = (key: string, body: unknown = { quantity: 1 }, owner = OWNER): KeyedRequest =>
  keyedRequest(owner, key, 'POST /items/identifier_job', body);
const create = (request: KeyedRequest | undefined, database: Database = installation.database) =>
  createJobs(database, ring, [job, job], LIMITS, request);
const kept = (request: KeyedRequest) => findKept(installation.database.pool, request);
const age = (hours: number) =>
  installation.database.pool.query(
    `UPDATE idempotency_key SET date_created = date_created - $1 * interval '1 hour'`,
    [hours],
  );

test('a request that is repeated burns no numbers and has made the same', async () => {
  const request = keyed(newKey());
  const first = await create(request);
  expect(first.ids).toHaveLength(2);
  expect(first.sliceJobs).toHaveLength(8);
  const state = await allotmentState(installation.database.pool);
  // 400,000 codes would not be left for any other request.
  expect(await create(request)).toEqual({ ids: first.ids, sliceJobs: [] });
  expect(await allotmentState(installation.database.pool)).toEqual(state);
  await expect(create(undefined)).rejects.toThrow(/are left/);
});

test('another request of the same key is refused, whether it would pass or not', async () => {
  const key = newKey();
  await create(keyed(key));
  await expect(create(keyed(key, { quantity: 2 }))).rejects.toThrow(KeyReusedError);
  await expect(kept(keyed(key, { quantity: 2 }))).rejects.toThrow(KeyReusedError);
});

test('keys of others and other keys of his own are nothing to a caller', async () => {
  job = { ...job, quantity: 10 };
  const key = newKey();
  const made = [await create(keyed(key)), await create(keyed(key, {}, OTHER)), await create(keyed(newKey()))];
  expect(new Set(made.flatMap(({ ids }) => ids)).size).toBe(6);
});

test('a request that is refused keeps no key', async () => {
  const request = keyed(newKey());
  const wanted = job;
  job = { ...job, quantity: 600_000 };
  await expect(create(request)).rejects.toThrow(/are left/);
  expect(await kept(request)).toBeUndefined();
  job = wanted;
  expect((await create(request)).ids).toHaveLength(2);
});

test('of the same request at once one is served; the others conflict or get what it made', async () => {
  const request = keyed(newKey());
  const databases = [installation.database, installation.connect()];
  const results = await Promise.allSettled(
    Array.from({ length: 10 }, (_, i) => create(request, databases[i % 2])),
  );
  const served = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  expect(served.filter(({ sliceJobs }) => sliceJobs.length > 0)).toHaveLength(1);
  expect(new Set(served.map(({ ids }) => ids.join())).size).toBe(1);
  for (const result of results) {
    if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(ConflictError);
  }
});

test('while a request is served the same key conflicts at once, another does not', async () => {
  const key = newKey();
  await inTransaction(installation.database.pool, async (client) => {
    expect(await claimKey(client, keyed(key))).toBeUndefined();
    await expect(create(keyed(key))).rejects.toThrow(ConflictError);
    await expect(create(keyed(key, { quantity: 2 }))).rejects.toThrow(ConflictError);
    job = { ...job, quantity: 10 };
    expect((await create(keyed(newKey()))).ids).toHaveLength(2);
  });
});

test('where the connection breaks before the commit nothing is made and the key is free', async () => {
  const request = keyed(newKey());
  const client = await installation.connect().pool.connect();
  await client.query('BEGIN');
  await claimKey(client, request);
  await keepMade(client, request, ['made']);
  await expect(create(request)).rejects.toThrow(ConflictError);
  const { rows } = await client.query('SELECT pg_backend_pid() AS pid');
  await installation.database.pool.query('SELECT pg_terminate_backend($1, 5000)', [rows[0].pid]);
  client.release(true);
  expect((await create(request)).sliceJobs).toHaveLength(8);
});

test('the first answer stays; before it is kept there is what was made', async () => {
  job = { ...job, quantity: 10 };
  const request = keyed(newKey());
  const { pool } = installation.database;
  const { ids } = await create(request);
  // As another process sees it after this one was killed.
  expect(await findKept(installation.connect().pool, request)).toEqual({ made: ids, answer: null });
  expect(await keepAnswer(pool, request, '{"data":1}')).toBe('{"data":1}');
  expect(await keepAnswer(pool, request, '{"data":2}')).toBe('{"data":1}');
  expect(await kept(request)).toEqual({ made: ids, answer: '{"data":1}' });
});

test('a key is kept for 24 hours, then it may name another request; old ones are removed', async () => {
  job = { ...job, quantity: 10 };
  const [key, other] = [newKey(), newKey()];
  const first = await create(keyed(key));
  await create(keyed(other));
  await age(23.9);
  expect((await create(keyed(key))).ids).toEqual(first.ids);
  await age(0.2);
  expect(await kept(keyed(key))).toBeUndefined();
  const again = await create(keyed(key, { quantity: 2 }));
  expect(again.ids).not.toEqual(first.ids);
  expect(await installation.database.prisma.idempotency_key.findMany({ select: { key: true } })).toEqual([
    { key },
  ]);
});

test('a body is the same whatever the order of its members and its white space', () => {
  const fingerprint = (body: unknown, endpoint = 'POST /a') =>
    keyedRequest(OWNER, 'k', endpoint, body).fingerprint.toString('hex');
  const one = JSON.parse('[{"a":1,"b":{"c":[1,"2"],"d":null}}]');
  const same = JSON.parse('[ {"b": {"d":null, "c":[1, "2"]}, "a": 1.0 } ]');
  expect(fingerprint(same)).toBe(fingerprint(one));
  const others = ['[{"a":1}]', '{"a":1,"b":{"c":[1,"2"],"d":null}}', '[{"a":1,"b":{"c":["2",1],"d":null}}]'];
  const all = [one, ...others.map((text) => JSON.parse(text))].map((body) => fingerprint(body));
  expect(new Set([...all, fingerprint(one, 'POST /b')]).size).toBe(5);
});

test('a body of any depth is compared or refused in no time', () => {
  const deep = JSON.parse(`${'['.repeat(200_000)}${']'.repeat(200_000)}`);
  expect(() => keyed('k', deep)).toThrow(InvalidPayloadError);
});
