import type { PoolClient } from 'pg';

/** A pool that has nothing more to give out since what may have been lost is set aside. */
export interface FullPool {
  kind: string;
  key: string;
  prefix: string;
  alphabet: string;
  length: number;
  suffix: string;
  /** How many codes it had left in the backup. */
  left: number;
}

/** Raised by one statement. */
const POOLS_AT_ONCE = 10_000;

/**
 * Sets the next `margin` indexes of every pool aside, or all that it has left.
 * @returns how many pools there are, and those in use that are full by it
 */
export async function raisePools(
  client: PoolClient,
  margin: number,
): Promise<{ pools: number; full: FullPool[] }> {
  const { rows } = await client.query<Omit<FullPool, 'left'> & { left: bigint }>(
    `SELECT n.kind, n.key, p.prefix, p.alphabet, p.length, p.suffix, p.space - p.next_index AS left
       FROM pool p JOIN namespace n ON n.id = p.namespace_id
      WHERE p.algorithm <> 'sscc' AND p.next_index < p.space AND p.space - p.next_index <= $1
        AND p.next_index > p.set_aside
      ORDER BY n.kind, n.key, p.id`,
    [margin],
  );
  let pools = 0;
  for (let after = 0n; ; ) {
    const { rows: raised } = await client.query<{ last: bigint | null; count: number }>(
      `WITH next AS (
         SELECT id FROM pool WHERE id > $2 AND algorithm <> 'sscc' ORDER BY id LIMIT ${POOLS_AT_ONCE}
       ), raised AS (
         UPDATE pool SET next_index = next_index + least($1, space - next_index),
                         set_aside = set_aside + least($1, space - next_index)
          WHERE id IN (SELECT id FROM next)
       )
       SELECT max(id) AS last, count(*)::int AS count FROM next`,
      [margin, after],
    );
    const { last, count } = raised[0] as { last: bigint | null; count: number };
    if (last === null) break;
    after = last;
    pools += count;
  }
  return { pools, full: rows.map(({ left, ...pool }) => ({ ...pool, left: Number(left) })) };
}
