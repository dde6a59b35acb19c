import { randomBytes } from 'node:crypto';
import type { TestDatabase } from './postgres';
import { databaseUrl, execute } from './testServer';

/**
 * A copy of a database as it is now, on the same server: as a dump that is loaded there. Nobody may be connected to
 * the original meanwhile.
 */
export async function copyDatabase(connectionString: string): Promise<TestDatabase> {
  const original = new URL(connectionString).pathname.slice(1);
  const copy = `${original}_${randomBytes(3).toString('hex')}`;
  const server = databaseUrl(connectionString, 'postgres');
  await execute(server, [`CREATE DATABASE ${copy} TEMPLATE ${original}`]);
  return {
    connectionString: databaseUrl(connectionString, copy),
    drop: () => execute(server, [`DROP DATABASE IF EXISTS ${copy} WITH (FORCE)`]),
  };
}
