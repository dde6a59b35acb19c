import { ForbiddenError } from '@codemint/shared';
import type { PoolClient } from 'pg';
import { recordAudit } from '../audit/recordAudit';
import { reservationOf } from '../codes/registered';
import type { Database } from '../connection/database';
import { inTransaction } from '../connection/transaction';
import { requireHome } from '../restore/identity';
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
 * Sets statuses of codes of any batches in one transaction, and tells the audit log. All of the batches are locked
 * first, ascending: what is told of a code holds until it is set.
 * @param selection by which the codes were found, for the audit log
 * @param mayLack leave out the codes of batches that are deleted by now
 * @returns of each move the places that were meant and are set
 * @throws ForbiddenError for a deleted batch, unless it may lack
 */
export function moveCodes(
  { pool, actor }: Pick<Database, 'pool' | 'actor'>,
  moves: readonly Move[],
  mayLack: boolean,
  selection: object = {},
): Promise<(readonly number[])[]> {
  const move = async (client: PoolClient) => {
    await requireHome(client);
    const batchIds = new Set(moves.map(({ batchId }) => batchId));
    const kept = await lockBatches(client, [...batchIds]);
    if (kept.size < batchIds.size && !mayLack) throw new ForbiddenError();
    const moved: (readonly number[])[] = [];
    for (const one of moves) moved.push(kept.has(one.batchId) ? await moveOne(client, one) : []);
    await recordMoves(client, actor, moves, moved, selection);
    return moved;
  };
  return inTransaction(pool, move, actor);
}

/** One row an account and status: how many codes have it now. */
async function recordMoves(
  client: PoolClient,
  actor: Database['actor'],
  moves: readonly Move[],
  moved: readonly (readonly number[])[],
  selection: object,
): Promise<void> {
  const { rows } = await client.query<{ accountId: string | null; status: string; quantity: number }>(
    `SELECT b.account_id AS "accountId", m.status, sum(m.count)::int AS quantity
       FROM unnest($1::bigint[], $2::text[], $3::int[]) AS m (batch_id, status, count) JOIN batch b ON b.id = m.batch_id
      WHERE m.count > 0 GROUP BY 1, 2 ORDER BY 1, 2`,
    [
      moves.map(({ batchId }) => batchId),
      moves.map(({ status }) => status),
      moved.map(({ length }) => length),
    ],
  );
  for (const { accountId, ...told } of rows) {
    const details = { ...told, ...selection };
    await recordAudit(client, actor, {
      action: 'update',
      collection: 'unique_code',
      item: null,
      accountId,
      details,
    });
  }
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
