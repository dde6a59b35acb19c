import { randomUUID } from 'node:crypto';
import { ForbiddenError } from '@codemint/shared';
import {
  type CodeStatus,
  inTransaction,
  type Move,
  moveCodes,
  registeredById,
  setCodeStatus,
  statusesAt,
  statusRanges,
  streamRegistered,
} from '../src';
import { addBatch, ringOf, supply, useInstallation } from './support';

const installation = useInstallation();
let batchId: bigint;

beforeAll(async () => {
  await installation.addProduct();
});

const newBatch = () => addBatch(installation.database.pool, { kind: 'sgtin', key: 'moves' }, null);

beforeEach(async () => {
  batchId = await newBatch();
});

const sequence = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

const move = (places: readonly number[], status: CodeStatus, more: Partial<Move> = {}): Move => ({
  batchId,
  isSupplied: false,
  places,
  status,
  ...more,
});

const perform = (moves: readonly Move[], mayLack = false) => moveCodes(installation.database, moves, mayLack);

const statuses = async (places: readonly number[], batch = batchId) =>
  (
    await statusesAt(
      installation.database.pool,
      places.map((place) => ({ batchId: batch, place })),
    )
  ).map(({ status }) => status);

/** Codes of the batch become a reservation's, whatever they are. */
async function reserve(
  places: readonly number[],
  table: 'code_status' | 'registry' = 'code_status',
  batch = batchId,
) {
  const { pool } = installation.database;
  const { rows } = await pool.query(
    `INSERT INTO code_reservation (account, product, quantity, quantity_reserved, status)
     SELECT account_id, id, $1, $1, 'complete' FROM product LIMIT 1 RETURNING id, number`,
    [places.length],
  );
  const [{ id, number }] = rows as [{ id: string; number: bigint }];
  if (table === 'registry') {
    await pool.query(
      `UPDATE registry SET status = 'reserved', reservation = $1 WHERE batch_id = $2 AND place = ANY ($3::int[])`,
      [number, batch, places],
    );
  } else {
    await inTransaction(pool, (client) => setCodeStatus(client, batch, places, 'reserved'));
    await pool.query('UPDATE code_status SET reservation = $1 WHERE batch_id = $2', [number, batch]);
  }
  return { id, number };
}

test('places of many batches get their statuses at once', async () => {
  const other = await newBatch();
  const moves = [
    move([5, 3, 4], 'encoded'),
    move([10], 'reserved'),
    move(sequence(9_990, 10_010), 'assigned', { batchId: other }),
  ];
  expect(await perform(moves)).toEqual(moves.map(({ places }) => places));
  expect(await statuses([3, 4, 5, 6, 10])).toEqual([
    'encoded',
    'encoded',
    'encoded',
    'unassigned',
    'reserved',
  ]);
  expect(new Set(await statuses(sequence(9_990, 10_010), other))).toEqual(new Set(['assigned']));
  expect(await perform([])).toEqual([]);
});

test('only places that have one of the statuses now are set, and told', async () => {
  await perform([move(sequence(0, 10), 'reserved'), move(sequence(10, 15), 'encoded')]);
  const from = ['unassigned', 'reserved'] as const;
  expect(await perform([move(sequence(8, 18), 'assigned', { from })])).toEqual([[8, 9, 15, 16, 17]]);
  expect(await statuses([7, 8, 10, 14, 15])).toEqual([
    'reserved',
    'assigned',
    'encoded',
    'encoded',
    'assigned',
  ]);
  expect(await perform([move([8], 'encoded', { from: [] })])).toEqual([[]]);
  // A code that has the status already was meant, too.
  expect(await perform([move([8, 7], 'assigned', { from: ['assigned'] })])).toEqual([[8]]);
});

test('only places that one of the reservations still has are set', async () => {
  const [first, second] = [await reserve([1, 2], 'code_status'), await newBatch()];
  const other = await reserve([1, 2], 'code_status', second);
  const reservations = new Set([first.id]);
  const moves = [
    move([0, 1, 2], 'assigned', { reservations }),
    move([1, 2], 'assigned', { batchId: second, reservations }),
  ];
  expect(await perform(moves)).toEqual([[1, 2], []]);
  expect(await statuses([1, 2], second)).toEqual(['reserved', 'reserved']);
  const both = { batchId: second, from: ['reserved'] as const, reservations: new Set([other.id]) };
  expect(await perform([move([0, 1], 'encoded', both)])).toEqual([[1]]);
});

