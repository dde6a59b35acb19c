import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { createEmptyDatabase, type TestDatabase } from '../../../tests/support/postgres';
import { migrate, NewerSchemaError, schemaState, waitForSchema } from '../src/migrate';

let database: TestDatabase;
let pool: pg.Pool;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'codemint-migrations-'));
  database = await createEmptyDatabase();
  pool = new pg.Pool({ connectionString: database.connectionString });
  await write('20260101_first');
});

afterEach(async () => {
  await pool.end();
  await database.drop();
  await rm(folder, { recursive: true });
});

async function write(name: string): Promise<void> {
  await mkdir(join(folder, name));
  await writeFile(join(folder, name, 'migration.sql'), `CREATE TABLE t${name} ();`);
}

const migrateHere = () => migrate(database.connectionString, () => {}, folder);

/** As after the start of an earlier build. */
const forgetMigration = (name: string) => rm(join(folder, name), { recursive: true });

describe('schemaState', () => {
  it('is older without any migration', async () => {
    expect(await schemaState(database.connectionString, folder)).toBe('older');
    expect(await schemaState(pool, folder)).toBe('older');
  });

  it('is current after all, older after some', async () => {
    await migrateHere();
    expect(await schemaState(pool, folder)).toBe('current');
    await write('20260102_second');
    expect(await schemaState(pool, folder)).toBe('older');
  });

  it('is older while a migration is unfinished or was rolled back', async () => {
    await migrateHere();
    await pool.query('UPDATE _prisma_migrations SET rolled_back_at = now()');
    expect(await schemaState(pool, folder)).toBe('older');
    await pool.query('UPDATE _prisma_migrations SET rolled_back_at = NULL, finished_at = NULL');
    expect(await schemaState(pool, folder)).toBe('older');
  });

  it('is newer with a migration that this build does not know, even if it lacks another', async () => {
    await write('20260102_second');
    await migrateHere();
    await forgetMigration('20260102_second');
    expect(await schemaState(pool, folder)).toBe('newer');
    await write('20260103_third');
    expect(await schemaState(pool, folder)).toBe('newer');
  });
});

describe('waitForSchema', () => {
  it('returns at once where the schema is current', async () => {
    await migrateHere();
    const lines: string[] = [];
    await waitForSchema(pool, { log: (line) => lines.push(line) }, folder);
    expect(lines).toEqual([]);
  });

  it('waits for the migration and says so once', async () => {
    const lines: string[] = [];
    let began = () => {};
    const waiting = new Promise<void>((resolve) => {
      began = resolve;
    });
    const ready = waitForSchema(
      pool,
      {
        log: (line) => {
          lines.push(line);
          began();
        },
      },
      folder,
    );
    await waiting;
    await migrateHere();
    await ready;
    expect(lines).toEqual([expect.stringContaining('Waiting until the database is migrated')]);
  });

  it('refuses a newer schema', async () => {
    await write('20260102_second');
    await migrateHere();
    await forgetMigration('20260102_second');
    await expect(waitForSchema(pool, { log: () => {} }, folder)).rejects.toBeInstanceOf(NewerSchemaError);
  });

  it('waits for a database that cannot be reached, until it is told to stop', async () => {
    const away = new pg.Pool({ connectionString: 'postgresql://nobody@127.0.0.1:1/nothing' });
    const stop = new AbortController();
    const lines: string[] = [];
    const log = (line: string) => {
      lines.push(line);
      stop.abort();
    };
    await expect(waitForSchema(away, { log, signal: stop.signal }, folder)).rejects.toThrow('aborted');
    expect(lines).toEqual([
      'Waiting for the database, which cannot be reached: connect ECONNREFUSED 127.0.0.1:1',
    ]);
    await away.end();
  });

  it('does not wait where the database refuses for good', async () => {
    await database.drop();
    const refused = new pg.Pool({ connectionString: database.connectionString });
    await expect(waitForSchema(refused, { log: () => {} }, folder)).rejects.toThrow('does not exist');
    await refused.end();
  });
});
