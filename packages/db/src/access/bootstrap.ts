import type { Database } from '../connection/database';
import { inTransaction } from '../connection/transaction';
import { noteHome } from '../restore/identity';
import { ADMINISTRATOR_ID } from './tokens';

/** Account of a fresh installation; the sample data and the documentation speak of it. */
export const FIRST_ACCOUNT_ID = 'f1b2c3d4-e5f6-7890-1234-567890abcdef';

/** Any number: processes that start at once take turns. */
const BOOTSTRAP_LOCK = 7_261_902;

/**
 * Makes what every installation has: the administrator, a first account where there is none, and a note of where the
 * database is. Safe to call at every start, by many processes.
 */
export async function bootstrap(database: Database): Promise<void> {
  await inTransaction(database.pool, async (client) => {
    await client.query('SELECT pg_advisory_xact_lock($1)', [BOOTSTRAP_LOCK]);
    await client.query(
      `INSERT INTO users (id, first_name, last_name, email, role)
       VALUES ($1, 'Installation', 'Administrator', 'administrator@codemint.invalid', 'admin')
           ON CONFLICT (id) DO NOTHING`,
      [ADMINISTRATOR_ID],
    );
    await client.query(
      `INSERT INTO account (id, user_created, account_name)
       SELECT $1, $2, 'First account' WHERE NOT EXISTS (SELECT 1 FROM account)`,
      [FIRST_ACCOUNT_ID, ADMINISTRATOR_ID],
    );
    await noteHome(client);
  });
}

/** The account of what an administrator makes without product or domain: the one that was made first. */
export async function firstAccountId({ pool }: Database): Promise<string> {
  const { rows } = await pool.query<{ id: string }>({
    name: 'first-account',
    text: 'SELECT id FROM account ORDER BY date_created, id LIMIT 1',
  });
  if (rows[0] === undefined) throw new Error('The installation has no account: it was never started.');
  return rows[0].id;
}
