import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/** The checkout's or container's `/prisma`, seen from this package's `dist/migrate` or `src/migrate`. */
const PRISMA_FOLDER = resolve(__dirname, '../../../../prisma');

export const SCHEMA_FILE = join(PRISMA_FOLDER, 'schema.prisma');
export const MIGRATIONS_FOLDER = join(PRISMA_FOLDER, 'migrations');

export interface Migration {
  /** Name of its folder, `<time>_<title>`; migrations are applied in the order of their names. */
  name: string;
  sql: string;
}

/** Names of the migrations that this build knows, in their order. */
export async function migrationNames(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return names.sort();
}

export async function readMigrations(folder: string): Promise<Migration[]> {
  const names = await migrationNames(folder);
  return Promise.all(
    names.map(async (name) => ({ name, sql: await readFile(join(folder, name, 'migration.sql'), 'utf8') })),
  );
}
