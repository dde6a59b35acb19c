import { type KeyRing, type SliceJob, SpaceExhaustedError, type StoredPool } from '@codemint/shared';
import type { PoolClient } from 'pg';
import { allotGenerated } from '../allotment/allotGenerated';
import { type StoredSlice, storeSlices } from '../allotment/storeSlices';
import type { Client, Database } from '../connection/database';
import { inTransaction } from '../connection/transaction';
import { poolsById } from '../pools/pools';
import { sliceJobsById } from '../slices/claimStaleSlices';

/**
 * Brings a batch without open slices to its end: complete when it has its codes, else it is allotted what skipped
 * codes left it short of. Does nothing to a batch that is at work, done or cancelled, so it may be called any time.
 * @returns the new slices, to be put in the queue
 * @throws PoolKeyError when its pool cannot be decoded
 */
export async function settleBatch(
  database: Database,
  ring: KeyRing,
  batchId: bigint,
  sliceSize: number,
): Promise<SliceJob[]> {
  const pool = await poolOfBatch(database.pool, batchId);
  if (pool === undefined) return [];
  const added = await inTransaction(database.pool, async (client) => {
    // Namespaces are locked before batches, everywhere.
    await client.query('SELECT 1 FROM namespace WHERE kind = $1 AND key = $2 FOR UPDATE', [
      pool.namespaceKind,
      pool.namespaceKey,
    ]);
    const missing = await missingCodes(client, batchId);
    if (missing === undefined) return [];
    if (missing === 0) return await complete(client, batchId);
    return await topUp(client, ring, pool, { batchId, missing, sliceSize });
  });
  return sliceJobsById(
    database.pool,
    added.map((slice) => slice.id),
  );
}

async function poolOfBatch(client: Client, batchId: bigint): Promise<StoredPool | undefined> {
  const { rows } = await client.query<{ pool_id: bigint | null }>('SELECT pool_id FROM batch WHERE id = $1', [
    batchId,
  ]);
  const poolId = rows[0]?.pool_id;
  return poolId == null ? undefined : (await poolsById(client, [poolId]))[0];
}

/** Undefined unless the batch is unfinished and has no open slice; locks it. */
async function missingCodes(client: PoolClient, batchId: bigint): Promise<number | undefined> {
  const { rows } = await client.query<{ missing: number }>(
    `SELECT quantity - quantity_created AS missing FROM batch
      WHERE id = $1 AND status IN ('new', 'in_progress') AND open_slices = 0 FOR UPDATE`,
    [batchId],
  );
  return rows[0]?.missing;
}

async function complete(client: PoolClient, batchId: bigint): Promise<StoredSlice[]> {
  await client.query(`UPDATE batch SET status = 'complete', date_completed = now() WHERE id = $1`, [batchId]);
  return [];
}

async function topUp(
  client: PoolClient,
  ring: KeyRing,
  pool: StoredPool,
  { batchId, missing, sliceSize }: { batchId: bigint; missing: number; sliceSize: number },
): Promise<StoredSlice[]> {
  const key = { kind: pool.namespaceKind, key: pool.namespaceKey };
  await client.query('SAVEPOINT allotment');
  try {
    const allotment = await allotGenerated(client, ring, key, pool, missing, null);
    const place = await nextPlace(client, batchId);
    const slices = await storeSlices(client, allotment, { batchId, ...place }, sliceSize);
    await client.query('UPDATE batch SET open_slices = open_slices + $2 WHERE id = $1', [
      batchId,
      slices.length,
    ]);
    return slices;
  } catch (error) {
    if (!(error instanceof SpaceExhaustedError)) throw error;
    await client.query('ROLLBACK TO SAVEPOINT allotment');
    await failBatch(
      client,
      batchId,
      `The space of these codes is used up: ${missing} more were needed, ${error.left} are left.`,
    );
    return [];
  }
}

async function nextPlace(
  client: PoolClient,
  batchId: bigint,
): Promise<{ ordinal: number; batchOffset: bigint }> {
  const { rows } = await client.query<{ ordinal: number; batch_offset: bigint }>(
    `SELECT coalesce(max(ordinal) + 1, 0) AS ordinal, coalesce(sum(count), 0)::bigint AS batch_offset
       FROM slice WHERE batch_id = $1`,
    [batchId],
  );
  return { ordinal: rows[0]?.ordinal ?? 0, batchOffset: rows[0]?.batch_offset ?? 0n };
}

/**
 * Ends an unfinished batch as a whole with what the operator or caller must know. Only for what cannot pass by itself.
 * @param idleMs leaves it alone if one of its slices was touched later than so long ago
 */
export async function failBatch(client: Client, batchId: bigint, message: string, idleMs = 0): Promise<void> {
  await client.query(
    `UPDATE batch SET status = 'error', error_message = $2, date_completed = now()
      WHERE id = $1 AND status IN ('new', 'in_progress')
        AND NOT EXISTS (SELECT 1 FROM slice
                         WHERE batch_id = $1 AND touched_at > now() - $3 * interval '1 millisecond')`,
    [batchId, message, idleMs],
  );
}

/** Unfinished batches that no open slice will ever end, older than `idleMs`: a worker died between two statements. */
export async function findUnsettledBatches(client: Client, idleMs: number, limit: number): Promise<bigint[]> {
  const { rows } = await client.query<{ id: bigint }>(
    `SELECT id FROM batch
      WHERE status IN ('new', 'in_progress') AND open_slices = 0 AND pool_id IS NOT NULL
        AND date_created < now() - $1 * interval '1 millisecond' ORDER BY id LIMIT $2`,
    [idleMs, limit],
  );
  return rows.map((row) => row.id);
}

/** The id of the identifier job or ADI order whose batch it is; undefined for one that was deleted. */
export async function ownerOfBatch(client: Client, batchId: bigint): Promise<string | undefined> {
  const { rows } = await client.query<{ id: string }>(
    `SELECT id::text FROM identifier_job WHERE batch_id = $1
      UNION ALL SELECT id FROM adi_order WHERE batch_id = $1 OR short_batch_id = $1`,
    [batchId],
  );
  return rows[0]?.id;
}
