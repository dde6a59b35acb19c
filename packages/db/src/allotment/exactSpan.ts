import { setImmediate as nextTurn } from 'node:timers/promises';
import { type KeyRing, makeChunk, type StoredPool } from '@codemint/shared';
import type { PoolClient } from 'pg';

/** Indexes tried between two looks at other work. */
const STEP = 10_000;

/**
 * Near the end of a pool: how many indexes from next_index on hold exactly `count` codes that nobody owns. It makes
 * the codes to see, so it costs up to about a second for the largest job.
 * @returns `span`, undefined where the pool ends first; `left`, the codes found
 */
export async function exactSpan(
  client: PoolClient,
  ring: KeyRing,
  pool: StoredPool,
  siblings: readonly StoredPool[],
  count: number,
): Promise<{ span: number | undefined; left: number }> {
  const registered = await registeredFrom(client, pool);
  const remaining = pool.space - pool.nextIndex;
  if (siblings.length === 0 && registered.length === 0) {
    return { span: count <= remaining ? count : undefined, left: remaining };
  }
  const cipher = ring.cipher(pool);
  const rivals = siblings.map((sibling) => ({ cipher: ring.cipher(sibling), nextIndex: sibling.nextIndex }));
  let left = 0;
  for (let tried = 0; tried < remaining; tried += STEP) {
    const firstIndex = pool.nextIndex + tried;
    const span = Math.min(STEP, remaining - tried);
    const chunk = makeChunk({ cipher, firstIndex, span, siblings: rivals, registered });
    if (left + chunk.count >= count) {
      return { span: tried + indexesFor(count - left, firstIndex, chunk.skipped), left: count };
    }
    left += chunk.count;
    await nextTurn();
  }
  return { span: undefined, left };
}

/** How many indexes from `firstIndex` on hold `wanted` that are not skipped. */
function indexesFor(wanted: number, firstIndex: number, skipped: readonly number[]): number {
  let span = wanted;
  for (const index of skipped) {
    if (index < firstIndex + span) span++;
    else break;
  }
  return span;
}

/** Only pools with fewer than some millions of indexes left come here, so these are few as well. */
async function registeredFrom(client: PoolClient, pool: StoredPool): Promise<number[]> {
  const { rows } = await client.query<{ index: bigint }>(
    'SELECT index FROM registry_index WHERE pool_id = $1 AND index >= $2 ORDER BY index',
    [pool.id, pool.nextIndex],
  );
  return rows.map((row) => Number(row.index));
}
