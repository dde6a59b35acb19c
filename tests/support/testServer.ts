import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

/** Where a test finds its database server. */
export interface TestServer {
  /** Of a user who may create databases. */
  connectionString: string;
  /** A migrated database to make copies of. */
  template: string;
}

interface StartedServer extends TestServer {
  stop(): Promise<void>;
}

/** The variable in which the tests' processes find the address to ask for the server. */
export const ADDRESS_VARIABLE = 'CODEMINT_TEST_SERVER';

/**
 * Lives in jest's own process for the whole run: the first test that asks for a database server causes its start,
 * so tests without a database do not pay for it.
 */
export class TestServerKeeper {
  #started: Promise<StartedServer> | undefined;

  private constructor(private readonly http: Server) {}

  /** Begins to listen for tests that ask, at the address in the variable. */
  static async open(): Promise<TestServerKeeper> {
    const http = createServer();
    const keeper = new TestServerKeeper(http);
    http.on('request', (_request, response) => {
      // A kept connection may be closed just as the next file asks on it.
      response.setHeader('connection', 'close');
      keeper.#start().then(
        ({ connectionString, template }) => response.end(JSON.stringify({ connectionString, template })),
        (error: unknown) => response.writeHead(500).end(String(error)),
      );
    });
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    process.env[ADDRESS_VARIABLE] = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    return keeper;
  }

  async close(): Promise<void> {
    this.http.close();
    this.http.closeAllConnections();
    const started = await this.#started?.catch(() => undefined);
    await started?.stop();
  }

  #start(): Promise<StartedServer> {
    this.#started ??= startWithTemplate();
    return this.#started;
  }
}

async function startWithTemplate(): Promise<StartedServer> {
  const server = await startServer();
  const template = `codemint_template_${randomBytes(6).toString('hex')}`;
  const stop = async () => {
    await execute(server.connectionString, [`DROP DATABASE IF EXISTS ${template} WITH (FORCE)`]);
    await server.stop();
  };
  try {
    await execute(server.connectionString, [`CREATE DATABASE ${template}`]);
    const { migrate } = await import('@codemint/db');
    await migrate(databaseUrl(server.connectionString, template));
    return { connectionString: server.connectionString, template, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The server of TEST_DATABASE_URL, or else an embedded one in a temporary folder. */
async function startServer(): Promise<{ connectionString: string; stop(): Promise<void> }> {
  const given = process.env.TEST_DATABASE_URL;
  if (given) return { connectionString: given, stop: async () => {} };
  const { startPostgres } = await import('@codemint/local');
  const dataDir = mkdtempSync(join(tmpdir(), 'codemint-test-'));
  const remove = () => rmSync(dataDir, { recursive: true, force: true });
  try {
    const { connectionString, stop } = await startPostgres({ dataDir, log: () => {} });
    // Nothing here has to outlive the machine.
    await execute(connectionString, [
      'ALTER SYSTEM SET fsync = off',
      'ALTER SYSTEM SET full_page_writes = off',
      'SELECT pg_reload_conf()',
    ]);
    return { connectionString, stop: () => stop().finally(remove) };
  } catch (error) {
    remove();
    throw error;
  }
}

/** The address of another database of the same server. */
export function databaseUrl(connectionString: string, database: string): string {
  const url = new URL(connectionString);
  url.pathname = `/${database}`;
  return url.href;
}

/** Runs statements one by one on a connection of their own. */
export async function execute(connectionString: string, statements: string[]): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
