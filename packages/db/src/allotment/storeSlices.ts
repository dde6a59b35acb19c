import type { PoolClient } from 'pg';
import type { Allotment } from './allotGenerated';

export interface StoredSlice {
  id: bigint;
  ordinal: number;
  attempt: number;
}

export interface SlicePlace {
  batchId: bigint;
  /** Ordinal of the first of these slices in the batch. */
  ordinal: number;
  /** How many indexes the batch's earlier slices have. */
  batchOffset: bigint;
}

/** Writes an allotment down as slices of at most `sliceSize` indexes, in the transaction that made it. */
export async function storeSlices(
  client: PoolClient,
  allotment: Allotment,
  place: SlicePlace,
  sliceSize: number,
): Promise<StoredSlice[]> {
  const { rows } = await client.query<StoredSlice>(
    `INSERT INTO slice (batch_id, ordinal, pool_id, first_index, count, batch_offset, sequence, snapshot)
     SELECT $1, $2::int + i, $3, $4::bigint + i * $6::bigint, least($6::bigint, $5::bigint - i * $6::bigint),
            $7::bigint + i * $6::bigint, $8, $9
       FROM generate_series(0, ($5::bigint - 1) / $6::bigint) AS i
     RETURNING id, ordinal, attempt`,
    [
      place.batchId,
      place.ordinal,
      allotment.poolId,
      allotment.firstIndex,
      allotment.span,
      sliceSize,
      place.batchOffset,
      allotment.sequence,
      JSON.stringify(allotment.snapshot),
    ],
  );
  return rows;
}
