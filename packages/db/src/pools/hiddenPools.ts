import {
  CHARACTER_SETS,
  codeWidth,
  couldCollide,
  isSameShape,
  type KeyRing,
  MAX_SGTIN_96_LENGTH,
  type PoolShape,
  type StoredPool,
  shapeOf,
} from '@codemint/shared';
import type { PoolClient } from 'pg';
import { proveVersion } from '../keys/keyVersionForNew';
import { type LockedNamespace, MAX_LENGTH } from './namespaces';
import { openPools } from './pools';

/** Digits of fewer characters make no pool: FF1 needs a million codes (NIST SP 800-38G, section 5.1). */
const SHORTEST = 6;

const ALPHABETS = [...new Set<string>(Object.values(CHARACTER_SETS))];

/**
 * After a restore: pools that the time which was lost may have opened, and of which nobody knows any more, could have
 * made the codes of a pool. They are opened now where they are not there, with what they may have given out set aside,
 * and from then on they are siblings like any other.
 * @param known all pools of the namespace, which must be locked; `own` may be missing
 * @param own the pool whose codes they could have made
 * @returns all pools, the new ones too
 * @throws PoolKeyError when a master key is missing
 */
export async function withHiddenPools(
  client: PoolClient,
  ring: KeyRing,
  namespace: LockedNamespace,
  known: readonly StoredPool[],
  own: StoredPool,
): Promise<readonly StoredPool[]> {
  const pools = known.some(({ id }) => id === own.id) ? known : [...known, own];
  const { versions, newPoolStart } = namespace.lost;
  if (newPoolStart === 0) return pools;
  const hidden = shapesOfLostTime(namespace, pools, own);
  const missing = [...versions]
    .sort((a, b) => a - b)
    .flatMap((keyVersion) => {
      const ofVersion = pools.filter((pool) => pool.keyVersion === keyVersion);
      const unknown = hidden.filter((one) => !ofVersion.some((pool) => isSameShape(pool, one)));
      return unknown.map((one) => ({ shape: one, keyVersion }));
    });
  if (missing.length === 0) return pools;
  for (const version of new Set(missing.map(({ keyVersion }) => keyVersion))) {
    await proveVersion(client, ring, version);
  }
  return [...pools, ...(await openPools(client, ring, namespace, missing))];
}

/**
 * Shapes that jobs may have asked for, and orders with a prefix and suffix that is in use here: with each character
 * set, as far as their codes could be of `shape`. Orders with any other prefix or suffix are beyond what can be told.
 */
function shapesOfLostTime(
  { kind }: LockedNamespace,
  pools: readonly StoredPool[],
  shape: PoolShape,
): PoolShape[] {
  const width = codeWidth(shape);
  const templates: Pick<PoolShape, 'prefix' | 'suffix' | 'length'>[] = [
    shape,
    ...pools.filter((pool) => codeWidth(pool) === width),
  ];
  const isBareLength = width >= SHORTEST && width <= MAX_LENGTH[kind];
  if (isBareLength) templates.push({ prefix: '', suffix: '', length: width });
  const shapes: PoolShape[] = templates.flatMap(({ prefix, suffix, length }) =>
    ALPHABETS.map((alphabet) => ({ prefix, suffix, length, alphabet, algorithm: 'ff1-aes256-1' })),
  );
  if (kind === 'sgtin' && isBareLength && width <= MAX_SGTIN_96_LENGTH) {
    const alphabet = CHARACTER_SETS.numeric;
    shapes.push({ prefix: '', suffix: '', length: width, alphabet, algorithm: 'ff1-aes256-sgtin96-1' });
  }
  const distinct: PoolShape[] = [];
  for (const one of shapes) {
    if (distinct.some((other) => isSameShape(other, one))) continue;
    if (couldCollide(one, shape)) distinct.push(shapeOf(one));
  }
  return distinct;
}
