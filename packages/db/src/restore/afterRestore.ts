import { type KeyRing, ValidationError } from '@codemint/shared';
import type { PoolClient } from 'pg';
import { recordAudit } from '../audit/recordAudit';
import type { Client, Database } from '../connection/database';
import { inTransaction } from '../connection/transaction';
import { listKeys, nextVersion } from '../keys/masterKeys';
import { registerOrder } from '../orders/registerOrder';
import { MOVE_HOME, noteHome, readStanding } from './identity';
import { raiseNumbers } from './raiseNumbers';
import { type FullPool, raisePools } from './raisePools';
import { raiseSsccs, type SsccPrefix } from './raiseSsccs';
import { type SetAsideStock, setStockAside } from './setAsideStock';

/** How many codes may have been given out in the time that a restore has lost. */
export interface Margins {
  /** Of any one pool; 0 to 2^53 - 1. */
  pools: number;
  /** Of any one extension digit and company prefix; 0 to 2^53 - 1. */
  ssccs: number;
}

/** What was done after a restore. */
export interface AfterRestore {
  pools: number;
  full: FullPool[];
  /** Where pools begin that are opened from now on, and SSCCs of prefixes that are used for the first time. */
  newPoolStart: number;
  newSsccStart: number;
  fullSsccs: SsccPrefix[];
  setAside: SetAsideStock[];
  /** How many jobs were not finished in the backup: their codes are set aside when they are. */
  unfinished: number;
}

/**
 * Goes first after a restore: moves all internal numbers on, then registers the ids of orders that wait for it, which
 * they would have been in the time that was lost, before anything is set aside that they may be of.
 * @returns how many orders
 * @throws PoolKeyError
 */
export async function registerWaitingOrders(database: Database, ring: KeyRing): Promise<number> {
  await raiseNumbers(database.pool);
  const { rows } = await database.pool.query<{ id: string }>(
    `SELECT o.id FROM adi_order o JOIN batch b ON b.id = o.batch_id
      WHERE o.ids IS NOT NULL AND b.status IN ('new', 'in_progress') ORDER BY o.number`,
  );
  for (const { id } of rows) await registerOrder(database, ring, id, 'anywhere');
  return rows.length;
}

/**
 * Makes a restored database fit to give numbers out: sets aside what may have been given out in the time that was lost,
 * and notes where the database is now, all in one transaction.
 * @param evenAtHome also where nothing tells of a restore, as of a disk that was put back
 * @returns undefined where the database is at home already: nothing is changed
 */
export function afterRestore(
  database: Database,
  ring: KeyRing,
  margins: Margins,
  evenAtHome: boolean,
): Promise<AfterRestore | undefined> {
  return inTransaction(database.pool, async (client) => {
    if (!(await beginMove(client, evenAtHome))) return undefined;
    const { pools, full } = await raisePools(client, margins.pools);
    const { newPoolStart, newSsccStart } = await moveHome(client, ring, margins);
    const fullSsccs = await raiseSsccs(client, margins.ssccs);
    const isNothingLost = margins.pools === 0 && margins.ssccs === 0;
    const setAside = isNothingLost ? [] : await setStockAside(client);
    const unfinished = await countUnfinished(client);
    const details = { margin: margins.pools, ssccMargin: margins.ssccs, pools, newPoolStart, newSsccStart };
    await audit(client, 'after-restore', details);
    return { pools, full, newPoolStart, newSsccStart, fullSsccs, setAside, unfinished };
  });
}

/**
 * Makes a copy of a database, for staging, fit to give numbers out that are not those of the original: with a master
 * key that the original does not have.
 * @returns the versions of the master key that are retired by it, and the one that makes new codes; undefined as
 *   afterRestore
 * @throws ValidationError field `version` where the copy has no such key
 */
