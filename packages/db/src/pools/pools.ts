import {
  couldCollide,
  isSameShape,
  type KeyRing,
  type PoolDescriptor,
  type PoolShape,
  poolSpace,
  type StoredPool,
  shapeOf,
  ValidationError,
} from '@codemint/shared';
import type { PoolClient } from 'pg';
import { type PolicySubject, policyExpression } from '../capacity/policies';
import type { Client } from '../connection/database';
import { decodeCodes } from './decodeCodes';
import type { LockedNamespace } from './namespaces';
import type { RegisteredOrigin } from './registeredShapes';

/** Every chunk is checked against each sibling: more of them make generation crawl. */
const MAX_SIBLINGS = 32;

/** Columns of a pool joined with its namespace, for `poolFromColumns`. */
export const POOL_COLUMNS = `p.id AS pool_id, n.kind, n.key, p.prefix, p.alphabet, p.length, p.suffix, p.key_version,
  p.algorithm, p.space, p.next_index, p.check_value`;

export interface PoolColumns {
  pool_id: bigint;
  kind: string;
  key: string;
  prefix: string;
  alphabet: string;
  length: number;
  suffix: string;
  key_version: number;
  algorithm: string;
  space: bigint;
  next_index: bigint;
  check_value: Buffer;
}

/** @throws never for rows of this build; a row of a later algorithm is refused by its check value */
export function poolFromColumns(row: PoolColumns): StoredPool {
  return {
    id: row.pool_id,
    namespaceKind: row.kind as PoolDescriptor['namespaceKind'],
    namespaceKey: row.key,
    prefix: row.prefix,
    alphabet: row.alphabet,
    length: row.length,
    suffix: row.suffix,
    keyVersion: row.key_version,
    algorithm: row.algorithm as PoolDescriptor['algorithm'],
    space: Number(row.space),
    nextIndex: Number(row.next_index),
    checkValue: row.check_value,
  };
}

/** All pools of a namespace, oldest first. */
export async function poolsOfNamespace(client: Client, namespaceId: bigint): Promise<StoredPool[]> {
  const { rows } = await client.query<PoolColumns>({
    name: 'pools-of-namespace',
    text: `SELECT ${POOL_COLUMNS} FROM pool p JOIN namespace n ON n.id = p.namespace_id
            WHERE p.namespace_id = $1 ORDER BY p.id`,
    values: [namespaceId],
  });
  return rows.map(poolFromColumns);
}

/** What an allotment has to know besides the number that it took. */
interface AllotmentGround {
  /** All of the namespace, oldest first. */
  pools: StoredPool[];
  /** Versions of the master key that open no more pools. */
  retired: number[];
  /** The most that a guess may hit, 0 to 1; null where nothing limits it. */
  limit: number | null;
}

/**
 * Reads what stands under the lock of a namespace, in one statement.
 * @param subject whose policy limits the codes; null for none
 */
export async function allotmentGround(
  client: PoolClient,
  namespaceId: bigint,
  subject: PolicySubject | null,
): Promise<AllotmentGround> {
  type Ground = Pick<AllotmentGround, 'retired' | 'limit'>;
  const { rows } = await client.query<Ground & (PoolColumns | { pool_id: null })>({
    name: 'allotment-ground',
    text: `SELECT ground.retired, ground."limit", ${POOL_COLUMNS}
             FROM (SELECT ARRAY(SELECT version FROM retired_key) AS retired,
                          ${policyExpression('$2', '$3')} AS "limit") AS ground
             LEFT JOIN (pool p JOIN namespace n ON n.id = p.namespace_id) ON p.namespace_id = $1
            ORDER BY p.id`,
    values: [namespaceId, subject?.accountId, subject?.product],
  });
  const { retired, limit } = rows[0] as Ground;
  return {
    pools: rows.flatMap((row) => (row.pool_id === null ? [] : [poolFromColumns(row)])),
    retired,
    limit,
  };
}

export async function poolsById(client: Client, ids: readonly bigint[]): Promise<StoredPool[]> {
  const { rows } = await client.query<PoolColumns>(
    `SELECT ${POOL_COLUMNS} FROM pool p JOIN namespace n ON n.id = p.namespace_id WHERE p.id = ANY ($1::bigint[])`,
    [ids],
  );
  return rows.map(poolFromColumns);
}

/** The pools of one namespace that could make the same string as `shape`, itself left out. */
export function siblingsOf(pools: readonly StoredPool[], own: StoredPool): StoredPool[] {
  return pools.filter((pool) => pool.id !== own.id && couldCollide(pool, own));
}

/**
 * Finds the pool of a shape under a version of the master key, or opens it. A new pool learns the index of every
 * registered code that it could make. The namespace must be locked.
 * @throws ValidationError when too many pools of the namespace could make the same codes
 * @throws PoolKeyError when that master key is missing
 */
