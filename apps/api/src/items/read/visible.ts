import type { Caller } from '@codemint/db';
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Collection } from '../collection';

/** Values of primary keys. */
export type Keys = readonly string[];

/**
 * Which rows a caller may see: those of his account, and all if he belongs to none.
 * @param alias name of the row in the query
 */
export function isVisible(collection: Collection, caller: Caller, alias: string): RawBuilder<SqlBool> {
  if (caller.accountId === null) return sql`true`;
  return sql`${sql.ref(`${alias}.${collection.accountColumn}`)} = ${caller.accountId}`;
}