test('of those who want the same codes each code goes to one', async () => {
  const wanted = sequence(0, 25_000);
  const taken = await Promise.all(
    sequence(0, 8).map((i) =>
      perform([move(wanted.slice(i * 2_000), i % 2 ? 'assigned' : 'encoded', { from: ['unassigned'] })]),
    ),
  );
  expect(taken.flat(2).toSorted((a, b) => a - b)).toEqual(wanted);
});

test('a deleted batch refuses all, or is left out where it may lack', async () => {
  const other = await newBatch();
  await installation.database.pool.query(`UPDATE batch SET status = 'cancelled' WHERE id = $1`, [other]);
  const moves = [move([1], 'encoded'), move([1], 'encoded', { batchId: other })];
  await expect(perform(moves)).rejects.toThrow(ForbiddenError);
  expect(await statuses([1])).toEqual(['unassigned']);
  expect(await perform(moves, true)).toEqual([[1], []]);
  expect(await statuses([1])).toEqual(['encoded']);
  expect(await statuses([1], other)).toEqual(['unassigned']);
});

test('a place tells its reservation, alone and in ranges, until it is free again', async () => {
  const { id } = await reserve(sequence(9_998, 10_004));
  await perform([move([9_999, 10_002], 'encoded'), move([10_003, 20], 'assigned')]);
  const { pool } = installation.database;
  expect(await statusRanges(pool, batchId, { from: 0, to: 20_000 })).toEqual([
    { from: 20, to: 21, status: 'assigned', reservation: null },
    { from: 9_998, to: 9_999, status: 'reserved', reservation: id },
    { from: 9_999, to: 10_000, status: 'encoded', reservation: id },
    { from: 10_000, to: 10_002, status: 'reserved', reservation: id },
    { from: 10_002, to: 10_003, status: 'encoded', reservation: id },
    { from: 10_003, to: 10_004, status: 'assigned', reservation: id },
  ]);
  await perform([move([9_999], 'unassigned')]);
  const places = [9_999, 10_002, 20].map((place) => ({ batchId, place }));
  expect(await statusesAt(pool, places)).toEqual([
    { status: 'unassigned', reservation: null },
    { status: 'encoded', reservation: id },
    { status: 'assigned', reservation: null },
  ]);
});

test('registered codes are moved, and found by their reservation', async () => {
  const { database } = installation;
  const namespace = await installation.addProduct();
  const codes = sequence(0, 20).map((i) => `code-${i}`);
  const { batchId: supplied } = await supply(database, ringOf(1), namespace, codes);
  const { id, number } = await reserve([1, 2, 3, 5], 'registry', supplied);
  const more = { batchId: supplied, isSupplied: true };
  expect(await perform([move([2, 3, 4], 'assigned', { ...more, from: ['reserved'] })])).toEqual([[2, 3]]);
  const of = (reservation: string) => ({ ...more, reservations: new Set([reservation]) });
  expect(await perform([move([3, 4, 5], 'assigned', of(randomUUID()))])).toEqual([[]]);
  expect(await perform([move([3, 4], 'assigned', of(id))])).toEqual([[3]]);
  const found: [number, string][] = [];
  const selection = { batchIds: [supplied], reservations: [number] };
  const all = { offset: 0, limit: Number.POSITIVE_INFINITY, descending: false };
  for await (const page of streamRegistered(database.pool, selection, all)) {
    for (const { place, status, reservation, id: own } of page) {
      found.push([place, status]);
      expect(reservation).toBe(id);
      expect(await registeredById(database.pool, [own])).toMatchObject([{ place, reservation: id }]);
    }
  }
  expect(found.toSorted(([a], [b]) => a - b)).toEqual([
    [1, 'reserved'],
    [2, 'assigned'],
    [3, 'assigned'],
    [5, 'reserved'],
  ]);
});
