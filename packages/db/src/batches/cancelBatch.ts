import type { PoolClient } from 'pg';
import type { Client } from '../connection/database';

/**
 * Stops a batch for good: no open slice stores another chunk. Its namespace must be locked, or it could be allotted
 * slices meanwhile. Its numbers stay given out. The chunks are removed later, by `removeChunks`, so that the
 * transaction is short whatever the batch's size.
 */
export async function cancelBatch(client: PoolClient, batchId: bigint): Promise<void> {
  // Slices before the batch, as writeChunk locks them.
  await client.query(
    `UPDATE slice SET state = 'cancelled' WHERE batch_id = $1 AND state IN ('open', 'failed')`,
    [batchId],
  );
  await client.query(
    `UPDATE batch SET status = 'cancelled', open_slices = 0, unassigned = 0, error_message = NULL
      WHERE id = $1`,
    [batchId],
  );
}

/** Removed in one statement: about 8 MB. */
const CHUNKS_AT_ONCE = 100;

/** Removes the chunks of a cancelled batch, and what its codes were used for, in short statements. Safe to break off and to run twice. */
export async function removeChunks(client: Client, batchId: bigint): Promise<void> {
  for (;;) {
    const { rowCount } = await client.query(
      `DELETE FROM chunk WHERE (batch_id, batch_offset) IN (
         SELECT c.batch_id, c.batch_offset FROM chunk c JOIN batch b ON b.id = c.batch_id
          WHERE c.batch_id = $1 AND b.status = 'cancelled' ORDER BY c.batch_offset LIMIT ${CHUNKS_AT_ONCE})`,
      [batchId],
    );
    if ((rowCount ?? 0) < CHUNKS_AT_ONCE) break;
  }
  await client.query(
    `DELETE FROM code_status WHERE batch_id = (SELECT id FROM batch WHERE id = $1 AND status = 'cancelled')`,
    [batchId],
  );
  await client.query(`UPDATE batch SET quantity_created = 0 WHERE id = $1 AND status = 'cancelled'`, [
    batchId,
  ]);
}

/** Cancelled batches that still have chunks. */
export async function findCancelledBatches(client: Client, limit: number): Promise<bigint[]> {
  const { rows } = await client.query<{ id: bigint }>(
    `SELECT id FROM batch WHERE status = 'cancelled' AND quantity_created > 0 ORDER BY id LIMIT $1`,
    [limit],
  );
  return rows.map((row) => row.id);
}
