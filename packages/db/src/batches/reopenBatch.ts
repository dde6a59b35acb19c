import type { PoolClient } from 'pg';
import type { Database } from '../connection/database';
import { inTransaction } from '../connection/transaction';

/**
 * Lets a failed batch be tried again: its failed slices are open, and it is in progress without a message.
 * @returns the ids of these slices, none where the batch failed as a whole; undefined if it has not failed
 */
export async function reopenBatch(database: Database, batchId: bigint): Promise<bigint[] | undefined> {
  return inTransaction(database.pool, async (client) => {
    if (!(await lockFailed(client, batchId))) return undefined;
    const slices = await openSlices(client, batchId, null);
    if (slices.length === 0) await touchSlices(client, batchId);
    await openBatch(client, batchId, slices.length);
    return slices;
  });
}

/**
 * As reopenBatch for one slice. While other slices of the batch are failed it goes on to tell why.
 * @returns whether the slice had failed
 */
export async function reopenSlice(database: Database, batchId: bigint, sliceId: bigint): Promise<boolean> {
  // Mostly it is done or being made: a look without locks.
  const { rowCount } = await database.pool.query(`SELECT 1 FROM slice WHERE id = $1 AND state = 'failed'`, [
    sliceId,
  ]);
  if (rowCount === 0) return false;
  return inTransaction(database.pool, async (client) => {
    if (!(await lockFailed(client, batchId))) return false;
    const slices = await openSlices(client, batchId, sliceId);
    if (slices.length > 0) await openBatch(client, batchId, slices.length);
    return slices.length > 0;
  });
}

/**
 * Locks a batch if it has failed. Elsewhere slices are locked before their batch; those that have failed are only
 * touched here and where a batch is cancelled, under the lock of the namespace, so this cannot end in a deadlock.
 * And whoever fails another slice of the batch has committed by now, or waits: none is overlooked.
 */
async function lockFailed(client: PoolClient, batchId: bigint): Promise<boolean> {
  await client.query(
    'SELECT 1 FROM namespace WHERE id = (SELECT namespace_id FROM batch WHERE id = $1) FOR UPDATE',
    [batchId],
  );
  const { rowCount } = await client.query(
    `SELECT 1 FROM batch WHERE id = $1 AND status = 'error' FOR NO KEY UPDATE`,
    [batchId],
  );
  return rowCount === 1;
}

/** @param only null for all that have failed */
async function openSlices(client: PoolClient, batchId: bigint, only: bigint | null): Promise<bigint[]> {
  const { rows } = await client.query<{ id: bigint }>(
    `UPDATE slice SET state = 'open', touched_at = now()
      WHERE batch_id = $1 AND state = 'failed' AND ($2::bigint IS NULL OR id = $2) RETURNING id`,
    [batchId, only],
  );
  return rows.map((row) => row.id);
}

/** @param opened how many of its slices have just been opened */
async function openBatch(client: PoolClient, batchId: bigint, opened: number): Promise<void> {
  await client.query(
    `UPDATE batch b
        SET open_slices = b.open_slices + $2, status = CASE WHEN rest.failed THEN b.status ELSE 'in_progress' END,
            error_message = CASE WHEN rest.failed THEN b.error_message END,
            date_completed = CASE WHEN rest.failed THEN b.date_completed END
       FROM (SELECT EXISTS (SELECT 1 FROM slice WHERE batch_id = $1 AND state = 'failed') AS failed) AS rest
      WHERE b.id = $1`,
    [batchId, opened],
  );
}

/** Makes the slices of a batch that has to be settled again young: how long nothing has come of it counts from now. */
async function touchSlices(client: PoolClient, batchId: bigint): Promise<void> {
  await client.query(`UPDATE slice SET touched_at = now() WHERE batch_id = $1 AND state = 'done'`, [batchId]);
}
