import type { SliceJob } from '@codemint/shared';
import type { PoolClient } from 'pg';
import type { Allotment } from '../allotment/allotGenerated';
import { insertSlices, MOVE_POOL, type StoredSlice, sliceValues } from '../allotment/storeSlices';

export interface NewBatch {
  accountId: string;
  quantity: number;
  /** Host of the codes' digital links. */
  linkHost: string;
  /** By which token it was asked for, as one of its jobs or orders; null where it is none of a token. */
  tokenId: string | null;
}

/** Whether the codes may be taken by reservations; those of an order are the order's. */
export type BatchUse = 'stock' | 'order';

/** A batch that has just been written down. */
export interface CreatedBatch {
  batchId: bigint;
  /** None where its codes come from outside. */
  slices: StoredSlice[];
}

/** Writes down a batch with the slices of its allotment, in the transaction that made the allotment. */
export async function createBatch(
  client: PoolClient,
  batch: NewBatch,
  use: BatchUse,
  allotment: Allotment,
  sliceSize: number,
): Promise<CreatedBatch> {
  const { rows } = await client.query<StoredSlice & { batchId: bigint }>({
    name: 'create-batch',
    // One statement: all who want codes of the namespace wait meanwhile.
    text: `WITH made AS (
             INSERT INTO batch (account_id, namespace_id, pool_id, quantity, link_host, unassigned, token_id,
                                open_slices)
             VALUES ($9, $10, $2, $11, $12, $13, $14, ($4::bigint + $1::bigint - 1) / $1::bigint) RETURNING id
           ), ${MOVE_POOL} ${insertSlices('(SELECT id FROM made)')}`,
    values: [
      ...sliceValues(allotment, FIRST, sliceSize),
      batch.accountId,
      allotment.namespaceId,
      batch.quantity,
      batch.linkHost,
      use === 'stock' ? 0 : null,
      batch.tokenId,
    ],
  });
  return { batchId: (rows[0] as { batchId: bigint }).batchId, slices: rows };
}

const FIRST = { ordinal: 0, batchOffset: 0n };

/** Writes down an order's batch whose codes come from outside and are still to be registered in the namespace. */
export async function createSuppliedBatch(
  client: PoolClient,
  batch: NewBatch,
  namespaceId: bigint,
): Promise<CreatedBatch> {
  const { rows } = await client.query<{ id: bigint }>(
    `INSERT INTO batch (account_id, namespace_id, quantity, link_host, token_id) VALUES ($1, $2, $3, $4, $5)
     RETURNING id`,
    [batch.accountId, namespaceId, batch.quantity, batch.linkHost, batch.tokenId],
  );
  return { batchId: (rows[0] as { id: bigint }).id, slices: [] };
}

/** The queue's jobs for a new batch. @param owner whose it is */
export function sliceJobsOf(
  { batchId, slices }: CreatedBatch,
  owner: Pick<SliceJob, 'queue' | 'job' | 'referenceId'>,
): SliceJob[] {
  return slices.map(({ id, ordinal, attempt }) => ({
    sliceId: String(id),
    batchId: String(batchId),
    ordinal,
    attempt,
    ...owner,
  }));
}
