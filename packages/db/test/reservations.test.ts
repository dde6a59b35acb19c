import { ConflictError, NotUniqueError, ValidationError } from '@codemint/shared';
import {
  type CodeStatus,
  createReservations,
  deleteJobs,
  FIRST_ACCOUNT_ID,
  inTransaction,
  keyedRequest,
  moveCodes,
  type NewReservation,
  releaseReservations,
  setCodeStatus,
  stockOf,
} from '../src';
import { newReservation } from './reservationsSupport';
import { cipherOf, codesAt, order, ringOf, runSlice, runToTheEnd, supply, useProduct } from './support';

const ring = ringOf(1);
const { installation, namespace } = useProduct();

/** Makes codes by a job. @returns its batch */
async function make(quantity: number, overrides: Parameters<typeof order>[3] = {}): Promise<bigint> {
  const { database } = installation;
  const made = await order(database, ring, namespace, { quantity, ...overrides });
  await runToTheEnd(database, ring, made.sliceJobs, { chunkSize: 700 });
  return made.batchId;
}

const reservation = (overrides: Partial<NewReservation>) => newReservation(namespace, overrides);

const reserve = async (quantity: number, overrides: Partial<NewReservation> = {}) =>
  (await createReservations(installation.database, [reservation({ quantity, ...overrides })]))[0] as string;

/** Batch and position of each code of a reservation. */
async function codesOf(id: string): Promise<string[]> {
  const { rows } = await installation.database.pool.query<{ code: string }>(
    `SELECT s.batch_id || ' ' || place AS code FROM code_reservation r JOIN code_status s ON s.reservation = r.number
      CROSS JOIN LATERAL unnest(s.places) AS part
      CROSS JOIN LATERAL generate_series(lower(part), upper(part) - 1) AS place WHERE r.id = $1
      UNION ALL
     SELECT c.batch_id || ' r' || c.place FROM code_reservation r JOIN registry c ON c.reservation = r.number WHERE r.id = $1`,
    [id],
  );
  return rows.map((row) => row.code);
}

const read = async (id: string) =>
  (
    await installation.database.pool.query(
      'SELECT status, quantity_reserved FROM code_reservation WHERE id = $1',
      [id],
    )
  ).rows[0];

const stock = async (overrides: { characterSet?: string; length?: number } = {}) =>
  stockOf(installation.database.pool, {
    namespace,
    accountId: FIRST_ACCOUNT_ID,
    characterSet: null,
    length: null,
    ...overrides,
  });

const set = (batchId: bigint, places: number[], status: CodeStatus) =>
  inTransaction(installation.database.pool, (client) => setCodeStatus(client, batchId, places, status));

const sequence = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

test('takes the codes that were made first, over the ends of chunks, blocks and batches', async () => {
  const first = await make(12_000, { length: 8 });
  const second = await make(9_000, { length: 8 });
  const ids = [await reserve(11_000), await reserve(3_000), await reserve(7_000)];
  expect(await Promise.all(ids.map(read))).toEqual(
    [11_000, 3_000, 7_000].map((quantity_reserved) => ({ status: 'complete', quantity_reserved })),
  );
  const codes = (await Promise.all(ids.map(codesOf))).flat();
  expect(new Set(codes)).toEqual(
    new Set([
      ...sequence(0, 12_000).map((place) => `${first} ${place}`),
      ...sequence(0, 9_000).map((place) => `${second} ${place}`),
    ]),
  );
  expect(codes).toHaveLength(21_000);
  expect(await stock()).toEqual({ unassigned: 0, underWay: 0 });
});

test('takes what was given back, and nothing that somebody uses', async () => {
  const batch = await make(100);
  const a = await reserve(40);
  await set(batch, [50, 51], 'encoded');
  const b = await reserve(30);
  await releaseReservations(installation.database, [a]);
  expect(await read(a)).toBeUndefined();
  expect((await stock()).unassigned).toBe(68);
  const c = await reserve(45);
  expect(await codesOf(c)).toEqual(
    expect.arrayContaining([...sequence(0, 40), ...sequence(72, 77)].map((place) => `${batch} ${place}`)),
  );
  expect((await codesOf(b)).filter((code) => [`${batch} 50`, `${batch} 51`].includes(code))).toEqual([]);
});

