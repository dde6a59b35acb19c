import type { PoolClient } from 'pg';
import type { Allotment } from '../allotment/allotGenerated';
import { type StoredSlice, storeSlices } from '../allotment/storeSlices';

export interface NewBatch {
  accountId: string;
  quantity: number;
  /** Host of the codes' digital links. */
  linkHost: string;
}

/** Writes down a batch with the slices of its allotment, in the transaction that made the allotment. */
export async function createBatch(
  client: PoolClient,
  batch: NewBatch,
  allotment: Allotment,
  sliceSize: number,
): Promise<{ batchId: bigint; slices: StoredSlice[] }> {
  const { rows } = await client.query<{ id: bigint }>(
    `INSERT INTO batch (account_id, namespace_id, pool_id, quantity, link_host, open_slices)
     VALUES ($1, $2, $3, $4, $5, $6) RETURNING id`,
    [
      batch.accountId,
      allotment.namespaceId,
      allotment.poolId,
      batch.quantity,
      batch.linkHost,
      Math.ceil(allotment.span / sliceSize),
    ],
  );
  const batchId = (rows[0] as { id: bigint }).id;
  const place = { batchId, ordinal: 0, batchOffset: 0n };
  return { batchId, slices: await storeSlices(client, allotment, place, sliceSize) };
}

/** Writes down a batch whose codes come from outside and are still to be registered in the namespace. */
export async function createSuppliedBatch(
  client: PoolClient,
  batch: NewBatch,
  namespaceId: bigint,
): Promise<bigint> {
  const { rows } = await client.query<{ id: bigint }>(
    'INSERT INTO batch (account_id, namespace_id, quantity, link_host) VALUES ($1, $2, $3, $4) RETURNING id',
    [batch.accountId, namespaceId, batch.quantity, batch.linkHost],
  );
  return (rows[0] as { id: bigint }).id;
}
