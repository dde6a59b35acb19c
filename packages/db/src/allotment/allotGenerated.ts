import {
  couldCollide,
  type KeyRing,
  type PoolShape,
  poolSpace,
  SpaceExhaustedError,
  type StoredPool,
} from '@codemint/shared';
import type { PoolClient } from 'pg';
import type { PolicySubject } from '../capacity/policies';
import { requireUnguessable } from '../capacity/requireUnguessable';
import { provenKeyVersion } from '../keys/keyVersionForNew';
import { withHiddenPools } from '../pools/hiddenPools';
import { type LockedNamespace, longestOf, type NamespaceKey, takeSequence } from '../pools/namespaces';
import { allotmentGround, poolForShape, siblingsOf } from '../pools/pools';
import { exactSpan } from './exactSpan';

/**
 * A range of a pool's indexes that nobody else has while the namespace is locked; its slices, once written down, keep
 * it for good.
 */
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

/**
 * Finds the next `count` codes of a pool, opening the pool if it is the first time. The namespace's row stays
 * locked until the transaction ends.
 * @param count codes wanted, at least 1
 * @param subject whose policy limits how likely a guess may hit; null where the codes have been granted before
 * @throws SpaceExhaustedError when fewer are left
 * @throws GuessChanceError when the policy allows fewer
 * @throws PoolKeyError when this pool or a sibling cannot be decoded: nobody could tell which codes are taken; when
 *   all master keys are retired
 * @throws ValidationError when too many pools could make the same codes
 */
export async function allotGenerated(
  client: PoolClient,
  ring: KeyRing,
  key: NamespaceKey,
  shape: PoolShape,
  count: number,
  subject: PolicySubject | null,
): Promise<Allotment> {
  const namespace = await takeSequence(client, key);
  const { pools: known, retired, limit } = await allotmentGround(client, namespace.id, subject);
  const keyVersion = await provenKeyVersion(client, ring, retired);
  const pool = await poolForShape(client, ring, namespace, known, shape, keyVersion);
  const pools = await withHiddenPools(client, ring, namespace, known, pool);
  if (limit !== null) await requireUnguessable(client, { namespace, shape, count, limit });
  ring.cipher(pool);
  const siblings = siblingsOf(pools, pool).filter((sibling) => sibling.nextIndex > 0);
  for (const sibling of siblings) ring.cipher(sibling);
  const { span, left } = await spanFor(client, ring, pool, siblings, count);
  if (span === undefined) {
    const length = sufficientLength(pools, pool, { count, newPoolStart: namespace.lost.newPoolStart });
    throw new SpaceExhaustedError(left, count, length, namespace.lost.newPoolStart);
  }
  return allotment(namespace, pool, siblings, span);
}

async function spanFor(
  client: PoolClient,
  ring: KeyRing,
  pool: StoredPool,
  siblings: readonly StoredPool[],
  count: number,
): Promise<{ span: number | undefined; left: number }> {
  const remaining = pool.space - pool.nextIndex;
  if (remaining - count > NEAR_END) return { span: count, left: remaining };
  return exactSpan(client, ring, pool, siblings, count);
}

/** The shortest longer codes of the alphabet of which the namespace has `count` left; null if there are none. */
function sufficientLength(
  pools: readonly StoredPool[],
  pool: StoredPool,
  { count, newPoolStart }: { count: number; newPoolStart: number },
): number | null {
  const longest = longestOf(pool.namespaceKind, pool);
  for (let length = pool.length + 1; length <= longest; length++) {
    const shape = { ...pool, length };
    const rivals = pools.filter((other) => couldCollide(other, shape));
    const taken = rivals.reduce((sum, rival) => sum + rival.nextIndex, 0);
    if (poolSpace(shape) - taken - newPoolStart >= count) return length;
  }
  return null;
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
