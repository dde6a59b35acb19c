import fc from 'fast-check';
import {
  type CodeStatus,
  inTransaction,
  setCodeStatus,
  statusCounts,
  statusesAt,
  statusRanges,
} from '../src';
import { addBatch, useInstallation } from './support';

const installation = useInstallation();
let batchId: bigint;

beforeAll(async () => {
  await installation.addProduct();
});

const newBatch = () => addBatch(installation.database.pool, { kind: 'sgtin', key: 'statuses' }, null);

beforeEach(async () => {
  batchId = await newBatch();
});

const set = (places: readonly number[], status: CodeStatus, batch = batchId) =>
  inTransaction(installation.database.pool, (client) => setCodeStatus(client, batch, places, status));

const statuses = async (positions: readonly { batchId: bigint; place: number }[]) =>
  (await statusesAt(installation.database.pool, positions)).map(({ status }) => status);

const read = (places: readonly number[], batch = batchId) =>
  statuses(places.map((place) => ({ batchId: batch, place })));

const counts = async (batch = batchId) =>
  Object.fromEntries(
    (await statusCounts(installation.database.pool, [batch])).map(({ status, count }) => [status, count]),
  );

const ranges = (from: number, to: number) => statusRanges(installation.database.pool, batchId, { from, to });

const rows = async () =>
  (
    await installation.database.pool.query(
      'SELECT block, status, places::text, count FROM code_status WHERE batch_id = $1 ORDER BY block, status',
      [batchId],
    )
  ).rows;

const sequence = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

test('codes are unassigned until they are set, and again when they are set so', async () => {
  expect(await read([0, 5, 123_456])).toEqual(['unassigned', 'unassigned', 'unassigned']);
  await set([5], 'encoded');
  expect(await read([0, 5, 5, 6])).toEqual(['unassigned', 'encoded', 'encoded', 'unassigned']);
  await set([4, 5, 6], 'unassigned');
  expect(await read([5])).toEqual(['unassigned']);
  expect(await rows()).toEqual([]);
});

test('a status takes one row for 10,000 positions, side by side ones as one range', async () => {
  await set([9_999, 2, 10_000, 1, 3, 2], 'assigned');
  await set([4, 7], 'assigned');
  expect(await rows()).toEqual([
    { block: 0, status: 'assigned', places: '{[1,5),[7,8),[9999,10000)}', count: 6 },
    { block: 1, status: 'assigned', places: '{[10000,10001)}', count: 1 },
  ]);
  expect(await ranges(0, 20_000)).toEqual([
    { from: 1, to: 5, status: 'assigned', reservation: null },
    { from: 7, to: 8, status: 'assigned', reservation: null },
    { from: 9_999, to: 10_000, status: 'assigned', reservation: null },
    { from: 10_000, to: 10_001, status: 'assigned', reservation: null },
  ]);
});

test('a code that moves to another status leaves the one before', async () => {
  await set(sequence(0, 10), 'reserved');
  await set([3, 4, 12], 'assigned');
  await set([4], 'encoded');
  expect(await counts()).toEqual({ reserved: 8, assigned: 2, encoded: 1 });
  await set(sequence(0, 20), 'encoded');
  expect(await rows()).toEqual([{ block: 0, status: 'encoded', places: '{[0,20)}', count: 20 }]);
});

test('setting what is set changes no row', async () => {
  await set(sequence(0, 10), 'encoded');
  const versions = () =>
    installation.database.pool.query('SELECT xmin::text FROM code_status WHERE batch_id = $1', [batchId]);
  const before = (await versions()).rows;
  await set([2, 3], 'encoded');
  await set([], 'assigned');
  await set([11], 'unassigned');
  expect((await versions()).rows).toEqual(before);
});

test('batches are apart, and answered in the order asked for', async () => {
  const other = await newBatch();
  await set([1, 2], 'encoded');
  await set([2, 3], 'reserved', other);
  const positions = [
    { batchId: other, place: 3 },
    { batchId, place: 2 },
    { batchId: other, place: 2 },
    { batchId, place: 3 },
    { batchId, place: 1 },
  ];
  expect(await statuses(positions)).toEqual(['reserved', 'encoded', 'reserved', 'unassigned', 'encoded']);
  expect(await statusCounts(installation.database.pool, [other, batchId])).toEqual([
    { batchId, status: 'encoded', count: 2 },
    { batchId: other, status: 'reserved', count: 2 },
  ]);
  expect(await statuses([])).toEqual([]);
});

