import { type ChunkColumns, storedCodes } from '../codes/chunkRow';
import { type CodeRun, runOf } from '../codes/codeRuns';
import type { Client } from '../connection/database';
import { arrayOf, BLOCK_SIZE, type CodeStatus } from './blocks';

/** Which generated codes: those that have one of these statuses, or all but those. Never `unassigned`. */
export interface StatusChoice {
  isAllBut: boolean;
  marks: readonly CodeStatus[];
  /** Numbers of reservations: of the codes with these statuses those alone that one of them took. */
  reservations?: readonly bigint[];
}

/** A choice as a condition on the columns of code_status, with its values from place `first` on. */
export function choiceCondition({ marks, reservations }: StatusChoice, first: number) {
  const values: unknown[] = [marks];
  let condition = `status = ANY ($${first}::text[])`;
  if (reservations !== undefined) {
    values.push(arrayOf(reservations));
    // The first part is that of the index.
    condition += ` AND reservation > 0 AND reservation = ANY ($${first + 1}::bigint[])`;
  }
  return { condition, values: values as readonly unknown[] };
}

/** Which part of the chosen codes, in the order of making or backwards. */
interface ChosenPart {
  offset: number;
  /** May be Infinity. */
  limit: number;
  descending: boolean;
}

/** A limit without end. */
const ALL = 2 ** 31;

/**
 * The chunks of a batch that hold a part of its codes of some statuses. Takes a look at the size and the statuses of
 * each chunk, not at its codes.
 * @returns `batch_offset` of each, in the order of the part, and how many chosen codes of the first one come before it
 */
export async function locateByStatus(
  client: Client,
  batchId: bigint,
  choice: StatusChoice,
  { offset, limit, descending }: ChosenPart,
): Promise<{ chunks: bigint[]; skip: number }> {
  const order = descending ? 'DESC' : 'ASC';
  const { condition, values } = choiceCondition(choice, 5);
  const { rows } = await client.query<{ batch_offset: bigint; before: bigint }>({
    name: `locate-by-status-${order}-${values.length}`,
    text: `WITH counted AS (
       SELECT c.batch_offset, CASE WHEN $2 THEN c.count - marked.count ELSE marked.count END AS count
         FROM chunk c
        CROSS JOIN LATERAL int4multirange(int4range(c.batch_offset::int, c.batch_offset::int + c.span)) AS around
        CROSS JOIN LATERAL (
          SELECT coalesce(sum(CASE WHEN s.places <@ around THEN s.count
                                   ELSE (SELECT sum(upper(part) - lower(part)) FROM unnest(s.places * around) AS part) END),
                          0) AS count
            FROM code_status s
           WHERE s.batch_id = c.batch_id AND ${condition}
             AND s.block BETWEEN c.batch_offset / ${BLOCK_SIZE} AND (c.batch_offset + c.span - 1) / ${BLOCK_SIZE}
        ) AS marked
        WHERE c.batch_id = $1
     ), placed AS (
       SELECT batch_offset, count, sum(count) OVER (ORDER BY batch_offset ${order}) - count AS before
         FROM counted WHERE count > 0
     )
     SELECT batch_offset, before::bigint AS before FROM placed
      WHERE before < $3::bigint + $4::bigint AND before + count > $3::bigint ORDER BY batch_offset ${order}`,
    values: [batchId, choice.isAllBut, offset, Math.min(limit, ALL), ...values],
  });
  const skip = Math.max(offset - Number(rows[0]?.before ?? 0), 0);
  return { chunks: rows.map((row) => row.batch_offset), skip };
}

/** All codes of some chunks of a batch, in the order of making. */
export async function readChunkRuns(
  client: Client,
  batchId: bigint,
  chunks: readonly bigint[],
): Promise<CodeRun[]> {
  const { rows } = await client.query<ChunkColumns>({
    name: 'read-chunk-runs',
    text: `SELECT batch_offset, first_index, span, skipped, width, codes FROM chunk
            WHERE batch_id = $1 AND batch_offset = ANY ($2::bigint[]) ORDER BY batch_offset`,
    values: [batchId, chunks],
  });
  return rows.map((row) => runOf(batchId, storedCodes(row), 0));
}

/** The chunks of a batch with positions from `from` on, below `to`. */
export async function locateChunks(
  client: Client,
  batchId: bigint,
  { from, to }: { from: number; to: number },
): Promise<{ batchOffset: bigint; span: number }[]> {
  const { rows } = await client.query<{ batch_offset: bigint; span: number }>({
    name: 'locate-chunks',
    text: `SELECT batch_offset, span FROM chunk
            WHERE batch_id = $1 AND batch_offset < $3::bigint AND batch_offset + span > $2::bigint ORDER BY batch_offset`,
    values: [batchId, from, to],
  });
  return rows.map((row) => ({ batchOffset: row.batch_offset, span: row.span }));
}
