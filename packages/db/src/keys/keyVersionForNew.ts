import { type KeyRing, PoolKeyError } from '@codemint/shared';
import type { PoolClient } from 'pg';
import type { Client } from '../connection/database';
import { POOL_COLUMNS, type PoolColumns, poolFromColumns } from '../pools/pools';
import { listKeys, missingKey, nextVersion } from './masterKeys';

/** Any number: first of the two of an advisory lock, the version is the second. */
const FIRST_POOL_LOCK = 7_261_903;

/**
 * The version of the master key that new ids and links take.
 * @param retired as retiredKeys tells
 * @throws PoolKeyError when all that this process has are retired; it says which key has to be added
 */
export async function keyVersionForNew(
  client: Client,
  ring: KeyRing,
  retired: readonly number[],
): Promise<number> {
  const newest = ring.newestVersion(retired);
  if (newest !== undefined) return newest;
  const keys = await listKeys(client, ring);
  const all = `All master keys of CODEMINT_MASTER_KEYS are retired (${ring.versions.join(', ')})`;
  const missing = missingKey(keys);
  throw new PoolKeyError(
    missing === undefined
      ? `${all}: add "${nextVersion(keys)}:<base64 of 32 bytes>" to it in all processes, workers first.`
      : `${all}, and master key version ${missing} is missing from it: codes were made with it. Put it back in all ` +
          'processes.',
  );
}

/**
 * The version that new pools take, once it is certain that its key is the one that the pools of this version have:
 * two keys under one version would be told apart by nobody. A version that has no pool yet is held until the
 * transaction ends, so that of processes that would open its first pools with different keys one is refused.
 * @throws PoolKeyError as keyVersionForNew; when the key is another one than before
 */
export async function provenKeyVersion(
  client: PoolClient,
  ring: KeyRing,
  retired: readonly number[],
): Promise<number> {
  const version = await keyVersionForNew(client, ring, retired);
  await proveVersion(client, ring, version);
  return version;
}

/**
 * Makes certain that the key of a version is the one that its pools have, before another pool of it is opened.
 * @throws PoolKeyError when it is another one than before
 */
export async function proveVersion(client: PoolClient, ring: KeyRing, version: number): Promise<void> {
  if (ring.proven.has(version) || (await isProven(client, ring, version))) return;
  await client.query('SELECT pg_advisory_xact_lock($1, $2)', [FIRST_POOL_LOCK, version]);
  await isProven(client, ring, version);
}

/** Whether there is a pool of the version. What is not committed yet may never be, so the ring forgets it. */
async function isProven(client: PoolClient, ring: KeyRing, version: number): Promise<boolean> {
  const { rows } = await client.query<PoolColumns & { is_own: boolean }>(
    `SELECT ${POOL_COLUMNS}, p.xmin = pg_current_xact_id()::xid AS is_own
       FROM pool p JOIN namespace n ON n.id = p.namespace_id WHERE p.key_version = $1 LIMIT 1`,
    [version],
  );
  const [pool] = rows;
  if (pool === undefined) return false;
  ring.cipher(poolFromColumns(pool));
  if (!pool.is_own) ring.proven.add(version);
  return true;
}
