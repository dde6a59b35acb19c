import type { KeyRing } from '@codemint/shared';
import {
  failBatch,
  findEvent,
  findOrder,
  listActions,
  loadSlice,
  performEvent,
  readOrderCodes,
  type SliceWork,
  type StoredOrder,
  statusCounts,
  statusesAt,
  statusRanges,
  unactedNumbers,
  writeChunk,
} from '../src';
import { acceptEvent, act } from './eventsSupport';
import { accept, complete, generated, productOf, supplied } from './ordersSupport';
import { cipherOf, codesAt, nextChunk, ringOf, supply, useInstallation } from './support';

const installation = useInstallation('test');
let ring: KeyRing;

beforeEach(() => {
  ring = ringOf(1);
});

async function ordered(overrides = {}, chunkSize?: number): Promise<StoredOrder> {
  const { database } = installation;
  return complete(database, ring, await accept(database, ring, overrides), chunkSize);
}

const take = (order: StoredOrder, overrides = {}) => act(installation.database, ring, order, overrides);
const find = (order: StoredOrder, id: string) => findEvent(installation.database.pool, order.id, id);
const unacted = (id: string) => unactedNumbers(installation.database.pool, id);

/** Statuses of the registered codes of a batch, by place. */
async function registered({ batchId }: StoredOrder): Promise<string[]> {
  const { rows } = await installation.database.pool.query<{ status: string }>(
    'SELECT status FROM registry WHERE batch_id = $1 ORDER BY place',
    [batchId],
  );
  return rows.map(({ status }) => status);
}

/** An order for ten codes of which only four were made. */
async function failedOrder(): Promise<StoredOrder> {
  const { database } = installation;
  const { id, sliceJobs } = await accept(database, ring);
  const slice = (await loadSlice(database.pool, BigInt(sliceJobs[0]?.sliceId as string))) as SliceWork;
  await writeChunk(database.pool, nextChunk(ring, slice, 0, 4));
  await failBatch(database.pool, slice.batchId, 'The key is missing.');
  return (await findOrder(database.pool, id, null)) as StoredOrder;
}

/** A supplied order of four ids whose second and fourth are refused. */
async function refusedOrder(): Promise<StoredOrder> {
  await ordered({ codes: supplied('b', 'd') });
  return ordered({ codes: supplied('a', 'b', 'c', 'd') });
}

describe('an event that is performed', () => {
  test('acts on all its Thngs, and is completed', async () => {
    const order = await ordered();
    const id = await take(order, { numbers: [9, 2, 3, 4] });
    const event = await find(order, id);
    expect(event).toMatchObject({ state: 'completed', isFailed: false, requested: 4, acted: 4 });
    expect(event?.dateUpdated.getTime()).toBeGreaterThanOrEqual(event?.dateCreated.getTime() as number);
    expect(await unacted(id)).toEqual([]);
    expect(await statusCounts(installation.database.pool, [order.batchId])).toEqual([]);
  });

  test('is performed once, by many at once too', async () => {
    const order = await ordered();
    const { event: id } = await acceptEvent(installation.database, ring, order, { type: 'encodings' });
    const other = installation.connect();
    await Promise.all([installation.database, other, other].map((database) => performEvent(database, id)));
    const first = await find(order, id);
    await performEvent(installation.database, id);
    expect(await find(order, id)).toEqual(first);
    expect(await statusCounts(other.pool, [order.batchId])).toEqual([
      { batchId: order.batchId, status: 'encoded', count: 3 },
    ]);
    await performEvent(other, 'no such event');
  });

  test('leaves out the Thngs of codes that were never made', async () => {
    const order = await failedOrder();
    const id = await take(order, { type: 'encodings', numbers: [5, 3, 0, 9] });
    expect(await find(order, id)).toMatchObject({ state: 'completed', requested: 4, acted: 2 });
    expect(await unacted(id)).toEqual([5, 9]);
    expect(await statusRanges(installation.database.pool, order.batchId, { from: 0, to: 10 })).toEqual([
      { from: 0, to: 1, status: 'encoded', reservation: null },
      { from: 3, to: 4, status: 'encoded', reservation: null },
    ]);
  });

  test('leaves out the Thngs of ids that were refused', async () => {
    const order = await refusedOrder();
    const id = await take(order, { numbers: [3, 2, 1, 0] });
    expect(await find(order, id)).toMatchObject({ state: 'completed', requested: 4, acted: 2 });
    expect(await unacted(id)).toEqual([1, 3]);
    const none = await take(order, { numbers: [1, 3], type: 'encodings' });
    expect(await find(order, none)).toMatchObject({ state: 'completed', isFailed: false, acted: 0 });
    expect(await unacted(none)).toEqual([1, 3]);
  });
});

