import { createHash } from 'node:crypto';
import type pg from 'pg';
import type { Seed, SeedRow } from './recording';

/** Nothing of an earlier seed is left; the triggers that guard given-out numbers are put aside for this. */
const EMPTY = `
  SET LOCAL session_replication_role = replica;
  TRUNCATE account, users, access_token, product, domain, identifier_job, namespace, pool, batch, slice, chunk,
           registry, registry_index RESTART IDENTITY CASCADE`;

const USERS = `
  INSERT INTO users (id, first_name, last_name, email, role, account_id)
  SELECT id, first_name, last_name, email, role, account
    FROM jsonb_to_recordset($1) AS given (id uuid, first_name text, last_name text, email text, role text, account uuid)`;

const TOKENS = `
  INSERT INTO access_token (user_id, name, token_hash)
  SELECT id, 'static', decode(hash, 'hex') FROM jsonb_to_recordset($1) AS given (id uuid, hash text)`;

const ACCOUNTS = `
  INSERT INTO account (id, user_created, date_created, user_updated, date_updated, account_name, account_description,
                       timezone, account_redirection_url)
  SELECT id, user_created, coalesce(date_created, now()), user_updated, date_updated, account_name,
         account_description, timezone, account_redirection_url
    FROM jsonb_populate_recordset(NULL::account, $1)`;

/** Seeds do not say whose products and domains are; they are read by users who see every account. */
const FIRST_ACCOUNT = '(SELECT id FROM account ORDER BY date_created, id LIMIT 1)';

const PRODUCTS = `
  INSERT INTO product (id, user_created, date_created, user_updated, date_updated, product_name, brand, gtin,
                       custom_id, digital_link, product_redirection_url, account_id)
  SELECT id, user_created, coalesce(date_created, now()), user_updated, date_updated, product_name, brand, gtin,
         custom_id, digital_link, product_redirection_url, coalesce(account_id, ${FIRST_ACCOUNT})
    FROM jsonb_populate_recordset(NULL::product, $1)`;

const DOMAINS = `
  INSERT INTO domain (id, user_created, date_created, user_updated, date_updated, domain_name, account_id)
  SELECT id, user_created, coalesce(date_created, now()), user_updated, date_updated, domain_name,
         coalesce(account_id, ${FIRST_ACCOUNT})
    FROM jsonb_populate_recordset(NULL::domain, $1)`;

const BATCH = `
  INSERT INTO batch (account_id, quantity, quantity_created, status, error_message, link_host)
  SELECT account, quantity, coalesce(quantity_created, 0), status, error_message,
         coalesce((SELECT domain_name FROM domain WHERE id = given.domain), 'id.gs1.org')
    FROM jsonb_to_record($1) AS given (account uuid, quantity int, quantity_created int, status text,
                                       error_message text, domain uuid)
  RETURNING id`;

const JOB = `
  INSERT INTO identifier_job (id, user_created, date_created, user_updated, date_updated, length, quantity,
                              account_id, reference_id, type, product, character_set, sscc_start_serial,
                              sscc_extension_digit, sscc_company_prefix, domain, batch_id)
  SELECT id, user_created, coalesce(date_created, now()), user_updated, date_updated, length, quantity,
         ($1 ->> 'account')::uuid, reference_id, type, product, character_set, sscc_start_serial,
         sscc_extension_digit, sscc_company_prefix, domain, $2
    FROM jsonb_populate_record(NULL::identifier_job, $1)`;

/** Gives a batch the namespace and the links of its codes. */
const NAMESPACE = `
  WITH made AS (
    INSERT INTO namespace (kind, key, last_sequence) VALUES ($2, $3, 1)
        ON CONFLICT (kind, key) DO UPDATE SET last_sequence = namespace.last_sequence + 1 RETURNING id
  )
  UPDATE batch SET namespace_id = made.id, link_host = $4
    FROM made, identifier_job j WHERE j.id = $1 AND batch.id = j.batch_id`;

const CODES = `
  INSERT INTO registry (namespace_id, code, sequence, batch_id, place, id, user_created, date_created, status,
                        custom_id)
  SELECT b.namespace_id, given.code, n.last_sequence, b.id, row_number() OVER () - 1, given.id, given.user_created,
         coalesce(given.date_created, now()), coalesce(given.status, 'unassigned'), given.custom_id
    FROM jsonb_to_recordset($2) AS given (code text, id uuid, user_created uuid, date_created timestamptz, status text,
                                          custom_id text),
         identifier_job j JOIN batch b ON b.id = j.batch_id JOIN namespace n ON n.id = b.namespace_id
   WHERE j.id = $1`;

/** Empties a database and loads the seed into it, all in one transaction. @param client of a superuser */
export async function loadSeed(client: pg.Client, seed: Seed): Promise<void> {
  const users = Object.values(seed.users).map(({ token, ...user }) => ({ ...user, hash: sha256(token) }));
  const run = (statement: string, rows: readonly SeedRow[] = []) =>
    client.query(statement, [JSON.stringify(rows)]);
  await client.query('BEGIN');
  try {
    await client.query(EMPTY);
    await client.query('SET LOCAL session_replication_role = origin');
    await run(ACCOUNTS, seed.account);
    await run(USERS, users);
    await run(TOKENS, users);
    await run(PRODUCTS, seed.product);
    await run(DOMAINS, seed.domain);
    for (const job of seed.identifier_job ?? []) {
      const row = JSON.stringify(job);
      const { rows } = await client.query<{ id: string }>(BATCH, [row]);
      await client.query(JOB, [row, rows[0]?.id]);
    }
    await loadCodes(client, seed.unique_code ?? []);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}

/** As codes that come from elsewhere. */
async function loadCodes(client: pg.Client, codes: readonly SeedRow[]): Promise<void> {
  for (const job of new Set(codes.map((code) => code.identifier_job))) {
    const own = codes.filter((code) => code.identifier_job === job);
    const first = own[0] as SeedRow;
    const host = /^https?:\/\/([^/]+)/.exec(String(first.digital_link))?.[1] ?? 'id.gs1.org';
    await client.query(NAMESPACE, [job, first.type, namespaceKey(first, host), host]);
    await client.query(CODES, [job, JSON.stringify(own)]);
  }
}

/** GTIN-14, the 13 digits of an asset type, the host of short codes; empty for SSCCs. */
function namespaceKey({ type, product }: SeedRow, host: string): string {
  if (type === 'sscc') return '';
  return type === 'short_code' ? host : String(product).replace(/^\/(01\/|8003\/0)/, '');
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
