import type { Client } from '../connection/database';

/** More than any installation draws between two backups, and there is room for millions of restores. */
const NUMBERS = 1_000_000_000n;

/**
 * Moves all internal numbers on (of batches, slices, pools, orders …): ids of codes, Thngs and actions are made of
 * them, so those of the time that was lost must not come again for other things. Sequences take no part in
 * transactions; more than once does no harm.
 */
export async function raiseNumbers(client: Client): Promise<void> {
  await client.query(
    `SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, coalesce(last_value, 0) + $1)
       FROM pg_sequences WHERE schemaname = current_schema()`,
    [NUMBERS],
  );
}
