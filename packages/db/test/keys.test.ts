import { type KeyRing, PoolKeyError, ValidationError } from '@codemint/shared';
import {
  createEvent,
  createOrder,
  type Database,
  findCode,
  listKeys,
  type NamespaceKey,
  retiredKeys,
  retireKey,
} from '../src';
import { accept, complete, generated, newOrder, productOf } from './ordersSupport';
import {
  LIMITS,
  openInstallation,
  order,
  readBatch,
  ringOf,
  runToTheEnd,
  storedCodes,
  useProduct,
} from './support';

const { installation, namespace } = useProduct('test');
let database: Database;

beforeEach(() => {
  database = installation.database;
});

const ask = (ring: KeyRing, quantity: number, more: Parameters<typeof order>[3] = {}) =>
  order(database, ring, namespace, { quantity, length: 7, ...more });

async function givenOut(): Promise<Record<number, number>> {
  const { rows } = await database.pool.query<{ version: number; given: bigint }>(
    'SELECT key_version AS version, sum(next_index)::bigint AS given FROM pool GROUP BY 1 ORDER BY 1',
  );
  return Object.fromEntries(rows.map(({ version, given }) => [version, Number(given)]));
}

/** Why a version is not retired; nothing changed. */
async function refusalOf(ring: KeyRing, version: number): Promise<string> {
  const before = await listKeys(database.pool, ring);
  const error: unknown = await retireKey(database, ring, version).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(await listKeys(database.pool, ring)).toEqual(before);
  expect(error).toBeInstanceOf(ValidationError);
  const [issue] = (error as ValidationError).issues;
  expect(issue?.field).toBe('version');
  return issue?.message ?? '';
}

test('codes come from sibling pools once a key is retired, and those of before are still ours', async () => {
  const ring = ringOf(1, 2);
  const former = await ask(ringOf(1), 400);
  await runToTheEnd(database, ringOf(1), former.sliceJobs);
  const current = await ask(ring, 300);
  expect(await retireKey(database, ring, 2)).toEqual({
    key: { version: 2, present: true, pools: 1, codes: 300, retired: expect.any(Date) },
    isNew: true,
  });
  expect(await retiredKeys(database.pool)).toEqual([2]);

  // Back to version 1, whose pool is the same as ever; what is open is made to the end.
  const next = await ask(ring, 50);
  await runToTheEnd(database, ring, [...current.sliceJobs, ...next.sliceJobs]);
  expect(await givenOut()).toEqual({ 1: 450, 2: 300 });
  const newer = await ask(ringOf(1, 2, 3), 60);
  await runToTheEnd(database, ringOf(1, 2, 3), newer.sliceJobs);
  expect(await givenOut()).toEqual({ 1: 450, 2: 300, 3: 60 });

  const all = await Promise.all(
    [former, current, next, newer].map(({ batchId }) => storedCodes(database.pool, batchId)),
  );
  expect(new Set(all.flat()).size).toBe(810);
  expect(await readBatch(database.pool, current.batchId)).toMatchObject({ status: 'complete' });
  const code = all[1]?.[7] as string;
  expect(await findCode(database.pool, ringOf(1, 2, 3), code, { namespace })).toMatchObject([
    { batchId: current.batchId },
  ]);
});

test('a short batch of a retired key gets the rest from another one', async () => {
  await ask(ringOf(1), 1_000_000);
  const job = await ask(ringOf(1, 2), 500);
  await retireKey(database, ringOf(1, 2, 3), 2);
  await runToTheEnd(database, ringOf(1, 2, 3), job.sliceJobs);
  expect(await readBatch(database.pool, job.batchId)).toMatchObject({
    status: 'complete',
    quantity_created: 500,
  });
  const given = await givenOut();
  expect(given).toEqual({ 1: 1_000_000, 2: 500, 3: expect.any(Number) });
});

test('ids of orders and events are made with a key that is not retired', async () => {
  const ring = ringOf(1, 2);
  await retireKey(database, ring, 2);
  const made = await complete(database, ring, await accept(database, ring));
  const supplied = await accept(database, ring, { codes: { kind: 'supplied', ids: ['a', 'b'] } });
  const event = {
    id: 'UKwHgM24VqABDKwbeEBCmgfr',
    order: made,
    userId: null,
    type: 'encodings',
    metadata: {},
    numbers: [0],
    customFields: null,
    identifiers: null,
    tags: [],
  };
  await createEvent(database, ring, event);
  const { rows } = await database.pool.query(
    `SELECT key_version FROM adi_order WHERE id = ANY ($1::text[])
      UNION ALL SELECT key_version FROM adi_order_event`,
    [[made.id, supplied.id]],
  );
  expect(rows).toEqual([{ key_version: 1 }, { key_version: 1 }, { key_version: 1 }]);
});

