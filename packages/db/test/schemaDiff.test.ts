import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase, type TestDatabase } from '../../../tests/support/postgres';
import { schemaDiff } from '../src/migrate';

const SCHEMA_FILE = join(__dirname, '../../../prisma/schema.prisma');

describe('schemaDiff', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase();
  });

  afterAll(() => database.drop());

  it('is empty: the migrations make what the schema file says', async () => {
    expect(await schemaDiff(database.connectionString)).toBe('');
  });

  it('is the SQL of what a changed schema file has more', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'codemint-schema-'));
    const changed = join(folder, 'schema.prisma');
    await writeFile(changed, `${await readFile(SCHEMA_FILE, 'utf8')}\nmodel extra {\n  id Int @id\n}\n`);
    expect(await schemaDiff(database.connectionString, changed)).toMatch(
      /^-- CreateTable\nCREATE TABLE "extra" \(\n {4}"id" INTEGER NOT NULL,[^;]*;\s*$/,
    );
    await rm(folder, { recursive: true });
  });
});