test('too few codes: all is refused with what would do, or what is there is taken', async () => {
  await make(25);
  const before = await installation.database.pool.query('SELECT * FROM batch ORDER BY id');
  const refused = await reserve(26).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(ValidationError);
  expect((refused as ValidationError).issues[0]).toMatchObject({ field: 'quantity', rule: 'lte', valid: 25 });
  expect((refused as ValidationError).message).toMatch(
    /only 25 are unassigned here: reserve at most 25, or set allow_partial/,
  );
  expect((await installation.database.pool.query('SELECT * FROM batch ORDER BY id')).rows).toEqual(
    before.rows,
  );
  expect(await read(await reserve(26, { allowPartial: true }))).toEqual({
    status: 'complete',
    quantity_reserved: 25,
  });
  await expect(reserve(1, { allowPartial: true })).rejects.toThrow(/none is unassigned here: make more/);
});

test('codes under way are told of and not taken', async () => {
  await order(installation.database, ring, namespace, { quantity: 500 });
  await expect(reserve(10)).rejects.toThrow(/wait for the 500 that are being made/);
});

test('a rule that is about to make more is told of', async () => {
  const { pool } = installation.database;
  await make(25, { characterSet: 'numeric', length: 7 });
  const { rows } = await pool.query<{ id: string }>(
    `INSERT INTO replenishment_rule (account, product, character_set, length, minimum, target)
     VALUES ($1, $2, 'numeric', 7, 30, 100) RETURNING id`,
    [FIRST_ACCOUNT_ID, `/01/${namespace.key}`],
  );
  const told = new RegExp(`reserve at most 25.*, or wait: the rule "${rows[0]?.id}" makes 75 more\\.$`);
  await expect(reserve(26)).rejects.toThrow(told);
  await expect(reserve(26, { characterSet: 'N', length: 7 })).rejects.toThrow(told);
  const silent = /make more by an identifier_job\.$/;
  await expect(reserve(26, { characterSet: 'alphanumeric' })).rejects.toThrow(silent);
  await expect(reserve(26, { length: 8 })).rejects.toThrow(silent);
  for (const change of [
    `status = 'paused'`,
    `status = 'active', error_message = 'no'`,
    'error_message = NULL, minimum = 25',
  ]) {
    await pool.query(`UPDATE replenishment_rule SET ${change} WHERE id = $1`, [rows[0]?.id]);
    await expect(reserve(26)).rejects.toThrow(silent);
  }
});

test('codes of slices that are made out of turn are taken, those before them later', async () => {
  const { database } = installation;
  const made = await order(database, ring, namespace, { quantity: 300, sliceSize: 100 });
  await runSlice(database.pool, ring, made.sliceJobs[2]?.sliceId as string);
  const late = await reserve(60);
  expect(await codesOf(late)).toContain(`${made.batchId} 200`);
  await runSlice(database.pool, ring, made.sliceJobs[0]?.sliceId as string);
  const early = await codesOf(await reserve(100));
  expect(early).toContain(`${made.batchId} 0`);
  await runSlice(database.pool, ring, made.sliceJobs[1]?.sliceId as string);
  await reserve(140);
  expect((await stock()).unassigned).toBe(0);
});

test('skipped indexes are no codes', async () => {
  const { database } = installation;
  const codes = codesAt(cipherOf(namespace, { set: 'numeric', length: 7 }), [0, 5, 6, 699, 700, 701]);
  await supply(database, ring, namespace, codes);
  const batch = await make(2_000, { characterSet: 'numeric', length: 7 });
  const taken = await codesOf(await reserve(2_000, { length: 7 }));
  const skipped = [0, 5, 6, 699, 700, 701];
  const places = sequence(0, 2_006).filter((place) => !skipped.includes(place));
  expect(new Set(taken)).toEqual(new Set(places.map((place) => `${batch} ${place}`)));
});

test('only codes of jobs with the character set and length that are asked for', async () => {
  await make(20, { characterSet: 'numeric', length: 6 });
  const wanted = await make(20, { characterSet: 'alphanumeric', length: 9 });
  await expect(reserve(21, { characterSet: 'alphanumeric' })).rejects.toThrow(/only 20/);
  const codes = await codesOf(await reserve(20, { characterSet: 'alphanumeric', length: 9 }));
  expect(codes.every((code) => code.startsWith(`${wanted} `))).toBe(true);
  expect(await stock({ length: 6 })).toMatchObject({ unassigned: 20 });
});

test('two names of the same characters are one stock', async () => {
  await make(20, { characterSet: 'numeric', length: 7 });
  await make(10, { characterSet: 'N', length: 7 });
  await make(5, { characterSet: 'alphanumeric', length: 7 });
  for (const characterSet of ['numeric', 'N']) {
    expect(await stock({ characterSet })).toMatchObject({ unassigned: 30 });
  }
  expect(await codesOf(await reserve(25, { characterSet: 'N' }))).toHaveLength(25);
  expect(await codesOf(await reserve(5, { characterSet: 'numeric', length: 7 }))).toHaveLength(5);
  await expect(reserve(1, { characterSet: 'N' })).rejects.toThrow(/none is unassigned/);
  expect(await stock()).toMatchObject({ unassigned: 5 });
});

