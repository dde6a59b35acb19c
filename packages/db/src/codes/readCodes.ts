import type { Client } from '../connection/database';
import { type ChunkColumns, placeOf, storedCodes } from './chunkRow';

/** A generated code and where in its batch it stands. */
export interface IssuedCode {
  batchId: bigint;
  /** Position among the batch's indexes: with the batch it is the code's id. */
  place: number;
  code: string;
}

interface RunColumns extends ChunkColumns {
  skip: number;
}

/**
 * Codes of a batch in the order of making, from the `offset`-th on. Reads the sizes of the batch's chunks and the
 * bytes of the wanted codes only.
 * @param limit at most so many, 0 or more
 */
export async function readCodes(
  client: Client,
  batchId: bigint,
  { offset, limit }: { offset: number; limit: number },
): Promise<IssuedCode[]> {
  const { rows } = await client.query<RunColumns>(
    `WITH placed AS (
       SELECT batch_offset, count, sum(count) OVER (ORDER BY batch_offset) - count AS before
         FROM chunk WHERE batch_id = $1
     ), wanted AS (
       SELECT batch_offset, greatest(0, $2::bigint - before) AS skip, least(count, $2::bigint + $3::bigint - before) AS until
         FROM placed WHERE before < $2::bigint + $3::bigint AND before + count > $2::bigint
     )
     SELECT c.batch_offset, c.first_index, c.span, c.skipped, c.width, w.skip::int AS skip,
            substring(c.codes FROM (w.skip * c.width + 1)::int FOR ((w.until - w.skip) * c.width)::int) AS codes
       FROM wanted w JOIN chunk c ON c.batch_id = $1 AND c.batch_offset = w.batch_offset
      ORDER BY c.batch_offset`,
    [batchId, offset, limit],
  );
  return rows.flatMap((row) => codesOfRun(batchId, row));
}

function codesOfRun(batchId: bigint, row: RunColumns): IssuedCode[] {
  const run = storedCodes(row);
  return Array.from({ length: run.codes.length / run.width }, (_, i) => ({
    batchId,
    place: placeOf(run, row.skip + i),
    code: run.codes.toString('utf8', i * run.width, (i + 1) * run.width),
  }));
}

/** The code at a position of a batch; undefined where there is none (not made yet, skipped, removed). */
export async function readCodeAt(
  client: Client,
  batchId: bigint,
  place: number,
): Promise<IssuedCode | undefined> {
  const { rows } = await client.query<{ code: Buffer }>(
    `SELECT substring(codes FROM ((at - before) * width + 1)::int FOR width) AS code
       FROM (SELECT *, $2::bigint - batch_offset AS at FROM chunk
              WHERE batch_id = $1 AND batch_offset <= $2::bigint ORDER BY batch_offset DESC LIMIT 1) AS nearest
      CROSS JOIN LATERAL (SELECT count(*) AS before FROM unnest(skipped) AS index WHERE index < first_index + at) AS holes
      WHERE at < span AND first_index + at <> ALL (skipped)`,
    [batchId, place],
  );
  return rows[0] && { batchId, place, code: rows[0].code.toString('utf8') };
}

/** How many codes each of some batches has. */
export async function countCodes(client: Client, batchIds: readonly bigint[]): Promise<number> {
  const { rows } = await client.query<{ count: bigint }>(
    `SELECT coalesce(sum(quantity_created), 0)::bigint AS count FROM batch
      WHERE id = ANY ($1::bigint[]) AND status <> 'cancelled'`,
    [batchIds],
  );
  return Number(rows[0]?.count ?? 0n);
}
