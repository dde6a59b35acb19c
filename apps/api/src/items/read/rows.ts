import type { DynamicTables } from '@codemint/db';
import { type SelectQueryBuilder, sql } from 'kysely';
import type { Collection } from '../collection';
import type { Column, Filter } from '../query/itemsQuery';
import type { Scope } from '../scope';
import { aliasOf, collectionAt, ITEM } from './columns';
import { matches, pathsOf } from './matches';
import { isVisible, type Keys } from './visible';

export interface Selection {
  readonly filter: Filter;
  /** Only items with these primary keys. */
  readonly keys?: Keys;
  /** What else the query speaks of: the rows that these are in are joined. */
  readonly columns?: readonly Column[];
}

export type RowsQuery = SelectQueryBuilder<DynamicTables, string, Record<string, unknown>>;

/**
 * A query of the rows that a caller may see and that meet the selection. Rows that they refer to are joined where they
 * are spoken of; one that the caller may not see is as one that is not there.
 * @throws InvalidQueryError for a filter that a list cannot answer in bounded time
 */
export async function selectRows(
  scope: Scope,
  collection: Collection,
  { filter, keys, columns = [] }: Selection,
): Promise<{ query: RowsQuery }> {
  const condition = await matches(scope, collection, filter);
  let query = scope.context.database.kysely
    .selectFrom(`${collection.source} as ${ITEM}`)
    .where(isVisible(collection, scope.caller, ITEM))
    .where(condition) as unknown as RowsQuery;
  for (const path of joinedPaths([...pathsOf(filter), ...columns.map((column) => column.path)])) {
    query = joinPath(query, scope, collection, path);
  }
  if (keys !== undefined) {
    query = query.where(sql<boolean>`${sql.ref(`${ITEM}.${collection.primaryKey}`)} = any (${keys})`);
  }
  // A query builder has a `then` of its own: alone it could not leave an async function.
  return { query };
}

/** All paths and what leads to them, each once, the shorter ones first. */
function joinedPaths(paths: readonly (readonly string[])[]): (readonly string[])[] {
  const found = new Map<string, readonly string[]>();
  for (const path of paths) {
    for (let length = 1; length <= path.length; length++) {
      const part = path.slice(0, length);
      found.set(part.join('.'), part);
    }
  }
  return [...found.values()].sort((a, b) => a.length - b.length);
}

function joinPath(query: RowsQuery, scope: Scope, start: Collection, path: readonly string[]): RowsQuery {
  const target = collectionAt(start, path);
  const alias = aliasOf(path);
  const reference = `${aliasOf(path.slice(0, -1))}.${path.at(-1)}`;
  return query.leftJoin(`${target.source} as ${alias}`, (join) =>
    join.onRef(`${alias}.${target.primaryKey}`, '=', reference).on(isVisible(target, scope.caller, alias)),
  ) as unknown as RowsQuery;
}
