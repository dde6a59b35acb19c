import { NotUniqueError, SpaceExhaustedError, type SsccBlock, ssccBlock } from '@codemint/shared';
import type { PoolClient } from 'pg';
import { takeSequence } from '../pools/namespaces';
import type { Allotment } from './allotGenerated';

export interface SsccRange {
  companyPrefix: string;
  extensionDigit: number;
  /** Null: the lowest start whose whole range is free. */
  startSerial: bigint | null;
  count: number;
}

/** All SSCCs, whatever prefix: prefixes nest, so only the 17 digits before the check digit say what is taken. */
const SSCC_SPACE = 10n ** 17n;

/**
 * Gives out a range of SSCC serials. SSCCs are one namespace with one pool that runs without a key: index = the 17
 * digits as a number.
 * @throws NotUniqueError when the range asked for is taken in part; it names the next start that would do
 * @throws SpaceExhaustedError when no gap of the prefix holds the whole range
 */
export async function allotSscc(
  client: PoolClient,
  range: SsccRange,
): Promise<Allotment & { startSerial: bigint }> {
  const namespace = await takeSequence(client, { kind: 'sscc', key: '' });
  const poolId = await ssccPool(client, namespace.id);
  const block = ssccBlock(range.extensionDigit, range.companyPrefix);
  await setStartAside(client, block, namespace.lost.newSsccStart);
  const from = block.first + (range.startSerial ?? 0n);
  const end = block.first + block.size;
  const gap = await lowestGap(client, poolId, from, end, range.count);
  if (range.startSerial !== null && gap.start !== from) {
    const next = gap.start ?? (await lowestGap(client, poolId, block.first, end, range.count)).start;
    throw new NotUniqueError(
      'identifier_job',
      'sscc_start_serial',
      String(range.startSerial),
      next === undefined
        ? `No ${range.count} serials in a row are free for this prefix and extension digit.`
        : `The next start that would do is ${next - block.first}.`,
    );
  }
  if (gap.start === undefined) throw new SpaceExhaustedError(gap.largest, range.count, null);
  return {
    namespaceId: namespace.id,
    poolId,
    firstIndex: gap.start,
    span: range.count,
    sequence: namespace.sequence,
    snapshot: [],
    startSerial: gap.start - block.first,
  };
}

async function ssccPool(client: PoolClient, namespaceId: bigint): Promise<bigint> {
  const found = await client.query<{ id: bigint }>('SELECT id FROM pool WHERE namespace_id = $1', [
    namespaceId,
  ]);
  if (found.rows[0] !== undefined) return found.rows[0].id;
  const { rows } = await client.query<{ id: bigint }>(
    `INSERT INTO pool (namespace_id, prefix, alphabet, length, suffix, key_version, algorithm, space, check_value)
     VALUES ($1, '', '0123456789', 17, '', 0, 'sscc', $2, '') RETURNING id`,
    [namespaceId, SSCC_SPACE],
  );
  return (rows[0] as { id: bigint }).id;
}

/** After a restore: what a prefix that nobody knows any more may have been given in the time that was lost. */
async function setStartAside(client: PoolClient, { first, size }: SsccBlock, start: number): Promise<void> {
  if (start === 0) return;
  const behind = first + (BigInt(start) < size ? BigInt(start) : size);
  await client.query({
    name: 'set-sscc-start-aside',
    text: `INSERT INTO sscc_set_aside (first_index, behind) VALUES ($1, $2)
               ON CONFLICT (first_index) DO UPDATE SET behind = excluded.behind
                                                WHERE sscc_set_aside.behind < excluded.behind`,
    values: [first, behind],
  });
}

/** The lowest start in [from, end) with `count` free indexes behind it, and the largest gap in their stead. */
async function lowestGap(
  client: PoolClient,
  poolId: bigint,
  from: bigint,
  end: bigint,
  count: number,
): Promise<{ start: bigint | undefined; largest: number }> {
  const { rows } = await client.query<{ start: bigint | null; largest: bigint | null }>(
    `WITH used AS (
       SELECT first_index AS first, first_index + count AS behind FROM slice
        WHERE pool_id = $1 AND int8range(first_index, first_index + count) && int8range($2, $3)
       UNION ALL
       SELECT first_index, behind FROM sscc_set_aside WHERE first_index < $3 AND behind > $2
     ), gap AS (
       SELECT greatest(max(behind) OVER (ORDER BY first ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
                       $2::bigint) AS first, first AS behind FROM used
       UNION ALL
       SELECT greatest(max(behind), $2::bigint), $3::bigint FROM used
     )
     SELECT min(first) FILTER (WHERE behind - first >= $4) AS start, max(behind - first) AS largest FROM gap`,
    [poolId, from, end, count],
  );
  const row = rows[0];
  return { start: row?.start ?? undefined, largest: Math.max(0, Number(row?.largest ?? 0n)) };
}
