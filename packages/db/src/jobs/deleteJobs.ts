import { ConflictError } from '@codemint/shared';
import type { PoolClient } from 'pg';
import { cancelBatch } from '../batches/cancelBatch';
import type { Database } from '../connection/database';
import { inTransaction } from '../connection/transaction';

/**
 * Deletes jobs, all or none: they stop at once and are gone; their codes are never given out again.
 * @param ids jobs that the caller may delete
 * @returns the batches whose chunks `removeChunks` is to remove
 * @throws ConflictError where a reservation has codes of one of them
 */
export async function deleteJobs(database: Database, ids: readonly string[]): Promise<bigint[]> {
  const remove = async (client: PoolClient) => {
    await lockNamespaces(client, ids);
    const { rows } = await client.query<{ batch_id: bigint }>(
      'DELETE FROM identifier_job WHERE id = ANY ($1::uuid[]) RETURNING batch_id',
      [ids],
    );
    const batches = rows.map((row) => row.batch_id).sort((a, b) => (a < b ? -1 : 1));
    for (const batchId of batches) await cancelBatch(client, batchId);
    // The batches are locked by now: nobody reserves codes of them any more.
    await requireUnreserved(client, batches);
    return batches;
  };
  return inTransaction(database.pool, remove, database.actor);
}

async function requireUnreserved(client: PoolClient, batches: readonly bigint[]): Promise<void> {
  const { rows } = await client.query<{ id: string }>(
    `SELECT id FROM code_reservation WHERE number IN (
       SELECT reservation FROM code_status WHERE batch_id = ANY ($1::bigint[]) AND reservation > 0
        UNION ALL
       SELECT reservation FROM registry WHERE batch_id = ANY ($1::bigint[]) AND reservation > 0)
      ORDER BY number LIMIT 1`,
    [batches],
  );
  if (rows[0] === undefined) return;
  throw new ConflictError(`The reservation "${rows[0].id}" has codes of this job: delete it first.`);
}

/** Before the batches, as everywhere: none of them is given more slices while it is being stopped. */
async function lockNamespaces(client: PoolClient, jobIds: readonly string[]): Promise<void> {
  await client.query(
    `SELECT 1 FROM namespace
      WHERE id IN (SELECT b.namespace_id FROM identifier_job j JOIN batch b ON b.id = j.batch_id
                    WHERE j.id = ANY ($1::uuid[]))
      ORDER BY kind COLLATE "C", key COLLATE "C" FOR UPDATE`,
    [jobIds],
  );
}
