import { createHash, randomBytes } from 'node:crypto';
import {
  type Database,
  type FormerJob,
  type ImportLine,
  importCodes,
  importJobs,
  inTransaction,
  openDatabase,
} from '@codemint/db';
import { KeyRing } from '@codemint/shared';
import { ownerOf } from './owners';
import type { Seed, SeedRow } from './recording';

/** Nothing of an earlier seed is left; the triggers that guard given-out numbers are put aside for this. */
const EMPTY = `
  DO $$ BEGIN
    SET LOCAL session_replication_role = replica;
    EXECUTE (SELECT 'TRUNCATE ' || string_agg(format('%I', tablename), ', ') || ' RESTART IDENTITY'
               FROM pg_tables WHERE schemaname = 'public' AND tablename <> '_prisma_migrations');
    SET LOCAL session_replication_role = origin;
  END $$`;

const ACCOUNTS = `
  INSERT INTO account (id, user_created, date_created, user_updated, date_updated, account_name, account_description,
                       timezone, account_redirection_url)
  SELECT id, user_created, coalesce(date_created, now()), user_updated, date_updated, account_name,
         account_description, timezone, account_redirection_url
    FROM jsonb_populate_recordset(NULL::account, $1)`;

const USERS = `
  INSERT INTO users (id, first_name, last_name, email, role, account_id)
  SELECT id, first_name, last_name, email, role, account
    FROM jsonb_to_recordset($1) AS given (id uuid, first_name text, last_name text, email text, role text, account uuid)`;

const TOKENS = `
  INSERT INTO access_token (user_id, name, token_hash)
  SELECT id, 'static', decode(hash, 'hex') FROM jsonb_to_recordset($1) AS given (id uuid, hash text)`;

const PRODUCTS = `
  INSERT INTO product (id, user_created, date_created, user_updated, date_updated, product_name, brand, gtin,
                       custom_id, digital_link, product_redirection_url, account_id)
  SELECT id, user_created, coalesce(date_created, now()), user_updated, date_updated, product_name, brand, gtin,
         custom_id, digital_link, product_redirection_url, account_id
    FROM jsonb_populate_recordset(NULL::product, $1)`;

const DOMAINS = `
  INSERT INTO domain (id, user_created, date_created, user_updated, date_updated, domain_name, account_id)
  SELECT id, user_created, coalesce(date_created, now()), user_updated, date_updated, domain_name, account_id
    FROM jsonb_populate_recordset(NULL::domain, $1)`;

/** What jobs that leave it out have. */
const JOB_DEFAULTS = { length: 8, type: 'sgtin', character_set: 'alphanumeric', status: 'new' };

/** The connections that seeds are loaded by. */
export function openSeeding(connectionString: string): Database {
  return openDatabase({ connectionString, poolSize: 2, applicationName: 'codemint-compat' });
}

/** Empties a database and loads the seed into it: jobs and codes as those of a former system. Asks for a superuser. */
export async function loadSeed(database: Database, seed: Seed): Promise<void> {
  const users = Object.values(seed.users).map(({ token, ...user }) => ({ ...user, hash: sha256(token) }));
  await inTransaction(database.pool, async (client) => {
    const load = (statement: string, rows: readonly SeedRow[] = []) =>
      client.query(statement, [JSON.stringify(rows)]);
    await client.query(EMPTY);
    await load(ACCOUNTS, seed.account);
    await load(USERS, users);
    await load(TOKENS, users);
    await load(PRODUCTS, withOwners(seed, 'product'));
    await load(DOMAINS, withOwners(seed, 'domain'));
  });
  const date_created = new Date().toISOString();
  const jobs = seed.identifier_job?.map(
    (job) => ({ date_created, ...JOB_DEFAULTS, ...job }) as unknown as FormerJob,
  );
  await importJobs(database, jobs ?? []);
  // No pool has made codes yet: any key will do.
  const ring = new KeyRing(new Map([[1, randomBytes(32)]]));
  const lines = toLines(seed.unique_code ?? []);
  await importCodes(database, ring, { accountId: null, userId: null, lines });
}

function withOwners(seed: Seed, collection: 'product' | 'domain'): SeedRow[] {
  return (seed[collection] ?? []).map((row) => ({ ...row, account_id: ownerOf(seed, collection, row.id) }));
}

/** Codes without a product are short codes of the host in their links. */
async function* toLines(codes: readonly SeedRow[]): AsyncGenerator<ImportLine> {
  for (const [i, code] of codes.entries()) {
    const host = /^https?:\/\/([^/]+)/.exec(String(code.digital_link))?.[1];
    yield { ...code, line: i + 1, ...(code.product == null && { domain: host ?? null }) };
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
