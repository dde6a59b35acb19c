import type { StoredPool } from '@codemint/shared';
import type { PoolClient } from 'pg';
import type { SnapshotEntry } from '../allotment/allotGenerated';
import { POOL_COLUMNS, type PoolColumns, poolFromColumns, poolsById } from '../pools/pools';

/** A slice in whatever state, with all that its codes follow from. */
export interface BatchSlice {
  id: bigint;
  ordinal: number;
  batchOffset: number;
  firstIndex: bigint;
  count: number;
  progress: number;
  state: string;
  /** Undefined: SSCCs. */
  pool: StoredPool | undefined;
  siblings: readonly { pool: StoredPool; nextIndex: number }[];
  /** Indexes whose code was registered before the slice was allotted, ascending. */
  registered: readonly bigint[];
  /** It has indexes that its pool has not given out. */
  isBeyondPool: boolean;
  /** Its pool is of another namespace than its batch. */
  isElsewhere: boolean;
}

interface Row extends PoolColumns {
  id: bigint;
  ordinal: number;
  batch_offset: bigint;
  first_index: bigint;
  count: number;
  progress: number;
  state: string;
  snapshot: SnapshotEntry[];
  registered: bigint[];
  is_elsewhere: boolean;
}

const SLICES_AT_ONCE = 20;

/** The slices of a batch in order. */
export async function* batchSlices(client: PoolClient, batchId: bigint): AsyncGenerator<BatchSlice> {
  for (let after = -1; ; ) {
    const { rows } = await client.query<Row>({
      name: 'slices-of-batch',
      text: `SELECT s.id, s.ordinal, s.batch_offset, s.first_index, s.count, s.progress, s.state, s.snapshot,
                    ${POOL_COLUMNS}, p.namespace_id <> b.namespace_id AS is_elsewhere,
                    ARRAY(SELECT r.index FROM registry_index r
                           WHERE r.pool_id = s.pool_id AND r.index >= s.first_index
                             AND r.index < s.first_index + s.count AND r.sequence < s.sequence
                           ORDER BY r.index) AS registered
               FROM slice s JOIN batch b ON b.id = s.batch_id JOIN pool p ON p.id = s.pool_id
               JOIN namespace n ON n.id = p.namespace_id
              WHERE s.batch_id = $1 AND s.ordinal > $2 ORDER BY s.ordinal LIMIT ${SLICES_AT_ONCE}`,
      values: [batchId, after],
    });
    const siblings = await siblingPools(client, rows);
    for (const row of rows) yield sliceOf(row, siblings);
    const last = rows.at(-1);
    if (last === undefined || rows.length < SLICES_AT_ONCE) return;
    after = last.ordinal;
  }
}

async function siblingPools(client: PoolClient, rows: readonly Row[]): Promise<Map<bigint, StoredPool>> {
  const ids = new Set(rows.flatMap(({ snapshot }) => snapshot.map(({ pool }) => BigInt(pool))));
  const pools = ids.size === 0 ? [] : await poolsById(client, [...ids]);
  return new Map(pools.map((pool) => [pool.id, pool]));
}

function sliceOf(row: Row, siblings: ReadonlyMap<bigint, StoredPool>): BatchSlice {
  const isSscc = row.algorithm === 'sscc';
  return {
    id: row.id,
    ordinal: row.ordinal,
    batchOffset: Number(row.batch_offset),
    firstIndex: row.first_index,
    count: row.count,
    progress: row.progress,
    state: row.state,
    pool: isSscc ? undefined : poolFromColumns(row),
    siblings: row.snapshot.flatMap(({ pool: id, nextIndex }) => {
      const pool = siblings.get(BigInt(id));
      return pool === undefined ? [] : [{ pool, nextIndex }];
    }),
    registered: row.registered,
    isBeyondPool: !isSscc && row.first_index + BigInt(row.count) > row.next_index,
    isElsewhere: row.is_elsewhere,
  };
}
