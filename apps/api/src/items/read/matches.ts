import type { RawBuilder, SqlBool } from 'kysely';
import type { Collection } from '../collection';
import { listSource } from '../lists';
import type { ParentCondition } from '../lists/listSource';
import type { Filter } from '../query/itemsQuery';
import type { Scope } from '../scope';
import { aliasOf, collectionAt, columnValue, typeOf } from './columns';
import { conditionOf, type ListFilter } from './conditions';

/**
 * A filter as a condition on the rows of a query that has all of `pathsOf(filter)` joined.
 * @throws InvalidQueryError for a filter that a list cannot answer in bounded time
 */
export async function matches(
  scope: Scope,
  collection: Collection,
  filter: Filter,
): Promise<RawBuilder<SqlBool>> {
  const conditions = new Map<ListFilter, ParentCondition>();
  for (const list of listsOf(filter)) {
    const source = listSource(collectionAt(collection, list.path), list.field);
    conditions.set(list, await source.someMeet(scope, list.filter));
  }
  return conditionOf(filter, {
    value: (column) => columnValue(collection, column),
    isTimestamp: (column) => typeOf(collection, column) === 'timestamp',
    someMeet: (list) => (conditions.get(list) as ParentCondition)(aliasOf(list.path)),
  });
}

function listsOf(filter: Filter): ListFilter[] {
  if (filter.kind === 'list') return [filter];
  return filter.kind === 'test' ? [] : filter.parts.flatMap(listsOf);
}

/** Paths of relations that a filter speaks of. */
export function pathsOf(filter: Filter): (readonly string[])[] {
  if (filter.kind === 'test') return [filter.column.path];
  return filter.kind === 'list' ? [filter.path] : filter.parts.flatMap(pathsOf);
}