test('ranges are cut to the part that is asked for', async () => {
  await set(sequence(9_990, 10_010), 'encoded');
  await set([10_003], 'assigned');
  expect(await ranges(9_995, 10_005)).toEqual([
    { from: 9_995, to: 10_000, status: 'encoded', reservation: null },
    { from: 10_000, to: 10_003, status: 'encoded', reservation: null },
    { from: 10_003, to: 10_004, status: 'assigned', reservation: null },
    { from: 10_004, to: 10_005, status: 'encoded', reservation: null },
  ]);
  expect(await ranges(9_999, 10_000)).toEqual([
    { from: 9_999, to: 10_000, status: 'encoded', reservation: null },
  ]);
  expect(await ranges(10_010, 30_000)).toEqual([]);
  expect(await ranges(9_999, 9_999)).toEqual([]);
});

test('many at once lose nothing: each code ends in one status', async () => {
  const statuses: CodeStatus[] = ['reserved', 'assigned', 'encoded', 'unassigned'];
  const done: Promise<number>[] = [];
  for (let i = 0; i < 40; i++) {
    // Everyone's own codes, and some that all fight for.
    done.push(set([...sequence(i * 500, i * 500 + 500), 25_000, 25_001], statuses[i % 4] as CodeStatus));
  }
  await Promise.all(done);
  const own = await read(sequence(0, 20_000));
  expect(own).toEqual(sequence(0, 20_000).map((place) => statuses[Math.floor(place / 500) % 4]));
  const [fought, too] = await read([25_000, 25_001]);
  expect(fought).toBe(too);
  const all = Object.values(await counts()).reduce((sum, count) => sum + count, 0);
  expect(all).toBe(15_000 + (fought === 'unassigned' ? 0 : 2));
});

test('what a rolled back transaction set is not set', async () => {
  const failed = inTransaction(installation.database.pool, async (client) => {
    await setCodeStatus(client, batchId, [1], 'encoded');
    throw new Error('no');
  });
  await expect(failed).rejects.toThrow('no');
  expect(await read([1])).toEqual(['unassigned']);
});

/** Positions near the edges of the first three blocks. */
const place = fc.oneof(
  fc.integer({ min: 0, max: 12 }),
  fc.integer({ min: 9_994, max: 10_006 }),
  fc.integer({ min: 19_994, max: 20_006 }),
);
const places = fc.oneof(
  fc.array(place, { maxLength: 12 }),
  fc.tuple(place, fc.integer({ min: 1, max: 10_010 })).map(([from, length]) => sequence(from, from + length)),
);
const status = fc.constantFrom<CodeStatus>('unassigned', 'reserved', 'assigned', 'encoded');

test('any changes one after the other end as in a plain map', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(places, status), { minLength: 1, maxLength: 8 }), async (changes) => {
      batchId = await newBatch();
      const model = new Map<number, CodeStatus>();
      for (const [changed, to] of changes) {
        await set(changed, to);
        for (const one of changed) model.set(one, to);
      }
      const known = [...model.keys()];
      expect(await read(known)).toEqual([...model.values()]);
      const expected: Record<string, number> = {};
      for (const to of model.values()) {
        if (to !== 'unassigned') expected[to] = (expected[to] ?? 0) + 1;
      }
      expect(await counts()).toEqual(expected);
      const inOrder = await ranges(0, 40_000);
      expect(inOrder).toEqual([...inOrder].sort((a, b) => a.from - b.from));
      const listed = inOrder.flatMap(({ from, to, status }) =>
        sequence(from, to).map((one) => [one, status] as const),
      );
      expect(listed).toEqual([...model].filter(([, to]) => to !== 'unassigned').sort(([a], [b]) => a - b));
    }),
    { numRuns: 60 },
  );
});