export function afterClone(
  database: Database,
  ring: KeyRing,
  evenAtHome: boolean,
): Promise<{ retired: number[]; version: number } | undefined> {
  return inTransaction(database.pool, async (client) => {
    if (!(await beginMove(client, evenAtHome))) return undefined;
    const keys = await listKeys(client, ring);
    const used = await newestUsedVersion(client);
    const [version = 0] = ring.versions;
    if (version <= used) {
      throw ValidationError.of(
        'version',
        'clone_key',
        `The copy needs a master key that the original does not have: add "${nextVersion(keys)}:<base64 of 32 bytes>" to ` +
          'CODEMINT_MASTER_KEYS of all processes of the copy, and of none of the original.',
      );
    }
    const retired = keys.map((key) => key.version).filter((one) => one <= used);
    await client.query('INSERT INTO retired_key (version) SELECT unnest($1::int[]) ON CONFLICT DO NOTHING', [
      retired,
    ]);
    await client.query(`UPDATE installation SET ${MOVE_HOME}`);
    await audit(client, 'after-clone', { retired, version });
    return { retired, version };
  });
}

/** @returns whether there is anything to do; nothing is given out from here to the end of the transaction */
async function beginMove(client: PoolClient, evenAtHome: boolean): Promise<boolean> {
  await client.query('LOCK TABLE namespace IN SHARE ROW EXCLUSIVE MODE');
  const standing = await readStanding(client);
  if (standing === null && evenAtHome) await noteHome(client);
  return evenAtHome || standing?.isHome === false;
}

const MAX_START = Number.MAX_SAFE_INTEGER;

async function moveHome(
  client: PoolClient,
  ring: KeyRing,
  { pools, ssccs }: Margins,
): Promise<{ newPoolStart: number; newSsccStart: number }> {
  const { rows } = await client.query<{ pools: bigint; ssccs: bigint }>(
    `UPDATE installation SET ${MOVE_HOME}, new_pool_start = least(new_pool_start + $1, ${MAX_START}),
            new_sscc_start = least(new_sscc_start + $2, ${MAX_START}),
            lost_versions = CASE WHEN $1::bigint = 0 THEN lost_versions ELSE ARRAY(
              SELECT unnest(lost_versions) UNION
              SELECT version FROM unnest($3::int[]) AS version
               WHERE version NOT IN (SELECT k.version FROM retired_key k) ORDER BY 1) END
     RETURNING new_pool_start AS pools, new_sscc_start AS ssccs`,
    [pools, ssccs, ring.versions],
  );
  const row = rows[0] as { pools: bigint; ssccs: bigint };
  return { newPoolStart: Number(row.pools), newSsccStart: Number(row.ssccs) };
}

async function countUnfinished(client: Client): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM batch WHERE status IN ('new', 'in_progress') AND pool_id IS NOT NULL`,
  );
  return rows[0]?.count ?? 0;
}

async function newestUsedVersion(client: Client): Promise<number> {
  const { rows } = await client.query<{ version: number | null }>(
    `SELECT max(version) AS version FROM (
       SELECT key_version AS version FROM pool UNION ALL SELECT key_version FROM adi_order
        UNION ALL SELECT key_version FROM adi_order_event UNION ALL SELECT version FROM retired_key) AS used`,
  );
  return rows[0]?.version ?? 0;
}

async function audit(client: Client, action: string, details: object): Promise<void> {
  await recordAudit(client, undefined, {
    action,
    collection: 'installation',
    item: null,
    accountId: null,
    details,
  });
}

/** What the backup tells of how much may have been given out since. */
export interface Pace {
  /** When its newest job or order was accepted; null where there is none. */
  newest: Date | null;
  /** Most codes that one pool, and all SSCCs together, gave out on one of the thirty days before. */
  codesADay: number;
  ssccsADay: number;
}

export async function readPace(client: Client): Promise<Pace> {
  const { rows } = await client.query<{ newest: Date | null; codes: bigint; ssccs: bigint }>(
    `WITH newest AS (SELECT max(date_created) AS date FROM batch WHERE pool_id IS NOT NULL), day AS (
       SELECT p.algorithm = 'sscc' AS is_sscc, sum(b.quantity) AS codes
         FROM newest, batch b JOIN pool p ON p.id = b.pool_id
        WHERE b.date_created > newest.date - interval '30 days'
        GROUP BY p.id, date_trunc('day', b.date_created)
     )
     SELECT (SELECT date FROM newest) AS newest, coalesce(max(codes) FILTER (WHERE NOT is_sscc), 0)::bigint AS codes,
            coalesce(max(codes) FILTER (WHERE is_sscc), 0)::bigint AS ssccs FROM day`,
  );
  const { newest = null, codes = 0n, ssccs = 0n } = rows[0] ?? {};
  return { newest, codesADay: Number(codes), ssccsADay: Number(ssccs) };
}
