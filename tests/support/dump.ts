import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from, to } from 'pg-copy-streams';

/** What `pg_dump --data-only` has of the schema `public`. */
export interface Dump {
  /** COPY data by the name of the table. */
  tables: Map<string, Buffer>;
  /** Last value by the name of the sequence. */
  sequences: Map<string, string>;
}

/** A consistent picture of a database that is being worked on. */
export async function dump(connectionString: string): Promise<Dump> {
  return withClient(connectionString, async (client) => {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const { rows: names } = await client.query<{ name: string }>(
      `SELECT quote_ident(relname) AS name FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> '_prisma_migrations'`,
    );
    const tables = new Map<string, Buffer>();
    for (const { name } of names) {
      tables.set(name, await buffer(client.query(to(`COPY ${name} TO STDOUT (FORMAT binary)`))));
    }
    const { rows: counters } = await client.query<{ name: string; value: string }>(
      `SELECT quote_ident(sequencename) AS name, last_value::text AS value FROM pg_sequences
        WHERE schemaname = 'public' AND last_value IS NOT NULL`,
    );
    return { tables, sequences: new Map(counters.map(({ name, value }) => [name, value])) };
  });
}

/** Loads a dump into a migrated database that nobody has used; constraints are checked, triggers do not fire. */
export async function load(connectionString: string, { tables, sequences }: Dump): Promise<void> {
  await withClient(connectionString, async (client) => {
    await client.query(`SET session_replication_role = 'replica'`);
    // Migrations have written some rows.
    await client.query(`TRUNCATE ${[...tables.keys()].join(', ')}`);
    for (const [name, rows] of tables) {
      await pipeline(Readable.from([rows]), client.query(from(`COPY ${name} FROM STDIN (FORMAT binary)`)));
    }
    for (const [name, value] of sequences)
      await client.query('SELECT setval($1::regclass, $2)', [name, value]);
  });
}

async function withClient<Result>(
  connectionString: string,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
