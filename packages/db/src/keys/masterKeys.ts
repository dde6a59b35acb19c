import { type KeyRing, ValidationError } from '@codemint/shared';
import type { Client, Database } from '../connection/database';
import { inTransaction } from '../connection/transaction';

/** A version of the master key, and what was made with it. */
export interface MasterKey {
  version: number;
  /** Whether the key itself is there, in CODEMINT_MASTER_KEYS. */
  present: boolean;
  pools: number;
  /** Given out by these pools. */
  codes: number;
  /** Since when it opens no more pools; null for one that does. */
  retired: Date | null;
}

/** All versions of the master key that are there or in use, the newest first. */
export async function listKeys(client: Client, ring: KeyRing): Promise<MasterKey[]> {
  const { rows } = await client.query<Omit<MasterKey, 'present' | 'codes'> & { codes: bigint }>(
    `WITH pools AS (
       SELECT key_version AS version, count(*)::int AS pools, sum(next_index - set_aside)::bigint AS codes
         FROM pool WHERE algorithm <> 'sscc' GROUP BY key_version
     )
     SELECT version, coalesce(p.pools, 0) AS pools, coalesce(p.codes, 0) AS codes, k.date_created AS retired
       FROM (SELECT unnest($1::int[]) AS version
              UNION SELECT version FROM pools
              UNION SELECT key_version FROM adi_order
              UNION SELECT key_version FROM adi_order_event
              UNION SELECT version FROM retired_key) AS known
       LEFT JOIN pools p USING (version) LEFT JOIN retired_key k USING (version)
      ORDER BY version DESC`,
    [ring.versions],
  );
  return rows.map(({ version, pools, codes, retired }) => {
    return { version, present: ring.versions.includes(version), pools, codes: Number(codes), retired };
  });
}

/**
 * Retires a master key: once this returns its pools give nothing out any more, in any process. They
 * go on to be decoded, and slices that are open are made to the end, so the key itself must stay.
 * @returns what was made with it; `isNew` is false where it was retired before
 * @throws ValidationError field `version` where there is no such key, or where no other would be left
 */
export async function retireKey(
  database: Database,
  ring: KeyRing,
  version: number,
): Promise<{ key: MasterKey; isNew: boolean }> {
  return inTransaction(database.pool, async (client) => {
    // Waits for the allotments that are under way, and those that come wait for this.
    await client.query('LOCK TABLE namespace IN SHARE ROW EXCLUSIVE MODE');
    const keys = await listKeys(client, ring);
    const key = keys.find((one) => one.version === version);
    if (key === undefined) throw unknownVersion(keys);
    if (key.retired !== null) return { key, isNew: false };
    const others = keys.filter((one) => one.present && one.retired === null && one !== key);
    if (others.length === 0) throw lastVersion(keys, version);
    const { rows } = await client.query<{ retired: Date }>(
      'INSERT INTO retired_key (version) VALUES ($1) RETURNING date_created AS retired',
      [version],
    );
    return { key: { ...key, ...(rows[0] as { retired: Date }) }, isNew: true };
  });
}

function unknownVersion(keys: readonly MasterKey[]): ValidationError {
  const versions = keys.map((key) => key.version);
  return ValidationError.of(
    'version',
    'in',
    `No master key has it, neither in CODEMINT_MASTER_KEYS nor in use. There are: ${versions.join(', ')}.`,
    versions,
  );
}

function lastVersion(keys: readonly MasterKey[], version: number): ValidationError {
  const missing = missingKey(keys);
  const way =
    missing === undefined
      ? `Add "${nextVersion(keys)}:<base64 of 32 bytes>" to CODEMINT_MASTER_KEYS of all processes, workers first`
      : `Master key version ${missing} is missing from CODEMINT_MASTER_KEYS: codes were made with it. Put it back`;
  return ValidationError.of(
    'version',
    'last_key',
    `No other master key would be left to make new pools with. ${way}, then retire ${version}.`,
  );
}

/** A version that is in use and newer than all that are there: it has been forgotten rather than left out. */
export function missingKey(keys: readonly MasterKey[]): number | undefined {
  const newest = Math.max(...keys.filter(({ present }) => present).map((key) => key.version));
  return keys.find((key) => !key.present && key.retired === null && key.version > newest)?.version;
}

/** The first version that nobody knows, of a key that is to be added. */
export function nextVersion(keys: readonly MasterKey[]): number {
  return Math.max(...keys.map((key) => key.version)) + 1;
}
