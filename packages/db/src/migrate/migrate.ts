import { setTimeout as delay } from 'node:timers/promises';
import { PrismaPg } from '@prisma/adapter-pg';
import type { SchemaEngine } from '@prisma/schema-engine-wasm/schema_engine_bg';
import pg from 'pg';
import { EMPTY_SCHEMA, NO_FILTERS, openEngine } from './engine';
import { MIGRATIONS_FOLDER, type Migration, readMigrations } from './folder';
import { appliedMigrations, compare, NewerSchemaError } from './state';

/** A migration failed: its changes are all undone, those of the migrations before it stay. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';

  constructor({ name, sql }: Migration, cause: unknown) {
    super(`Migration ${name} failed and was rolled back: ${describe(cause, sql)}`, { cause });
  }
}

/** The advisory lock of Prisma's own tools, so that they and this never migrate at the same time. */
const PRISMA_LOCK_ID = 72707369;
const LOCK_POLL_INTERVAL_MS = 100;

/**
 * Brings the database to this build's schema. Any number of processes may call it at once: one migrates, the others
 * wait and then find nothing to do. Each migration is one transaction together with its row in `_prisma_migrations`,
 * so a process that dies leaves the schema of the migration before. Hence a migration cannot contain what Postgres
 * refuses in a transaction, such as CREATE INDEX CONCURRENTLY.
 * @param log told of each migration that was applied, and of a wait.
 * @throws MigrationError of one line, NewerSchemaError, or the connection's error.
 */
export async function migrate(
  connectionString: string,
  log: (line: string) => void = () => {},
  folder: string = MIGRATIONS_FOLDER,
): Promise<void> {
  const migrations = await readMigrations(folder);
  const session = await openSession(connectionString);
  try {
    await takeLock(session.client, log);
    const applied = await appliedMigrations(session.client);
    const state = compare(
      applied,
      migrations.map(({ name }) => name),
    );
    if (state === 'newer') throw new NewerSchemaError();
    if (state === 'older') await applyMissing(session, migrations, applied, log);
  } finally {
    session.client.release();
    await session.pool.end();
  }
}

interface Session {
  client: pg.PoolClient;
  /** The same connection in the form in which Prisma's adapter wants it. */
  pool: pg.Pool;
}

/**
 * One connection for all: it holds the lock and the transaction. A pool by itself would go on with a new one, which
 * has neither, when it is lost or a query has failed.
 */
async function openSession(connectionString: string): Promise<Session> {
  const pool = new pg.Pool({ connectionString, max: 1 });
  const client = await pool.connect();
  // Lost while idle; the next query reports it.
  client.on('error', () => {});
  pool.query = client.query.bind(client) as typeof pool.query;
  return { client, pool };
}

/** Asks again and again: a blocking wait would be an open transaction, which migrations may have to wait for. */
async function takeLock(client: pg.PoolClient, log: (line: string) => void): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const { rows } = await client.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1) AS locked', [
      PRISMA_LOCK_ID,
    ]);
    if (rows[0]?.locked) return;
    if (attempt === 1) log('Waiting for another process that migrates this database');
    await delay(LOCK_POLL_INTERVAL_MS);
  }
}

async function applyMissing(
  { client, pool }: Session,
  migrations: Migration[],
  applied: ReadonlySet<string>,
  log: (line: string) => void,
): Promise<void> {
  const { engine, causeOf } = await openEngine(EMPTY_SCHEMA, async () => {
    const adapter = await new PrismaPg(pool).connect();
    // Prisma's adapter cuts scripts at each semicolon, through the bodies of functions too.
    adapter.executeScript = async (script) => void (await client.query(script));
    return adapter;
  });
  const done = migrations.filter(({ name }) => applied.has(name));
  for (const migration of migrations.filter(({ name }) => !applied.has(name))) {
    done.push(migration);
    await client.query('BEGIN');
    try {
      await applyMigrations(engine, done);
      await client.query('COMMIT');
    } catch (error) {
      await client.query('ROLLBACK').catch(() => {});
      throw new MigrationError(migration, causeOf(error));
    }
    log(`Applied migration ${migration.name}`);
  }
  engine.free();
}

/** The engine applies those of the list that the database does not have. */
async function applyMigrations(engine: SchemaEngine, migrations: Migration[]): Promise<void> {
  await engine.applyMigrations({
    migrationsList: {
      baseDir: '/',
      lockfile: { path: 'migration_lock.toml', content: null },
      migrationDirectories: migrations.map(({ name, sql }) => ({
        path: name,
        migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: sql } },
      })),
      shadowDbInitScript: '',
    },
    filters: NO_FILTERS,
  });
}

/** One line: the database's message with the line of the script, or the engine's without its trace. */
function describe(error: unknown, sql: string): string {
  if (error instanceof pg.DatabaseError) {
    const offset = Number(error.position ?? 0);
    const line = offset > 0 ? `line ${sql.slice(0, offset - 1).split('\n').length}: ` : '';
    return line + error.message + (error.detail ? ` (${error.detail})` : '');
  }
  const message = error instanceof Error ? error.message : String(error);
  return message.split(/\n\s*0: /)[0]?.replace(/\s+/g, ' ') ?? message;
}
