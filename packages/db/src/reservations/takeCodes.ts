import type { PoolClient } from 'pg';
import { arrayOf, BLOCK_SIZE, type Run } from '../statuses/blocks';
import { statusRanges } from '../statuses/readStatuses';
import { type ChunkOutline, findFree } from './freeRuns';

interface LockedBatch {
  is_supplied: boolean;
  unassigned: number;
  free_from: number;
}

/**
 * Takes unassigned codes of a batch for a reservation, the lowest positions first. Its row is locked until the
 * transaction ends; who takes from several goes by ascending batch.
 * @param reservation number of the reservation
 * @param wanted at most so many, above 0
 * @returns how many it took
 */
export async function takeCodes(
  client: PoolClient,
  batchId: bigint,
  reservation: bigint,
  wanted: number,
): Promise<number> {
  // By a statement of its own: those that follow see what the holder of the lock before has committed.
  const { rows } = await client.query<LockedBatch>({
    name: 'lock-stock',
    text: `SELECT pool_id IS NULL AS is_supplied, unassigned, free_from FROM batch
            WHERE id = $1 AND unassigned > 0 FOR NO KEY UPDATE`,
    values: [batchId],
  });
  const batch = rows[0];
  if (batch === undefined) return 0;
  const take = {
    batchId,
    reservation,
    freeFrom: batch.free_from,
    wanted: Math.min(wanted, batch.unassigned),
  };
  return batch.is_supplied ? takeRegistered(client, take) : takeGenerated(client, take);
}

/** What is to be taken of a locked batch. */
interface Take {
  batchId: bigint;
  reservation: bigint;
  freeFrom: number;
  wanted: number;
}

async function takeGenerated(
  client: PoolClient,
  { batchId, reservation, freeFrom, wanted }: Take,
): Promise<number> {
  const runs: Run[] = [];
  let count = 0;
  // Slices are made side by side: before a gap in the chunks, codes may still come.
  let covered = freeFrom;
  for (let from = freeFrom; count < wanted; ) {
    const chunks = await outlines(client, batchId, from, wanted - count);
    const [first, last] = [chunks[0], chunks.at(-1)];
    if (first === undefined || last === undefined) break;
    const start = Math.max(from, first.from);
    const marked = await statusRanges(client, batchId, { from: start, to: last.to });
    const found = findFree(chunks, marked, start, wanted - count);
    runs.push(...found.runs);
    count += found.count;
    covered = coveredUntil(chunks, covered, found.end);
    from = last.to;
  }
  await markReserved(client, batchId, reservation, runs, { count, freeFrom: covered });
  return count;
}

/** How far all codes are there and looked at, beginning at `from`. */
function coveredUntil(chunks: readonly ChunkOutline[], from: number, end: number): number {
  let covered = from;
  for (const chunk of chunks) {
    if (chunk.from > covered) return covered;
    covered = Math.max(covered, Math.min(chunk.to, end));
  }
  return covered;
}

const CHUNKS_AT_ONCE = 200;

/** The next chunks of a batch, from that on which the position lies in: as many as may hold the wanted codes. */
async function outlines(
  client: PoolClient,
  batchId: bigint,
  from: number,
  wanted: number,
): Promise<ChunkOutline[]> {
  const limit = Math.min(CHUNKS_AT_ONCE, Math.ceil(wanted / BLOCK_SIZE) + 2);
  const { rows } = await client.query<ChunkOutline>({
    name: 'chunk-outlines',
    text: `SELECT batch_offset::float AS from, (batch_offset + span)::float AS to,
                  ARRAY(SELECT (batch_offset + index - first_index)::float FROM unnest(skipped) AS index ORDER BY 1) AS holes
             FROM chunk
            WHERE batch_id = $1 AND batch_offset + span > $2
              AND batch_offset >= coalesce((SELECT max(batch_offset) FROM chunk
                                             WHERE batch_id = $1 AND batch_offset <= $2), 0)
            ORDER BY batch_offset LIMIT $3`,
    values: [batchId, from, limit],
  });
  return rows;
}

/** Enters free codes of a batch as reserved: none of them has a row yet. */
async function markReserved(
  client: PoolClient,
  batchId: bigint,
  reservation: bigint,
  runs: readonly Run[],
  { count, freeFrom }: { count: number; freeFrom: number },
): Promise<void> {
  await client.query({
    name: 'mark-reserved',
    text: `WITH piece AS (
             SELECT block, int4range(greatest(first, block * ${BLOCK_SIZE}),
                                     least(behind, (block + 1) * ${BLOCK_SIZE})) AS range
               FROM unnest($3::int[], $4::int[]) AS run (first, behind)
              CROSS JOIN LATERAL generate_series(first / ${BLOCK_SIZE}, (behind - 1) / ${BLOCK_SIZE}) AS block
           ), marked AS (
             INSERT INTO code_status (batch_id, block, status, reservation, places, count)
             SELECT $1, block, 'reserved', $2, range_agg(range), sum(upper(range) - lower(range))
               FROM piece GROUP BY block
           )
           UPDATE batch SET unassigned = unassigned - $5::int, free_from = $6::int WHERE id = $1`,
    values: [
      batchId,
      reservation,
      arrayOf(runs.map((run) => run.from)),
      arrayOf(runs.map((run) => run.to)),
      count,
      freeFrom,
    ],
  });
}

async function takeRegistered(
  client: PoolClient,
  { batchId, reservation, freeFrom, wanted }: Take,
): Promise<number> {
  const { rows } = await client.query<{ count: number }>({
    name: 'take-registered',
    text: `WITH free AS (
             SELECT place FROM registry WHERE batch_id = $1 AND place >= $3 AND status = 'unassigned'
              ORDER BY place LIMIT $4
           ), taken AS (
             UPDATE registry r SET status = 'reserved', reservation = $2
               FROM free WHERE r.batch_id = $1 AND r.place = free.place
           ), counted AS (
             UPDATE batch b SET unassigned = unassigned - all_of_them.count, free_from = all_of_them.last + 1
               FROM (SELECT count(*)::int AS count, max(place) AS last FROM free) AS all_of_them
              WHERE b.id = $1 AND all_of_them.count > 0
           )
           SELECT count(*)::int AS count FROM free`,
    values: [batchId, reservation, freeFrom, wanted],
  });
  return rows[0]?.count ?? 0;
}
