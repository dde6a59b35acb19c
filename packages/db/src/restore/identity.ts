import { RestoredDatabaseError } from '@codemint/shared';
import type { Client } from '../connection/database';

// Where the database lives: which server, which history of it, and which database and table there. A restore or clone
// has another server, a replica that was promoted another timeline, a dump that was loaded into the same server other
// oids. The timeline of the WAL that is being written is known at once, that of the last checkpoint only minutes later;
// a standby writes none, and is nobody's home.
const SYSTEM_IDENTIFIER = '(SELECT system_identifier::text FROM pg_control_system())';
const TIMELINE = `CASE WHEN pg_is_in_recovery() THEN 0
                        ELSE ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int END`;
const OIDS = `(SELECT oid::text FROM pg_database WHERE datname = current_database()) || '/' || 'installation'::regclass::oid`;

/** Where the database was when it was noted, and where it is. */
const IS_HOME = `i.system_identifier = ${SYSTEM_IDENTIFIER} AND i.timeline = ${TIMELINE} AND i.oids = ${OIDS}`;

/** What a restore leaves behind: numbers that may have been given out in the time that was lost. */
export interface LostTime {
  /** Indexes of a new pool below it may have been given out. */
  newPoolStart: number;
  /** The same of the serials of an extension digit and company prefix. */
  newSsccStart: number;
  /** Of the master key: pools of these may have been opened then. */
  versions: readonly number[];
}

export const NOTHING_LOST: LostTime = { newPoolStart: 0, newSsccStart: 0, versions: [] };

/** Where the installation stands: `isHome` where it was noted. */
export interface Standing extends LostTime {
  isHome: boolean;
}

/** SQL: the Standing of the installation as JSON; null where no home has been noted yet. */
export const STANDING = `(
  SELECT json_build_object('isHome', ${IS_HOME}, 'newPoolStart', i.new_pool_start, 'newSsccStart', i.new_sscc_start,
                           'versions', i.lost_versions)
    FROM installation i)`;

/** Notes where the database is, unless that has been noted before. An installation without a note was never moved. */
export async function noteHome(client: Client): Promise<void> {
  await client.query(
    `INSERT INTO installation (system_identifier, timeline, oids)
     VALUES (${SYSTEM_IDENTIFIER}, ${TIMELINE}, ${OIDS}) ON CONFLICT DO NOTHING`,
  );
}

/** SQL: makes the place where the database is now its home. */
export const MOVE_HOME = `system_identifier = ${SYSTEM_IDENTIFIER}, timeline = ${TIMELINE}, oids = ${OIDS}, date_noted = now()`;

export async function readStanding(client: Client): Promise<Standing | null> {
  const { rows } = await client.query<{ standing: Standing | null }>({
    name: 'standing',
    text: `SELECT ${STANDING} AS standing`,
  });
  return rows[0]?.standing ?? null;
}

/**
 * Whether this database is where it was noted: on the server that has given out all of its numbers. False for one that
 * was restored, promoted or cloned, until `afterRestore`.
 */
export async function isHome(client: Client): Promise<boolean> {
  return (await readStanding(client))?.isHome ?? true;
}

/** @throws RestoredDatabaseError where the database may lack the newest numbers */
export async function requireHome(client: Client): Promise<void> {
  if (!(await isHome(client))) throw new RestoredDatabaseError();
}
