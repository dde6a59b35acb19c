import type { Caller, DynamicTables } from '@codemint/db';
import type { Expression, ExpressionBuilder, SqlBool } from 'kysely';
import type { Collection } from '../collection';

/** Values of primary keys. */
export type Keys = readonly string[];

export type Rows = ExpressionBuilder<DynamicTables, string>;

/**
 * Which rows a caller may see: those of his account, and all if he belongs to none.
 * @param keys only rows with one of these primary keys
 */
export function isVisible(
  eb: Rows,
  collection: Collection,
  caller: Caller,
  keys?: Keys,
): Expression<SqlBool> {
  const conditions: Expression<SqlBool>[] = [];
  if (caller.accountId !== null) conditions.push(eb(collection.accountColumn, '=', caller.accountId));
  if (keys !== undefined) conditions.push(eb(collection.primaryKey, '=', eb.fn.any(eb.val(keys))));
  return eb.and(conditions);
}
