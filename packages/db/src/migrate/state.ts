import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { isDatabaseAway, sqlState } from '../connection/transaction';
import { MIGRATIONS_FOLDER, migrationNames } from './folder';

/** What the database's schema is to this build; `newer`: it has migrations that this build does not know. */
export type SchemaState = 'current' | 'older' | 'newer';

/** The database was migrated by a newer build than this one, which must not touch it. */
export class NewerSchemaError extends Error {
  override readonly name = 'NewerSchemaError';

  constructor() {
    super('The database was migrated by a newer version of Codemint: start that version or a newer one.');
  }
}

const POLL_INTERVAL_MS = 1000;

/** Compares the migrations that are in the database with those of this build. */
export async function schemaState(
  database: string | pg.Pool,
  folder: string = MIGRATIONS_FOLDER,
): Promise<SchemaState> {
  const known = await migrationNames(folder);
  if (typeof database !== 'string') return compare(await appliedMigrations(database), known);
  const client = new pg.Client({ connectionString: database });
  try {
    await client.connect();
    return compare(await appliedMigrations(client), known);
  } finally {
    await client.end();
  }
}

/** Of a database's applied migrations to a build's known ones. */
export function compare(applied: ReadonlySet<string>, known: readonly string[]): SchemaState {
  if ([...applied].some((name) => !known.includes(name))) return 'newer';
  return applied.size < known.length ? 'older' : 'current';
}

/** Names of the migrations that the database has; none where nothing was ever migrated. */
export async function appliedMigrations(database: pg.Pool | pg.ClientBase): Promise<ReadonlySet<string>> {
  // Asked beforehand, since a query that fails costs a pool its connection.
  const table = await database.query<{ exists: boolean }>(
    "SELECT to_regclass('_prisma_migrations') IS NOT NULL AS exists",
  );
  if (!table.rows[0]?.exists) return new Set();
  const { rows } = await database.query<{ migration_name: string }>(
    'SELECT migration_name FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL',
  );
  return new Set(rows.map((row) => row.migration_name));
}

export interface WaitForSchemaOptions {
  /** Told once what is waited for. */
  log: (line: string) => void;
  /** Ends the waiting; the promise is then rejected with the signal's reason. */
  signal?: AbortSignal;
}

/**
 * For an app's start: fulfilled when the database can be reached and has this build's schema.
 * @throws NewerSchemaError if an older build is started by mistake.
 * @throws pg.DatabaseError if the database refuses for good, such as for a wrong password.
 */
export async function waitForSchema(
  pool: pg.Pool,
  { log, signal }: WaitForSchemaOptions,
  folder: string = MIGRATIONS_FOLDER,
): Promise<void> {
  const known = await migrationNames(folder);
  let said = '';
  for (;;) {
    const obstacle = await findObstacle(pool, known);
    if (obstacle === null) return;
    if (obstacle !== said) log(obstacle);
    said = obstacle;
    await delay(POLL_INTERVAL_MS, undefined, { signal });
  }
}

/** One line on what to wait for, or null. */
async function findObstacle(pool: pg.Pool, known: readonly string[]): Promise<string | null> {
  let applied: ReadonlySet<string>;
  try {
    applied = await appliedMigrations(pool);
  } catch (error) {
    // Without a state it is no answer of Postgres: there was no way to it.
    if (sqlState(error) !== undefined && !isDatabaseAway(error)) throw error;
    const { message, code } = error as NodeJS.ErrnoException;
    return `Waiting for the database, which cannot be reached: ${message || code}`;
  }
  const state = compare(applied, known);
  if (state === 'newer') throw new NewerSchemaError();
  return state === 'current' ? null : 'Waiting until the database is migrated ("codemint migrate" does it).';
}
