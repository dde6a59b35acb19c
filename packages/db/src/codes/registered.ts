import type { Client } from '../connection/database';
import { type CodeScope, scopeCondition } from './codeScope';

/** A code that came from outside. */
export interface RegisteredCode {
  batchId: bigint;
  /** Position in the batch. */
  place: number;
  /** Any uuid. */
  id: string;
  code: string;
  status: string;
  /** Id of the reservation that took it. */
  reservation: string | null;
  customId: string | null;
  userCreated: string | null;
  dateCreated: Date;
}

/** SQL: id of the reservation that took the row of the registry with this alias. */
export const reservationOf = (alias: string) =>
  `CASE WHEN ${alias}.reservation > 0
        THEN (SELECT v.id FROM code_reservation v WHERE v.number = ${alias}.reservation) END`;

const COLUMNS = `r.batch_id AS "batchId", r.place, r.id, r.code, r.status,
  ${reservationOf('r')} AS reservation, r.custom_id AS "customId",
  r.user_created AS "userCreated", r.date_created AS "dateCreated"`;

/** Those of deleted jobs are nobody's, though they are never given out again. */
const KEPT = `registry r JOIN batch b ON b.id = r.batch_id AND b.status <> 'cancelled'`;

/**
 * Which registered code this is. A code is registered only where no pool has given it out, and skipped by each pool
 * from then on: whoever it is registered to owns it.
 * @returns more than one only where different namespaces own the same string
 */
export async function findRegistered(
  client: Client,
  code: string,
  scope: CodeScope,
): Promise<RegisteredCode[]> {
  const { condition, values } = scopeCondition(scope);
  const { rows } = await client.query<RegisteredCode>(
    `SELECT ${COLUMNS} FROM ${KEPT} JOIN namespace n ON n.id = r.namespace_id
      WHERE r.code = $1 AND ${condition} ORDER BY r.id`,
    [code, ...values],
  );
  return rows;
}

/** @param ids uuids */
export async function registeredById(client: Client, ids: readonly string[]): Promise<RegisteredCode[]> {
  const { rows } = await client.query<RegisteredCode>(
    `SELECT ${COLUMNS} FROM ${KEPT} WHERE r.id = ANY ($1::uuid[]) ORDER BY r.id`,
    [ids],
  );
  return rows;
}

/** Which registered codes. */
export interface RegisteredSelection {
  batchIds: readonly bigint[];
  statuses?: readonly string[];
  /** Numbers of reservations that took them. */
  reservations?: readonly bigint[];
  /** Ids above this one and below that one; null: without that end. */
  above?: string | null;
  below?: string | null;
}

const SELECTED = `r.batch_id = ANY ($1::bigint[]) AND ($2::text[] IS NULL OR r.status = ANY ($2::text[]))
  AND ($3::uuid IS NULL OR r.id > $3::uuid) AND ($4::uuid IS NULL OR r.id < $4::uuid)
  AND ($5::bigint[] IS NULL OR r.reservation = ANY ($5::bigint[]))`;

function selectionValues(selection: RegisteredSelection): unknown[] {
  const { batchIds, statuses = null, above = null, below = null, reservations = null } = selection;
  return [batchIds, statuses, above, below, reservations];
}

export async function countRegistered(client: Client, selection: RegisteredSelection): Promise<number> {
  const { rows } = await client.query<{ count: bigint }>(
    `SELECT count(*) AS count FROM ${KEPT} WHERE ${SELECTED}`,
    selectionValues(selection),
  );
  return Number(rows[0]?.count);
}

const REGISTERED_AT_ONCE = 5_000;

/**
 * Registered codes in the order of their ids, or backwards, each page by a short query from where the one before
 * ended.
 */
export async function* streamRegistered(
  client: Client,
  selection: RegisteredSelection,
  { offset, limit, descending }: { offset: number; limit: number; descending: boolean },
): AsyncGenerator<RegisteredCode[]> {
  const order = descending ? 'DESC' : 'ASC';
  let rest = selection;
  for (let left = limit, skip = offset; left > 0; skip = 0) {
    const wanted = Math.min(left, REGISTERED_AT_ONCE);
    const { rows } = await client.query<RegisteredCode>(
      `SELECT ${COLUMNS} FROM ${KEPT} WHERE ${SELECTED} ORDER BY r.id ${order} OFFSET $6 LIMIT $7`,
      [...selectionValues(rest), skip, wanted],
    );
    if (rows.length > 0) yield rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < wanted) return;
    left -= rows.length;
    rest = descending ? { ...rest, below: last.id } : { ...rest, above: last.id };
  }
}