test('once all keys that a process has are retired it makes nothing new and says what to do', async () => {
  const ring = ringOf(1, 2);
  const job = await ask(ring, 20);
  await retireKey(database, ringOf(1, 2, 3), 1);
  await retireKey(database, ringOf(1, 2, 3), 2);
  const way = /All master keys of CODEMINT_MASTER_KEYS are retired \(2, 1\): add "3:<base64 of 32 bytes>"/;
  for (const request of [
    () => ask(ring, 1),
    () => createOrder(database, ring, newOrder({ codes: generated(1) }), LIMITS),
    () => createOrder(database, ring, newOrder({ codes: { kind: 'supplied', ids: ['a'] } }), LIMITS),
  ]) {
    const refused = await request().catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(PoolKeyError);
    expect((refused as Error).message).toMatch(way);
  }
  await runToTheEnd(database, ring, job.sliceJobs);
  expect(await readBatch(database.pool, job.batchId)).toMatchObject({ status: 'complete' });
});

test('a master key that is forgotten rather than retired is asked for, not a new one', async () => {
  await ask(ringOf(1), 10);
  await ask(ringOf(1, 2), 10);
  await retireKey(database, ringOf(1, 2), 1);
  const fresh = await installation.addProduct();
  const forgotten = order(database, ringOf(1), fresh, { quantity: 1 });
  await expect(forgotten).rejects.toThrow(PoolKeyError);
  await expect(forgotten).rejects.toThrow(
    'All master keys of CODEMINT_MASTER_KEYS are retired (1), and master key version 2 is missing from it: codes were ' +
      'made with it. Put it back in all processes.',
  );
  expect(await refusalOf(ringOf(1, 3), 3)).toContain('Add "4:');
  const other = await openInstallation();
  try {
    await order(other.database, ringOf(2), await other.addProduct(), { quantity: 1 });
    await expect(retireKey(other.database, ringOf(1), 1)).rejects.toThrow(
      'Master key version 2 is missing from CODEMINT_MASTER_KEYS: codes were made with it. Put it back, then retire 1.',
    );
    // Version 5 is known, as it is retired.
    await retireKey(other.database, ringOf(1, 2, 5), 5);
    await retireKey(other.database, ringOf(1, 2, 6), 2);
    await retireKey(other.database, ringOf(1, 2, 6), 1);
    await expect(
      createOrder(other.database, ringOf(1), newOrder({ codes: generated(1) }), LIMITS),
    ).rejects.toThrow('add "6:<base64 of 32 bytes>" to it');
  } finally {
    await other.close();
  }
});

test('a key is refused that is none, or the last', async () => {
  expect(await refusalOf(ringOf(1, 4), 3)).toBe(
    'No master key has it, neither in CODEMINT_MASTER_KEYS nor in use. There are: 4, 1.',
  );
  expect(await refusalOf(ringOf(4), 4)).toBe(
    'No other master key would be left to make new pools with. Add "5:<base64 of 32 bytes>" to ' +
      'CODEMINT_MASTER_KEYS of all processes, workers first, then retire 4.',
  );
  await ask(ringOf(4), 1);
  const { retired } = (await retireKey(database, ringOf(5), 4)).key;
  expect(await retireKey(database, ringOf(5), 4)).toMatchObject({ key: { retired }, isNew: false });
  // A key that is retired is no other key.
  expect(await refusalOf(ringOf(4, 5), 5)).toContain('Add "6:');
});

test('versions are listed with what was made with them', async () => {
  await ask(ringOf(1), 30);
  await ask(ringOf(1), 40, { length: 8 });
  await ask(ringOf(1, 3), 20);
  await retireKey(database, ringOf(1, 3), 1);
  expect(await listKeys(database.pool, ringOf(3, 4))).toEqual([
    { version: 4, present: true, pools: 0, codes: 0, retired: null },
    { version: 3, present: true, pools: 1, codes: 20, retired: null },
    { version: 1, present: false, pools: 2, codes: 70, retired: expect.any(Date) },
  ]);
});

test('two keys that are retired at once leave one', async () => {
  const ring = ringOf(1, 2);
  const other = installation.connect();
  const outcomes = await Promise.allSettled([retireKey(database, ring, 1), retireKey(other, ring, 2)]);
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(await retiredKeys(database.pool)).toHaveLength(1);
});

test('once a key is retired nobody is given codes of it, however many ask just then', async () => {
  const ring = ringOf(1, 2);
  const other = installation.connect();
  const products = await Promise.all([1, 2, 3, 4].map(() => installation.addProduct()));
  const requests = Array.from({ length: 80 }, (_, i) =>
    order(i % 2 ? installation.database : other, ring, products[i % 4] as NamespaceKey, { quantity: 10 }),
  );
  await retireKey(other, ring, 2);
  const given = (await givenOut())[2];
  await Promise.all(requests);
  expect((await givenOut())[2]).toBe(given);
  expect((await givenOut())[1]).toBe(800 - (given ?? 0));
});

test('an order of a retired key is made to the end', async () => {
  const ring = ringOf(1, 2);
  const made = await accept(database, ring, { product: productOf(namespace), codes: generated(5) });
  await retireKey(database, ring, 2);
  expect(await complete(database, ring, made)).toMatchObject({ state: 'completed', created: 5 });
});
