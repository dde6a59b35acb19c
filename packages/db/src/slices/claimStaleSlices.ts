import { QUEUE_NAMES, type SliceJob } from '@codemint/shared';
import type { Client } from '../connection/database';

/** A queue job for every slice, as the producers make them; from a slice `s` with its `sliceOwners`. */
const SLICE_JOB_COLUMNS = `s.id AS slice_id, s.batch_id, s.ordinal, s.attempt, j.id AS job, j.reference_id,
  o.id AS order_id, o.purchase_order`;

/** @param slice name of the slice's table in the query */
function sliceOwners(slice: string): string {
  return `LEFT JOIN identifier_job j ON j.batch_id = ${slice}.batch_id
          LEFT JOIN adi_order o ON o.batch_id = ${slice}.batch_id OR o.short_batch_id = ${slice}.batch_id`;
}

interface SliceJobColumns {
  slice_id: bigint;
  batch_id: bigint;
  ordinal: number;
  attempt: number;
  job: string | null;
  reference_id: string | null;
  order_id: string | null;
  purchase_order: string | null;
}

function sliceJobFromColumns(row: SliceJobColumns): SliceJob {
  return {
    sliceId: String(row.slice_id),
    batchId: String(row.batch_id),
    ordinal: row.ordinal,
    attempt: row.attempt,
    queue: row.order_id === null ? QUEUE_NAMES.identifierJobs : QUEUE_NAMES.adiOrders,
    job: row.job ?? row.order_id ?? '',
    referenceId: row.reference_id ?? row.purchase_order,
  };
}

/** The queue jobs of these slices, the early ones of a batch first. */
export async function sliceJobsById(client: Client, ids: readonly bigint[]): Promise<SliceJob[]> {
  if (ids.length === 0) return [];
  const { rows } = await client.query<SliceJobColumns>(
    `SELECT ${SLICE_JOB_COLUMNS} FROM slice s ${sliceOwners('s')}
      WHERE s.id = ANY ($1::bigint[]) ORDER BY s.ordinal`,
    [ids],
  );
  return rows.map(sliceJobFromColumns);
}

/**
 * Open slices that nobody has touched for `idleMs`, at most `limit`, also of batches of which another slice has
 * failed. They count as touched now, and rows that another sweep holds are passed over: two sweeps at once never take
 * the same slice.
 */
export async function claimStaleSlices(client: Client, idleMs: number, limit: number): Promise<SliceJob[]> {
  const { rows } = await client.query<SliceJobColumns>(
    `WITH stale AS (
       SELECT id FROM slice
        WHERE state = 'open' AND touched_at < now() - $1 * interval '1 millisecond'
        ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED
     )
     UPDATE slice s SET touched_at = now()
       FROM stale, slice t ${sliceOwners('t')}
      WHERE s.id = stale.id AND t.id = stale.id
     RETURNING ${SLICE_JOB_COLUMNS}`,
    [idleMs, limit],
  );
  return rows.map(sliceJobFromColumns);
}

/** Numbers the next queue job of each slice: a kept job of the old number would swallow it. */
export async function nextAttempts(client: Client, jobs: readonly SliceJob[]): Promise<SliceJob[]> {
  if (jobs.length === 0) return [];
  const { rows } = await client.query<{ id: bigint; attempt: number }>(
    `UPDATE slice SET attempt = attempt + 1 WHERE id = ANY ($1::bigint[]) AND state = 'open' RETURNING id, attempt`,
    [jobs.map((job) => job.sliceId)],
  );
  const attempts = new Map(rows.map((row) => [String(row.id), row.attempt]));
  return jobs.flatMap((job) => {
    const attempt = attempts.get(job.sliceId);
    return attempt === undefined ? [] : [{ ...job, attempt }];
  });
}