test('many at once get each code exactly once, and together no more than there are', async () => {
  await make(3_000);
  await make(2_000);
  const other = installation.connect();
  const outcomes = await Promise.allSettled(
    Array.from({ length: 30 }, (_, i) =>
      createReservations(i % 2 === 0 ? installation.database : other, [
        reservation({ quantity: 190, allowPartial: i % 3 === 0 }),
      ]),
    ),
  );
  const ids = outcomes.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
  const codes = (await Promise.all(ids.map(codesOf))).flat();
  expect(new Set(codes).size).toBe(codes.length);
  expect(codes.length + (await stock()).unassigned).toBe(5_000);
  expect((await stock()).unassigned).toBeLessThan(190);
  for (const one of outcomes)
    if (one.status === 'rejected') expect(one.reason).toBeInstanceOf(ValidationError);
});

test('a list is reserved as a whole or not at all; a repeated request reserves once', async () => {
  await make(100);
  const list = [reservation({ quantity: 60 }), reservation({ quantity: 60 })];
  await expect(createReservations(installation.database, list)).rejects.toThrow(/only 40/);
  expect((await stock()).unassigned).toBe(100);
  const keyed = keyedRequest(FIRST_ACCOUNT_ID, 'once', 'POST /items/code_reservation', {});
  const one = [reservation({ quantity: 10 })];
  const ids = await createReservations(installation.database, one, keyed);
  expect(await createReservations(installation.database, one, keyed)).toEqual(ids);
  expect((await stock()).unassigned).toBe(90);
  await expect(reserve(1, { id: ids[0] as string })).rejects.toThrow(NotUniqueError);
});

test('a reservation whose codes are used stays; a code that is free again leaves it', async () => {
  const batch = await make(50);
  const id = await reserve(30);
  expect(await set(batch, [3, 4], 'assigned')).toBe(2);
  await expect(releaseReservations(installation.database, [id])).rejects.toThrow(ConflictError);
  await expect(releaseReservations(installation.database, [id])).rejects.toThrow(
    /2 codes of the reservation/,
  );
  expect(await codesOf(id)).toHaveLength(30);
  expect(await set(batch, [3, 4, 5, 45], 'unassigned')).toBe(3);
  expect(await read(id)).toEqual({ status: 'complete', quantity_reserved: 27 });
  expect((await stock()).unassigned).toBe(23);
  await releaseReservations(installation.database, [id, id]);
  expect((await stock()).unassigned).toBe(50);
});

test('only codes that still have the status that was seen are changed', async () => {
  const batch = await make(20);
  await reserve(5);
  await set(batch, [10], 'encoded');
  const move = async (places: number[], status: CodeStatus, from: CodeStatus[]) =>
    (
      await moveCodes(
        installation.database,
        [{ batchId: batch, isSupplied: false, places, status, from }],
        false,
      )
    )[0];
  expect(await move(sequence(0, 12), 'assigned', ['unassigned'])).toEqual([5, 6, 7, 8, 9, 11]);
  expect(await move(sequence(0, 20), 'encoded', ['reserved', 'encoded'])).toEqual([0, 1, 2, 3, 4, 10]);
  expect((await stock()).unassigned).toBe(8);
});

test('imported codes are taken one by one, in their order', async () => {
  const { database } = installation;
  const { batchId } = await supply(database, ring, namespace, ['a', 'b', 'c', 'd']);
  const id = await reserve(3);
  expect(await codesOf(id)).toEqual(
    expect.arrayContaining([`${batchId} r0`, `${batchId} r1`, `${batchId} r2`]),
  );
  await releaseReservations(database, [id]);
  expect((await stock()).unassigned).toBe(4);
});

test('a job with reserved codes cannot be deleted', async () => {
  const { database } = installation;
  const made = await order(database, ring, namespace, { quantity: 10 });
  await runToTheEnd(database, ring, made.sliceJobs);
  const id = await reserve(1);
  await expect(deleteJobs(database, [made.id])).rejects.toThrow(new RegExp(`reservation "${id}" has codes`));
  expect((await stock()).unassigned).toBe(9);
  await releaseReservations(database, [id]);
  await deleteJobs(database, [made.id]);
  expect((await stock()).unassigned).toBe(0);
});
