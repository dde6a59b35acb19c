import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { createEmptyDatabase, type TestDatabase } from '../../../tests/support/postgres';
import { until } from '../../../tests/support/until';
import { MigrationError, migrate, NewerSchemaError, schemaState } from '../src/migrate';

const FIRST = `
CREATE TABLE first (id int PRIMARY KEY);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.id := NEW.id + 1;
  RETURN NEW;
END;
$$;
CREATE TRIGGER touch BEFORE INSERT ON first FOR EACH ROW EXECUTE FUNCTION touch();`;
const SECOND = 'CREATE TABLE second (id int);';

let database: TestDatabase;
let client: pg.Client;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'codemint-migrations-'));
  database = await createEmptyDatabase();
  client = new pg.Client({ connectionString: database.connectionString });
  await client.connect();
});

afterEach(async () => {
  await client.end();
  await database.drop();
  await rm(folder, { recursive: true });
});

async function write(name: string, sql: string): Promise<void> {
  await mkdir(join(folder, name), { recursive: true });
  await writeFile(join(folder, name, 'migration.sql'), sql);
}

/** Migrates and returns what it said. */
async function run(): Promise<string[]> {
  const lines: string[] = [];
  await migrate(database.connectionString, (line) => lines.push(line), folder);
  return lines;
}

async function tables(): Promise<string[]> {
  const { rows } = await client.query(
    "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1",
  );
  return rows.map((row) => row.relname);
}

/** The process id of the server's process that sleeps in a migration; undefined until there is one. */
async function sleeper(): Promise<number | undefined> {
  const { rows } = await client.query(
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'",
  );
  return rows[0]?.pid;
}

describe('migrate', () => {
  it('brings an empty database to the last migration, in the order of the names', async () => {
    await write('20260102_second', SECOND);
    await write('20260101_first', FIRST);
    expect(await run()).toEqual(['Applied migration 20260101_first', 'Applied migration 20260102_second']);
    expect(await tables()).toEqual(['_prisma_migrations', 'first', 'second']);
    expect((await client.query('INSERT INTO first VALUES (1) RETURNING id')).rows).toEqual([{ id: 2 }]);
  });

  it("keeps the books as Prisma's own tools do", async () => {
    await write('20260101_first', FIRST);
    await run();
    const { rows } = await client.query('SELECT * FROM _prisma_migrations');
    expect(rows).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        checksum: createHash('sha256').update(FIRST).digest('hex'),
        migration_name: '20260101_first',
        started_at: expect.any(Date),
        finished_at: expect.any(Date),
        applied_steps_count: 1,
        logs: null,
        rolled_back_at: null,
      },
    ]);
  });

  it('has nothing to do the second time', async () => {
    await write('20260101_first', FIRST);
    await run();
    expect(await run()).toEqual([]);
  });

  it('brings an earlier version to the present one', async () => {
    await write('20260101_first', FIRST);
    await run();
    await write('20260102_second', SECOND);
    expect(await run()).toEqual(['Applied migration 20260102_second']);
  });

  it('lets one of several callers work while the others wait', async () => {
    await write('20260101_first', `${FIRST} SELECT pg_sleep(0.5);`);
    const said = await Promise.all([run(), run(), run()]);
    expect(said.flat().sort()).toEqual([
      'Applied migration 20260101_first',
      'Waiting for another process that migrates this database',
      'Waiting for another process that migrates this database',
    ]);
  });

  it('undoes a failing migration whole, says why, and can be repeated', async () => {
    await write('20260101_first', FIRST);
    await write('20260102_second', `${SECOND}\nINSERT INTO secnd VALUES (1);`);
    await expect(run()).rejects.toThrow(
      'Migration 20260102_second failed and was rolled back: line 2: relation "secnd" does not exist',
    );
    expect(await tables()).toEqual(['_prisma_migrations', 'first']);
    expect((await client.query('SELECT migration_name FROM _prisma_migrations')).rowCount).toBe(1);

    await write('20260102_second', SECOND);
    expect(await run()).toEqual(['Applied migration 20260102_second']);
  });

  it('leaves nothing of a migration during which its connection is lost', async () => {
    await write('20260101_first', `${FIRST} SELECT pg_sleep(60);`);
    const outcome = run().catch((error: unknown) => error);
    const pid = await until('a migration that sleeps', 20_000, sleeper);
    await client.query('SELECT pg_terminate_backend($1)', [pid]);
    expect(await outcome).toBeInstanceOf(MigrationError);
    expect(await schemaState(database.connectionString, folder)).toBe('older');
    expect(await tables()).not.toContain('first');

    await write('20260101_first', FIRST);
    expect(await run()).toEqual(['Applied migration 20260101_first']);
  });

  it('does not touch the database of a newer build', async () => {
    await write('20260102_second', SECOND);
    await run();
    await rm(join(folder, '20260102_second'), { recursive: true });
    await write('20260101_first', FIRST);
    await expect(run()).rejects.toBeInstanceOf(NewerSchemaError);
    expect(await tables()).toEqual(['_prisma_migrations', 'second']);
  });

  it('says so where a migration failed under a tool that does not undo it', async () => {
    await write('20260101_first', FIRST);
    await run();
    await client.query('UPDATE _prisma_migrations SET finished_at = NULL');
    await expect(run()).rejects.toThrow(/20260101_first/);
  });
});
