import { type KeyRing, type PoolCipher, PoolKeyError, type StoredPool } from '@codemint/shared';
import { type CodeOwner, ownersOf } from './ownersOf';
import type { BatchWork } from './verifiedBatch';

// Of a pool that cannot be decoded its own difference tells: what depends on it is passed over.

/** The cipher of a pool; undefined where its master key is missing or another one. */
export function cipherIfKnown(ring: KeyRing, pool: StoredPool): PoolCipher | undefined {
  try {
    return ring.cipher(pool);
  } catch (error) {
    if (error instanceof PoolKeyError) return undefined;
    throw error;
  }
}

/** Whose codes are; undefined where nobody can tell. */
export async function ownersIfKnown(
  { client, ring, batch }: BatchWork,
  codes: readonly string[],
): Promise<(CodeOwner | undefined)[] | undefined> {
  try {
    return await ownersOf(client, ring, batch.namespace, codes);
  } catch (error) {
    if (error instanceof PoolKeyError) return undefined;
    throw error;
  }
}
