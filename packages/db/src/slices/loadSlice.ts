import { RestoredDatabaseError, type StoredPool } from '@codemint/shared';
import type { SnapshotEntry } from '../allotment/allotGenerated';
import type { Client } from '../connection/database';
import { POOL_COLUMNS, type PoolColumns, poolFromColumns, poolsById } from '../pools/pools';
import { STANDING, type Standing } from '../restore/identity';

/** All that the codes of a slice depend on: from this alone they can be made, again and again, alike. */
export interface SliceWork {
  id: bigint;
  batchId: bigint;
  ordinal: number;
  firstIndex: bigint;
  /** How many indexes. */
  count: number;
  /** How many of them are stored already. */
  progress: number;
  pool: StoredPool | { id: bigint; algorithm: 'sscc' };
  siblings: { pool: StoredPool; nextIndex: number }[];
  /** Indexes of this range whose code was registered before the slice was allotted, ascending. */
  registered: number[];
}

interface Row extends PoolColumns {
  id: bigint;
  batch_id: bigint;
  ordinal: number;
  first_index: bigint;
  count: number;
  progress: number;
  snapshot: SnapshotEntry[];
  registered: bigint[];
  standing: Standing | null;
}

const LOAD_SLICE = `
  SELECT s.id, s.batch_id, s.ordinal, s.first_index, s.count, s.progress, s.snapshot, ${POOL_COLUMNS},
         ARRAY(SELECT r.index FROM registry_index r
                WHERE r.pool_id = s.pool_id AND r.index >= s.first_index AND r.index < s.first_index + s.count
                  AND r.sequence < s.sequence ORDER BY r.index) AS registered,
         ${STANDING} AS standing
    FROM slice s JOIN pool p ON p.id = s.pool_id JOIN namespace n ON n.id = p.namespace_id
   WHERE s.id = $1 AND s.state = 'open'`;

/**
 * An open slice; undefined when it is done, cancelled or failed (or was never there).
 * @throws RestoredDatabaseError where the database may lack the newest numbers
 */
export async function loadSlice(client: Client, sliceId: bigint): Promise<SliceWork | undefined> {
  const { rows } = await client.query<Row>({ name: 'load-slice', text: LOAD_SLICE, values: [sliceId] });
  const row = rows[0];
  if (row === undefined) return undefined;
  if (row.standing?.isHome === false) throw new RestoredDatabaseError();
  return {
    id: row.id,
    batchId: row.batch_id,
    ordinal: row.ordinal,
    firstIndex: row.first_index,
    count: row.count,
    progress: row.progress,
    pool: row.algorithm === 'sscc' ? { id: row.pool_id, algorithm: 'sscc' } : poolFromColumns(row),
    siblings: await siblings(client, row.snapshot),
    registered: row.registered.map(Number),
  };
}

async function siblings(client: Client, snapshot: readonly SnapshotEntry[]): Promise<SliceWork['siblings']> {
  if (snapshot.length === 0) return [];
  const pools = await poolsById(
    client,
    snapshot.map((entry) => BigInt(entry.pool)),
  );
  const nextIndexes = new Map(snapshot.map((entry) => [BigInt(entry.pool), entry.nextIndex]));
  return pools.map((pool) => ({ pool, nextIndex: nextIndexes.get(pool.id) as number }));
}
