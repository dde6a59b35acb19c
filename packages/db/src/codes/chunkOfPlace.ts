/**
 * SQL: joins that lead from a position in a batch to its chunk, without a look at the codes. They give `nearest`, the
 * chunk with `at`, where in it the position lies, and `holes.before`, how many skipped ones lie before that. There is a
 * code only where `HAS_CODE`.
 * @param batchId expression of the batch's number
 * @param place expression of the position
 */
export function chunkOfPlace(batchId: string, place: string): string {
  return `
     CROSS JOIN LATERAL (SELECT c.*, ${place} - c.batch_offset AS at FROM chunk c
                          WHERE c.batch_id = ${batchId} AND c.batch_offset <= ${place}
                          ORDER BY c.batch_offset DESC LIMIT 1) AS nearest
     CROSS JOIN LATERAL (SELECT count(*) AS before FROM unnest(nearest.skipped) AS index
                          WHERE index < nearest.first_index + nearest.at) AS holes`;
}

/** SQL: whether there is a code at the position that `chunkOfPlace` is about. */
export const HAS_CODE =
  'nearest.at < nearest.span AND nearest.first_index + nearest.at <> ALL (nearest.skipped)';

/** SQL: the bytes of that code. */
export const CODE_AT =
  'substring(nearest.codes FROM ((nearest.at - holes.before) * nearest.width + 1)::int FOR nearest.width)';