export async function poolForShape(
  client: PoolClient,
  ring: KeyRing,
  namespace: LockedNamespace,
  pools: readonly StoredPool[],
  shape: PoolShape,
  keyVersion: number,
): Promise<StoredPool> {
  const found = pools.find((pool) => pool.keyVersion === keyVersion && isSameShape(pool, shape));
  if (found !== undefined) return found;
  // Those that stand at the start are there because of a restore, and nobody chose them.
  const used = pools.filter(({ nextIndex }) => nextIndex === 0 || nextIndex > namespace.lost.newPoolStart);
  if (used.filter((pool) => couldCollide(pool, shape)).length >= MAX_SIBLINGS) {
    throw ValidationError.of(
      'length',
      'siblings',
      `${MAX_SIBLINGS} ways to make codes of this length are in use already. Use a length or character set of before.`,
    );
  }
  const [opened] = await openPools(client, ring, namespace, [{ shape, keyVersion }]);
  return opened as StoredPool;
}

/**
 * Opens pools that are not there yet. After a restore they begin behind what may have been given out in the time that
 * was lost. The namespace must be locked, and the key versions be proven.
 * @throws PoolKeyError when a master key is missing
 */
export async function openPools(
  client: PoolClient,
  ring: KeyRing,
  namespace: LockedNamespace,
  wanted: readonly { shape: PoolShape; keyVersion: number }[],
): Promise<StoredPool[]> {
  const opened: StoredPool[] = [];
  for (const { shape, keyVersion } of wanted) {
    const descriptor: PoolDescriptor = {
      namespaceKind: namespace.kind as PoolDescriptor['namespaceKind'],
      namespaceKey: namespace.key,
      ...shapeOf(shape),
      keyVersion,
    };
    opened.push(await openPool(client, ring, namespace, descriptor));
  }
  await indexRegistry(client, ring, namespace.id, opened);
  return opened;
}

async function openPool(
  client: PoolClient,
  ring: KeyRing,
  namespace: LockedNamespace,
  descriptor: PoolDescriptor,
): Promise<StoredPool> {
  const checkValue = ring.newCipher(descriptor).checkValue();
  const space = poolSpace(descriptor);
  const nextIndex = Math.min(space, namespace.lost.newPoolStart);
  const { rows } = await client.query<{ id: bigint }>(
    `INSERT INTO pool (namespace_id, prefix, alphabet, length, suffix, key_version, algorithm, space, check_value,
                       next_index, set_aside)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10) RETURNING id`,
    [
      namespace.id,
      descriptor.prefix,
      descriptor.alphabet,
      descriptor.length,
      descriptor.suffix,
      descriptor.keyVersion,
      descriptor.algorithm,
      space,
      checkValue,
      nextIndex,
    ],
  );
  return { ...descriptor, id: (rows[0] as { id: bigint }).id, space, nextIndex, checkValue };
}

const REGISTRY_PAGE = 10_000;

/** Enters the registered codes of a namespace that new pools could make under their indexes in them. */
async function indexRegistry(
  client: PoolClient,
  ring: KeyRing,
  namespaceId: bigint,
  pools: readonly StoredPool[],
): Promise<void> {
  const ciphers = pools.map((pool) => ({ pool, cipher: ring.cipher(pool) }));
  for (let after = ''; ; ) {
    const { rows } = await client.query<{ code: string; sequence: bigint; origin: RegisteredOrigin }>(
      `SELECT r.code, r.sequence, CASE WHEN o.id IS NULL THEN 'imported' ELSE 'supplied' END AS origin
         FROM (SELECT code, sequence, batch_id FROM registry
                WHERE namespace_id = $1 AND code > $2 ORDER BY code LIMIT ${REGISTRY_PAGE}) AS r
         LEFT JOIN adi_order o ON o.batch_id = r.batch_id
        ORDER BY r.code`,
      [namespaceId, after],
    );
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.code;
    const codes = rows.map((row) => row.code);
    for (const { pool, cipher } of ciphers) {
      const indexes = decodeCodes(cipher, codes);
      const entries = rows.flatMap((row, i) => {
        const index = indexes[i] as number;
        const { sequence, origin } = row;
        return index < pool.space ? [{ poolId: pool.id, index, sequence, origin }] : [];
      });
      await insertRegistryIndexes(client, entries);
    }
  }
}

export interface RegistryIndexEntry {
  poolId: bigint;
  index: number;
  sequence: bigint;
  origin: RegisteredOrigin;
}

/** Enters registered codes under their indexes, and counts for each pool those that are new. */
export async function insertRegistryIndexes(
  client: PoolClient,
  entries: readonly RegistryIndexEntry[],
): Promise<void> {
  if (entries.length === 0) return;
  await client.query({
    name: 'insert-registry-indexes',
    text: `WITH entry AS (
             SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[])
                        AS entry (pool_id, index, sequence, origin)
           ), made AS (
             INSERT INTO registry_index (pool_id, index, sequence)
             SELECT pool_id, index, sequence FROM entry ORDER BY pool_id, index ON CONFLICT DO NOTHING
             RETURNING pool_id, index
           )
           UPDATE pool p SET supplied = p.supplied + counted.supplied, imported = p.imported + counted.imported
             FROM (SELECT pool_id, count(*) FILTER (WHERE origin = 'supplied') AS supplied,
                          count(*) FILTER (WHERE origin = 'imported') AS imported
                     FROM made JOIN entry USING (pool_id, index) GROUP BY pool_id) AS counted
            WHERE p.id = counted.pool_id`,
    values: [
      entries.map((e) => e.poolId),
      entries.map((e) => e.index),
      entries.map((e) => e.sequence),
      entries.map((e) => e.origin),
    ],
  });
}
