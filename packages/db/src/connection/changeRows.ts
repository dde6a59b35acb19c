import { sql, type Transaction } from 'kysely';
import { sayActor } from '../audit/actor';
import type { Database, DynamicTables } from './database';

/** One transaction of Kysely, whose changes the audit log tells as done by the database's actor. */
export function changeRows(
  { kysely, actor }: Pick<Database, 'kysely' | 'actor'>,
  work: (transaction: Transaction<DynamicTables>) => Promise<void>,
): Promise<void> {
  return kysely.transaction().execute(async (transaction) => {
    if (actor !== undefined) await sql.raw(sayActor(actor)).execute(transaction);
    await work(transaction);
  });
}
