import { type RawBuilder, sql } from 'kysely';
import type { Collection, FieldType } from '../collection';
import { collectionNamed } from '../collections';
import { listSource } from '../lists';
import type { Column } from '../query/itemsQuery';
import { datePart } from './functions';

/** Name of the collection's own row in a query; rows that a path leads to are joined under names made from it. */
export const ITEM = 'item';

export function aliasOf(path: readonly string[]): string {
  return [ITEM, ...path].join('__');
}

/** The collection that a path of relations leads to. */
export function collectionAt(start: Collection, path: readonly string[]): Collection {
  return path.reduce((collection, name) => collectionNamed(collection.fields[name]?.relation ?? ''), start);
}

export function typeOf(start: Collection, { path, field, fn }: Column): FieldType | undefined {
  return fn === undefined ? collectionAt(start, path).fields[field]?.type : undefined;
}

/** The value of a column in SQL. */
export function columnValue(start: Collection, { path, field, fn }: Column): RawBuilder<unknown> {
  const alias = aliasOf(path);
  if (fn === 'count') return listSource(collectionAt(start, path), field).count(alias);
  const value = sql`${sql.ref(`${alias}.${field}`)}`;
  return fn === undefined ? value : datePart(fn, value);
}
