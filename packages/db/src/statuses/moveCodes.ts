import { ForbiddenError } from '@codemint/shared';
import type { PoolClient } from 'pg';
import { reservationOf } from '../codes/registered';
import type { Database } from '../connection/database';
import { inTransaction } from '../connection/transaction';
import { arrayOf, type CodeStatus } from './blocks';
import { type CodeMark, statusesAt } from './readStatuses';
import { setCodeStatus, setRegisteredStatus } from './setCodeStatus';

/** What a code has to have when it is its turn: what was read of it before may be over by then. */
export interface MoveCondition {
  /** One of these; whatever it has unless it is given. */
  from?: readonly CodeStatus[];
  /** Id of the reservation that has it; any or none unless it is given. */
  reservations?: ReadonlySet<string>;
}

/** Codes of a batch that are to have a status. */
export interface Move extends MoveCondition {
  batchId: bigint;
  /** Its codes stand in the registry. */
  isSupplied: boolean;
  /** Positions in the batch, each once; all of them have codes. */
  places: readonly number[];
  status: CodeStatus;
}

/**
 * Sets statuses of codes of any batches in one transaction. All of the batches are locked first, ascending: what is
 * told of a code holds until it is set.
 * @param mayLack leave out the codes of batches that are deleted by now
 * @returns of each move the places that were meant and are set
 * @throws ForbiddenError for a deleted batch, unless it may lack
 */
export function moveCodes(
  { pool }: Pick<Database, 'pool'>,
  moves: readonly Move[],
  mayLack: boolean,
): Promise<(readonly number[])[]> {
  return inTransaction(pool, async (client) => {
    const batchIds = new Set(moves.map(({ batchId }) => batchId));
    const kept = await lockBatches(client, [...batchIds]);
    if (kept.size < batchIds.size && !mayLack) throw new ForbiddenError();
    const moved: (readonly number[])[] = [];
    for (const move of moves) moved.push(kept.has(move.batchId) ? await moveOne(client, move) : []);
    return moved;
  });
}

async function lockBatches(client: PoolClient, batchIds: readonly bigint[]): Promise<Set<bigint>> {
  const { rows } = await client.query<{ id: bigint }>(
    `SELECT id FROM batch WHERE id = ANY ($1::bigint[]) AND status <> 'cancelled' ORDER BY id FOR NO KEY UPDATE`,
    [arrayOf(batchIds)],
  );
  return new Set(rows.map(({ id }) => id));
}

async function moveOne(client: PoolClient, move: Move): Promise<readonly number[]> {
  const { batchId, isSupplied, status, from, reservations } = move;
  const isAny = from === undefined && reservations === undefined;
  const places = isAny ? move.places : await fittingPlaces(client, move);
  const set = isSupplied ? setRegisteredStatus : setCodeStatus;
  await set(client, batchId, places, status);
  return places;
}

const PLACES_AT_ONCE = 100_000;

/** Those of a move's places whose codes meet its condition. */
async function fittingPlaces(
  client: PoolClient,
  { batchId, isSupplied, places, from, reservations }: Move,
): Promise<number[]> {
  const found: number[] = [];
  for (let start = 0; start < places.length; start += PLACES_AT_ONCE) {
    const some = places.slice(start, start + PLACES_AT_ONCE);
    const marks = isSupplied
      ? await registeredMarks(client, batchId, some)
      : await statusesAt(
          client,
          some.map((place) => ({ batchId, place })),
        );
    for (const [i, place] of some.entries()) {
      const mark = marks[i];
      if (mark === undefined || from?.includes(mark.status) === false) continue;
      if (reservations?.has(mark.reservation ?? '') ?? true) found.push(place);
    }
  }
  return found;
}

async function registeredMarks(client: PoolClient, batchId: bigint, places: readonly number[]) {
  const { rows } = await client.query<CodeMark & { place: number }>(
    `SELECT r.place, r.status, ${reservationOf('r')} AS reservation
       FROM registry r WHERE r.batch_id = $1 AND r.place = ANY ($2::int[])`,
    [batchId, arrayOf(places)],
  );
  const byPlace = new Map(rows.map((row) => [row.place, row]));
  return places.map((place) => byPlace.get(place));
}
