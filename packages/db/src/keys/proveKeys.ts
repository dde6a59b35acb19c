import { type KeyRing, PoolKeyError, SettingsError } from '@codemint/shared';
import type { Client } from '../connection/database';
import { POOL_COLUMNS, type PoolColumns, poolFromColumns } from '../pools/pools';

/**
 * Proves before anything is generated that every version of the master key that has made something is there and is
 * the key that made it, retired ones too: by them codes are decoded. A version is proven by its oldest pool. One that
 * has only made ids of orders and events cannot be proven, since nothing that was made with it is kept: it has to be
 * there.
 * @throws SettingsError which names each version that is missing or wrong, and says what to do
 */
export async function proveKeys(client: Client, ring: KeyRing): Promise<void> {
  const complaints: string[] = [];
  const pools = await oldestPools(client);
  for (const pool of pools) {
    try {
      ring.cipher(poolFromColumns(pool));
      ring.proven.add(pool.key_version);
    } catch (error) {
      if (!(error instanceof PoolKeyError)) throw error;
      complaints.push(error.message);
    }
  }
  const known = [...ring.versions, ...pools.map((pool) => pool.key_version)];
  for (const version of await versionsOfIds(client, known)) {
    complaints.push(
      `Master key version ${version} is missing from CODEMINT_MASTER_KEYS: orders have ids of it.`,
    );
  }
  if (complaints.length === 0) return;
  throw new SettingsError(
    `${complaints.join(' ')} Nothing is started before CODEMINT_MASTER_KEYS has every version that was ever used.`,
  );
}

/** Of each version; one pass over all pools, 20 ms for 100,000. Those of SSCCs have no key. */
async function oldestPools(client: Client): Promise<PoolColumns[]> {
  const { rows } = await client.query<PoolColumns>(
    `SELECT ${POOL_COLUMNS} FROM pool p JOIN namespace n ON n.id = p.namespace_id
      WHERE p.id IN (SELECT min(id) FROM pool WHERE algorithm <> 'sscc' GROUP BY key_version) ORDER BY p.key_version`,
  );
  return rows;
}

/** Of orders and events, in ascending order. @param known those that are left out */
async function versionsOfIds(client: Client, known: readonly number[]): Promise<number[]> {
  const { rows } = await client.query<{ version: number }>(
    `SELECT key_version AS version FROM adi_order WHERE key_version <> ALL ($1::int[])
      UNION SELECT key_version FROM adi_order_event WHERE key_version <> ALL ($1::int[]) ORDER BY version`,
    [known],
  );
  return rows.map(({ version }) => version);
}
