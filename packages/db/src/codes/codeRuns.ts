import type { Client } from '../connection/database';
import { type ChunkColumns, type StoredCodes, storedCodes } from './chunkRow';
import { streamChunks } from './streamChunks';

/** Generated codes of one batch side by side, in the order of making, and where in the batch each stands. */
export interface CodeRun {
  batchId: bigint;
  /** Bytes a code. */
  width: number;
  codes: Buffer;
  /** Of each code; positions count indexes, so skipped ones leave holes and a code's position never changes. */
  places: Float64Array;
}

/** The codes of a run as texts. */
export function codesOf({ codes, width }: Pick<CodeRun, 'codes' | 'width'>): string[] {
  return Array.from({ length: codes.length / width }, (_, i) =>
    codes.toString('utf8', i * width, (i + 1) * width),
  );
}

/** SQL: the chunks of a batch ($1) without their codes, each with how many codes come before it. */
export const PLACED_CHUNKS = `
  SELECT batch_offset, first_index, count, skipped, sum(count) OVER (ORDER BY batch_offset) - count AS before
    FROM chunk WHERE batch_id = $1`;

interface RunColumns extends ChunkColumns {
  skip: number;
}

/**
 * Codes of a batch from the `offset`-th on. Reads the sizes of the batch's chunks and the bytes of the wanted codes
 * only.
 * @param limit at most so many, 0 or more
 */
export async function readCodeRuns(
  client: Client,
  batchId: bigint,
  { offset, limit }: { offset: number; limit: number },
): Promise<CodeRun[]> {
  const { rows } = await client.query<RunColumns>({
    name: 'read-code-runs',
    text: `WITH placed AS (${PLACED_CHUNKS}), wanted AS (
       SELECT batch_offset, greatest(0, $2::bigint - before) AS skip, least(count, $2::bigint + $3::bigint - before) AS until
         FROM placed WHERE before < $2::bigint + $3::bigint AND before + count > $2::bigint
     )
     SELECT c.batch_offset, c.first_index, c.span, c.skipped, c.width, w.skip::int AS skip,
            substring(c.codes FROM (w.skip * c.width + 1)::int FOR ((w.until - w.skip) * c.width)::int) AS codes
       FROM wanted w JOIN chunk c ON c.batch_id = $1 AND c.batch_offset = w.batch_offset
      ORDER BY c.batch_offset`,
    values: [batchId, offset, limit],
  });
  return rows.map((row) => runOf(batchId, storedCodes(row), row.skip));
}

/** All codes of a batch from the `offset`-th on, by short queries, so that a slow reader holds nothing. */
export async function* streamCodeRuns(
  client: Client,
  batchId: bigint,
  offset: number,
): AsyncGenerator<CodeRun> {
  const start = offset === 0 ? { batchOffset: 0n, skip: 0 } : await locate(client, batchId, offset);
  if (start === undefined) return;
  let { skip } = start;
  for await (const chunk of streamChunks(client, batchId, start.batchOffset)) {
    yield runOf(batchId, { ...chunk, codes: chunk.codes.subarray(skip * chunk.width) }, skip);
    skip = 0;
  }
}

/** The chunk that holds the `offset`-th code, and how many codes of it come before that one. */
async function locate(client: Client, batchId: bigint, offset: number) {
  const { rows } = await client.query<{ batch_offset: bigint; skip: bigint }>(
    `SELECT batch_offset, ($2::bigint - before)::bigint AS skip
       FROM (${PLACED_CHUNKS}) AS placed
      WHERE before + count > $2::bigint ORDER BY batch_offset LIMIT 1`,
    [batchId, offset],
  );
  return rows[0] && { batchOffset: rows[0].batch_offset, skip: Number(rows[0].skip) };
}

/** @param skip how many of the chunk's codes stand before those in `codes` */
export function runOf(batchId: bigint, { width, codes, ...chunk }: StoredCodes, skip: number): CodeRun {
  const places = new Float64Array(codes.length / width);
  const holes = chunk.skipped.map((index) => Number(index - chunk.firstIndex));
  let hole = 0;
  for (let ordinal = 0; ordinal < skip + places.length; ordinal++) {
    while (hole < holes.length && (holes[hole] as number) <= ordinal + hole) hole++;
    if (ordinal >= skip) places[ordinal - skip] = chunk.batchOffset + ordinal + hole;
  }
  return { batchId, width, codes, places };
}
