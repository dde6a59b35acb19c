import { CODE_AT, chunkOfPlace, HAS_CODE, RESERVED_BY, type StatusChoice } from '@codemint/db';
import { type RawBuilder, sql } from 'kysely';
import type { CodeSelection } from './codeBatch';
import { markingOf } from './codeStatus';

/**
 * The generated codes of the batch `head.batch_id`, as SQL for a lateral join: `batch_id`, `place`, `code`, `status`,
 * `reservation`.
 * @param isMarked codes of the batches may have other statuses than `unassigned`
 */
export function madeCodes({ marks }: CodeSelection, isMarked: boolean): RawBuilder<unknown> {
  const choice = marks && markingOf(marks);
  if (choice !== undefined && !choice.isAllBut) return codesWith(choice);
  if (!isMarked) {
    return sql`SELECT batch_id, place, code, 'unassigned'::text AS status, NULL::uuid AS reservation FROM issued_code
                WHERE batch_id = head.batch_id`;
  }
  // Without its own limits a plan may take the codes of all batches apart, in the order of the other side.
  return sql`
    SELECT made.batch_id, made.place, made.code, coalesce(marked.status, 'unassigned') AS status, marked.reservation
      FROM issued_code made LEFT JOIN (
             SELECT place::bigint AS place, s.status, reserved_by.id AS reservation
               FROM code_status s ${RESERVATION} ${PLACES} WHERE s.batch_id = head.batch_id
           ) AS marked USING (place)
     WHERE made.batch_id = head.batch_id OFFSET 0`;
}

/** A row for each of the positions that a row of code_status has. */
const PLACES = sql.raw(
  `CROSS JOIN LATERAL unnest(s.places) AS part
   CROSS JOIN LATERAL generate_series(lower(part), upper(part) - 1) AS place`,
);

const RESERVATION = sql.raw(RESERVED_BY);

const CHUNK = sql.raw(chunkOfPlace('s.batch_id', 'place'));
const MADE_CODE = sql.raw(`convert_from(${CODE_AT}, 'UTF8')`);

/** From position to code, without a look at the codes that have other statuses. */
function codesWith({ marks, reservations }: StatusChoice): RawBuilder<unknown> {
  const isReserved =
    reservations === undefined
      ? sql`true`
      : sql`s.reservation > 0 AND s.reservation = ANY (${reservations}::bigint[])`;
  return sql`
    SELECT s.batch_id, place::bigint AS place, s.status, reserved_by.id AS reservation, ${MADE_CODE} AS code
      FROM code_status s ${RESERVATION} ${PLACES} ${CHUNK}
     WHERE s.batch_id = head.batch_id AND s.status = ANY (${marks}::text[]) AND ${isReserved} AND ${sql.raw(HAS_CODE)}`;
}
