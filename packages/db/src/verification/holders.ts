import type { Client } from '../connection/database';

/** Indexes of one pool, and of each which of the asked codes it is of. */
export interface PoolIndexes {
  poolId: bigint;
  indexes: readonly bigint[];
  numbers: readonly number[];
}

/** The slice that holds an index, as far as it says whose that is. */
export interface Holder {
  batchId: bigint;
  /** Position in the batch. */
  place: number;
  /** Of the slice's allotment: the lowest owns. */
  sequence: bigint;
  /** The slice has come past the index, and its batch is still there. */
  isMade: boolean;
}

interface SliceRow {
  pool_id: bigint;
  first_index: bigint;
  count: number;
  progress: number;
  batch_id: bigint;
  batch_offset: bigint;
  sequence: bigint;
  is_cancelled: boolean;
}

const SLICE_COLUMNS = `s.pool_id, s.first_index, s.count, s.progress, s.batch_id, s.batch_offset, s.sequence,
  b.status = 'cancelled' AS is_cancelled`;

/** One scan for each pool, from the slice that holds the lowest index to that which holds the highest. */
const SLICES_OF_RANGES = `
  SELECT ${SLICE_COLUMNS}
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::int[]) AS asked (pool_id, lowest, highest, most)
   CROSS JOIN LATERAL (SELECT * FROM slice
                        WHERE slice.pool_id = asked.pool_id AND slice.first_index <= asked.highest
                          AND slice.first_index >= coalesce(
                                (SELECT first_index FROM slice AS first
                                  WHERE first.pool_id = asked.pool_id AND first.first_index <= asked.lowest
                                  ORDER BY first_index DESC LIMIT 1), asked.lowest)
                        ORDER BY slice.first_index LIMIT asked.most) AS s
    JOIN batch b ON b.id = s.batch_id
   ORDER BY s.pool_id, s.first_index`;

/** One look-up for each index. */
const SLICES_OF_INDEXES = `
  SELECT DISTINCT ${SLICE_COLUMNS}
    FROM unnest($2::bigint[]) AS asked (index)
   CROSS JOIN LATERAL (SELECT * FROM slice WHERE slice.pool_id = $1 AND slice.first_index <= asked.index
                        ORDER BY slice.first_index DESC LIMIT 1) AS s
    JOIN batch b ON b.id = s.batch_id
   ORDER BY s.first_index`;

/**
 * The slices that hold indexes; none for an index that no slice holds. Slices are large and lie side by side, so that
 * those of a range are read in one go and looked through here: 10,000 look-ups in the database would take ten times as
 * long. Only where a range has more slices than indexes are asked for (many small jobs) each is looked up.
 */
export async function holdersOf(
  client: Client,
  asked: readonly PoolIndexes[],
): Promise<{ number: number; holder: Holder }[]> {
  if (asked.length === 0) return [];
  const held: { number: number; holder: Holder }[] = [];
  const slices = await slicesOfRanges(client, asked);
  for (const { poolId, indexes, numbers } of asked) {
    const inRange = slices.get(poolId) ?? [];
    const isAll = inRange.length <= indexes.length;
    const own = isAll ? inRange : await slicesOfIndexes(client, poolId, indexes);
    for (const [i, index] of indexes.entries()) {
      const holder = holderOf(own, index);
      if (holder !== undefined) held.push({ number: numbers[i] as number, holder });
    }
  }
  return held;
}

/** Of each pool at most one more than indexes are asked for. */
async function slicesOfRanges(
  client: Client,
  asked: readonly PoolIndexes[],
): Promise<Map<bigint, SliceRow[]>> {
  const ranges = asked.map(({ indexes }) => rangeOf(indexes));
  const { rows } = await client.query<SliceRow>({
    name: 'slices-of-ranges',
    text: SLICES_OF_RANGES,
    values: [
      asked.map(({ poolId }) => poolId),
      ranges.map(({ lowest }) => lowest),
      ranges.map(({ highest }) => highest),
      asked.map(({ indexes }) => indexes.length + 1),
    ],
  });
  const slices = new Map<bigint, SliceRow[]>();
  for (const row of rows) {
    const own = slices.get(row.pool_id);
    if (own === undefined) slices.set(row.pool_id, [row]);
    else own.push(row);
  }
  return slices;
}

async function slicesOfIndexes(
  client: Client,
  poolId: bigint,
  indexes: readonly bigint[],
): Promise<SliceRow[]> {
  const { rows } = await client.query<SliceRow>({
    name: 'slices-of-indexes',
    text: SLICES_OF_INDEXES,
    values: [poolId, `{${indexes.join()}}`],
  });
  return rows;
}

function rangeOf(indexes: readonly bigint[]): { lowest: bigint; highest: bigint } {
  let lowest = indexes[0] as bigint;
  let highest = lowest;
  for (const index of indexes) {
    if (index < lowest) lowest = index;
    if (index > highest) highest = index;
  }
  return { lowest, highest };
}

/** @param slices ascending, none over another */
function holderOf(slices: readonly SliceRow[], index: bigint): Holder | undefined {
  let low = 0;
  let high = slices.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((slices[middle] as SliceRow).first_index <= index) low = middle + 1;
    else high = middle;
  }
  const slice = slices[low - 1];
  if (slice === undefined) return undefined;
  const at = Number(index - slice.first_index);
  if (at >= slice.count) return undefined;
  return {
    batchId: slice.batch_id,
    place: Number(slice.batch_offset) + at,
    sequence: slice.sequence,
    isMade: at < slice.progress && !slice.is_cancelled,
  };
}
