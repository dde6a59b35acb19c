import { CODE_AT, chunkOfPlace, HAS_CODE } from '@codemint/db';
import { type RawBuilder, sql } from 'kysely';
import type { CodeSelection } from './codeBatch';
import { markingOf } from './codeStatus';

/**
 * The generated codes of the batch `head.batch_id`, as SQL for a lateral join: `batch_id`, `place`, `code`, `status`.
 * @param isMarked codes of the batches may have other statuses than `unassigned`
 */
export function madeCodes({ statuses }: CodeSelection, isMarked: boolean): RawBuilder<unknown> {
  const marking = statuses && markingOf(statuses);
  if (marking !== undefined && !marking.isAllBut) return codesWith(marking.marks);
  if (!isMarked) {
    return sql`SELECT batch_id, place, code, 'unassigned'::text AS status FROM issued_code
                WHERE batch_id = head.batch_id`;
  }
  // Without its own limits a plan may take the codes of all batches apart, in the order of the other side.
  return sql`
    SELECT made.batch_id, made.place, made.code, coalesce(marked.status, 'unassigned') AS status
      FROM issued_code made LEFT JOIN (
             SELECT place::bigint AS place, status FROM code_status s ${PLACES} WHERE s.batch_id = head.batch_id
           ) AS marked USING (place)
     WHERE made.batch_id = head.batch_id OFFSET 0`;
}

/** A row for each of the positions that a row of code_status has. */
const PLACES = sql.raw(
  `CROSS JOIN LATERAL unnest(s.places) AS part
   CROSS JOIN LATERAL generate_series(lower(part), upper(part) - 1) AS place`,
);

const CHUNK = sql.raw(chunkOfPlace('s.batch_id', 'place'));
const MADE_CODE = sql.raw(`convert_from(${CODE_AT}, 'UTF8')`);

/** From position to code, without a look at the codes that have other statuses. */
function codesWith(marks: readonly string[]): RawBuilder<unknown> {
  return sql`
    SELECT s.batch_id, place::bigint AS place, s.status, ${MADE_CODE} AS code
      FROM code_status s ${PLACES} ${CHUNK}
     WHERE s.batch_id = head.batch_id AND s.status = ANY (${marks}::text[]) AND ${sql.raw(HAS_CODE)}`;
}