describe('encodings', () => {
  test('set the codes of a generated order to encoded, also behind skipped ones', async () => {
    const namespace = await installation.addProduct();
    const codes = generated(10, { characterSet: 'AN-47', length: 8 });
    const cipher = cipherOf(namespace, { set: 'AN-47', length: 8 });
    await supply(installation.database, ring, namespace, codesAt(cipher, [2, 3, 6]));
    const order = await ordered({ product: productOf(namespace), identifierKey: 'gs1:21', codes }, 4);
    const numbers = [9, 0, 2, 4];
    await take(order, { type: 'encodings', numbers });
    const places = [0, 1, 4, 5, 7, 8, 9, 10, 11, 12];
    const { pool } = installation.database;
    const statuses = await statusesAt(
      pool,
      places.map((place) => ({ batchId: order.batchId, place })),
    );
    expect(statuses.flatMap(({ status }, number) => (status === 'encoded' ? [number] : []))).toEqual([
      0, 2, 4, 9,
    ]);
    expect(await statusCounts(pool, [order.batchId])).toMatchObject([{ status: 'encoded', count: 4 }]);
    const made = await readOrderCodes(pool, order, numbers);
    expect(numbers.map((number) => made.get(number)?.code)).toEqual(codesAt(cipher, [12, 0, 4, 7]));
  });

  test('set the codes of supplied ids to encoded, and those of nobody else', async () => {
    const order = await refusedOrder();
    await take(order, { type: 'encodings', numbers: [1, 2, 3] });
    expect(await registered(order)).toEqual(['unassigned', 'encoded']);
    const { rows } = await installation.database.pool.query(
      `SELECT code FROM registry WHERE status = 'encoded'`,
    );
    expect(rows).toEqual([{ code: 'c' }]);
  });

  test('may come again, and many at once for the same codes', async () => {
    const ids = Array.from({ length: 200 }, (_, i) => `id ${i}`);
    const orders = [await ordered({ codes: generated(200) }), await ordered({ codes: supplied(...ids) })];
    const [made, given] = orders as [StoredOrder, StoredOrder];
    const some = (from: number) => Array.from({ length: 100 }, (_, i) => (from + i * 7) % 200);
    await Promise.all(
      [0, 30, 60, 100].flatMap((from) =>
        orders.map((order) => take(order, { type: 'encodings', numbers: some(from) })),
      ),
    );
    const expected = new Set([0, 30, 60, 100].flatMap(some)).size;
    const { pool } = installation.database;
    expect(await statusCounts(pool, [made.batchId])).toMatchObject([{ count: expected }]);
    expect((await registered(given)).filter((status) => status === 'encoded')).toHaveLength(expected);
  });

  test('of a large order are set as one', async () => {
    const order = await ordered({ codes: generated(20_000) });
    const all = Array.from({ length: 20_000 }, (_, number) => 19_999 - number);
    const id = await take(order, { type: 'encodings', numbers: all });
    expect(await find(order, id)).toMatchObject({ requested: 20_000, acted: 20_000 });
    expect(await unacted(id)).toEqual([]);
    const { rows } = await installation.database.pool.query(
      'SELECT places::text FROM code_status ORDER BY block',
    );
    expect(rows).toEqual([{ places: '{[0,10000)}' }, { places: '{[10000,20000)}' }]);
  });
});

describe('the actions of a Thng', () => {
  test('are those of completed events that acted on it, page by page', async () => {
    const order = await failedOrder();
    const first = await take(order, { numbers: [1, 5] });
    const second = await take(order, { numbers: [0, 1], type: 'encodings' });
    await take(order, { numbers: [2] });
    await acceptEvent(installation.database, ring, order, { numbers: [1] });
    const third = await take(order, { numbers: [3, 1] });
    const other = await ordered();
    await take(other, { numbers: [1] });

    const { pool } = installation.database;
    const page = { after: null, descending: false, limit: 10 };
    const list = async (number: number, more = {}) =>
      (await listActions(pool, order.id, number, { ...page, ...more })).map(({ id }) => id);
    expect(await list(1)).toEqual([first, second, third]);
    expect(await list(1, { descending: true, limit: 2 })).toEqual([third, second]);
    const after = (await find(order, second))?.number;
    expect(await list(1, { descending: true, after })).toEqual([first]);
    expect(await list(1, { after })).toEqual([third]);
    expect(await list(1, { type: 'encodings' })).toEqual([second]);
    expect(await list(1, { type: '_none' })).toEqual([]);
    expect(await list(5)).toEqual([]);
    expect(await list(9)).toEqual([]);
  });
});
