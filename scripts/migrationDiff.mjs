// npm run migration:diff: prints the SQL that is missing between the migrations and schema.prisma, as the beginning
// of a new migration. What Prisma cannot say (constraints, triggers, views …) is to be added by hand.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setUp } from './setup.mjs';

await setUp(['apps/local']);
const { startPostgres } = (await import('../apps/local/dist/index.js')).default;
const { migrate, schemaDiff } = (await import('../packages/db/dist/index.js')).default;

const dataDir = mkdtempSync(join(tmpdir(), 'codemint-diff-'));
try {
  const { connectionString, stop } = await startPostgres({ dataDir, log: console.error });
  try {
    await migrate(connectionString, console.error);
    console.log((await schemaDiff(connectionString)) || '-- Schema and migrations agree.');
  } finally {
    await stop();
  }
} finally {
  rmSync(dataDir, { recursive: true, force: true });
}
