import type { KeyRing, StoredPool } from '@codemint/shared';
import { type PoolShape, SpaceExhaustedError, sufficientLength } from '@codemint/shared';
import type { PoolClient } from 'pg';
import { type LockedNamespace, type NamespaceKey, takeSequence } from '../pools/namespaces';
import { poolForShape, poolsOfNamespace, siblingsOf } from '../pools/pools';
import { exactSpan } from './exactSpan';

/** A range of a pool's indexes that nobody else has or will have, not yet written down as slices. */
export interface Allotment {
  namespaceId: bigint;
  poolId: bigint;
  firstIndex: bigint;
  /** How many indexes. */
  span: number;
  sequence: bigint;
  /** What had been given out of every sibling pool just then. */
  snapshot: SnapshotEntry[];
}

export interface SnapshotEntry {
  /** Pool id, a decimal string as JSON has no 64-bit integers. */
  pool: string;
  nextIndex: number;
}

/**
 * Where fewer indexes than this would be left over, skipped ones could leave a batch short: there the range is
 * counted out code by code. Elsewhere a batch that comes out short finds what it misses behind the range.
 */
const NEAR_END = 2_000_000;

/** Longest code of any dialect (AI 21: 20 characters). */
const MAX_LENGTH = 20;

/**
 * Gives out the next `count` codes of a pool, opening the pool if it is the first time. The namespace's row stays
 * locked until the transaction ends.
 * @param count codes wanted, at least 1
 * @throws SpaceExhaustedError when fewer are left
 * @throws PoolKeyError when this pool or a sibling cannot be decoded: nobody could tell which codes are taken
 * @throws ValidationError when too many pools could make the same codes
 */
export async function allotGenerated(
  client: PoolClient,
  ring: KeyRing,
  key: NamespaceKey,
  shape: PoolShape,
  count: number,
): Promise<Allotment> {
  const namespace = await takeSequence(client, key);
  const pools = await poolsOfNamespace(client, namespace.id);
  const pool = await poolForShape(client, ring, namespace, pools, shape);
  ring.cipher(pool);
  const siblings = siblingsOf(pools, pool).filter((sibling) => sibling.nextIndex > 0);
  for (const sibling of siblings) ring.cipher(sibling);
  const span = await spanFor(client, ring, pool, siblings, count);
  await client.query('UPDATE pool SET next_index = next_index + $2 WHERE id = $1', [pool.id, span]);
  return allotment(namespace, pool, siblings, span);
}

async function spanFor(
  client: PoolClient,
  ring: KeyRing,
  pool: StoredPool,
  siblings: readonly StoredPool[],
  count: number,
): Promise<number> {
  const remaining = pool.space - pool.nextIndex;
  const { span, left } =
    remaining - count > NEAR_END
      ? { span: count, left: remaining }
      : await exactSpan(client, ring, pool, siblings, count);
  if (span === undefined) {
    throw new SpaceExhaustedError(
      left,
      count,
      sufficientLength(pool.alphabet, count, MAX_LENGTH, pool.length),
    );
  }
  return span;
}

function allotment(
  namespace: LockedNamespace,
  pool: StoredPool,
  siblings: readonly StoredPool[],
  span: number,
): Allotment {
  return {
    namespaceId: namespace.id,
    poolId: pool.id,
    firstIndex: BigInt(pool.nextIndex),
    span,
    sequence: namespace.sequence,
    snapshot: siblings.map((sibling) => ({ pool: String(sibling.id), nextIndex: sibling.nextIndex })),
  };
}
