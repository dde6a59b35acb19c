import { randomBytes } from 'node:crypto';
import { ADDRESS_VARIABLE, databaseUrl, execute, type TestServer } from './testServer';

export interface TestDatabase {
  connectionString: string;
  /** Removes the database; connections that are left to it are cut. */
  drop(): Promise<void>;
}

/** A migrated database of its own for one test or one file of tests; of no other until it is dropped. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = await findServer();
  return createDatabase(server, `TEMPLATE ${server.template}`);
}

/** The same without any table. */
export async function createEmptyDatabase(): Promise<TestDatabase> {
  return createDatabase(await findServer(), 'TEMPLATE template0');
}

async function createDatabase({ connectionString }: TestServer, options: string): Promise<TestDatabase> {
  const name = `codemint_test_${randomBytes(6).toString('hex')}`;
  await execute(connectionString, [`CREATE DATABASE ${name} ${options}`]);
  return {
    connectionString: databaseUrl(connectionString, name),
    drop: () => execute(connectionString, [`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`]),
  };
}

/** Asks jest's own process, which starts the server at the first question of a run. */
async function findServer(): Promise<TestServer> {
  const address = process.env[ADDRESS_VARIABLE];
  if (address === undefined) throw new Error('Tests with a database run under jest with its global setup.');
  const response = await fetch(address);
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()) as TestServer;
}
