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

/**
 * A part of a statement that writes slices: their pool will never give their indexes out again. SSCCs are told by
 * their slices alone.
 */
export const MOVE_POOL = `moved AS (UPDATE pool SET next_index = next_index + $4 WHERE id = $2 AND algorithm <> 'sscc')`;

/**
 * Slices of at most $1 indexes of an allotment ($2 to $6: pool, first index, span, sequence, snapshot), for a batch
 * whose number is the expression `batchId`, behind $7 slices with $8 indexes.
 */
export function insertSlices(batchId: string): string {
  return `INSERT INTO slice (pool_id, first_index, count, sequence, snapshot, batch_id, ordinal, batch_offset)
          SELECT $2::bigint, $3::bigint + i * $1::bigint, least($1::bigint, $4::bigint - i * $1::bigint), $5::bigint,
                 $6::jsonb, ${batchId}, $7::int + i, $8::bigint + i * $1::bigint
            FROM generate_series(0, ($4::bigint - 1) / $1::bigint) AS i
          RETURNING id, ordinal, attempt, batch_id AS "batchId"`;
}

export function sliceValues(
  { poolId, firstIndex, span, sequence, snapshot }: Allotment,
  { ordinal, batchOffset }: Pick<SlicePlace, 'ordinal' | 'batchOffset'>,
  sliceSize: number,
): unknown[] {
  return [sliceSize, poolId, firstIndex, span, sequence, JSON.stringify(snapshot), ordinal, batchOffset];
}

/** Writes an allotment down as slices of at most `sliceSize` indexes, in the transaction that made it. */
export async function storeSlices(
  client: PoolClient,
  allotment: Allotment,
  place: SlicePlace,
  sliceSize: number,
): Promise<StoredSlice[]> {
  const { rows } = await client.query<StoredSlice>(`WITH ${MOVE_POOL} ${insertSlices('$9::bigint')}`, [
    ...sliceValues(allotment, place, sliceSize),
    place.batchId,
  ]);
  return rows;
}
