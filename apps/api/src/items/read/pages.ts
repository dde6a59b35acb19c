import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Collection } from '../collection';
import type { SortKey } from '../query/itemsQuery';
import type { Scope } from '../scope';
import { columnValue, ITEM } from './columns';
import type { RowsQuery } from './rows';

/** A row's values of the sort keys: where a page ended. */
export type Bookmark = readonly unknown[];

const PAGE = 'page';
const KEY = 'key';
const bookmarkName = (index: number) => `sort:${index}`;

/** Sorts a query and has each row bring its bookmark. */
export function sorted(query: RowsQuery, collection: Collection, sort: readonly SortKey[]): RowsQuery {
  let result = query;
  for (const [index, { column, descending }] of sort.entries()) {
    const value = columnValue(collection, column);
    // Postgres puts nulls last ascending and first descending, as the contract has it.
    result = result.select(value.as(bookmarkName(index))).orderBy(value, descending ? 'desc' : 'asc');
  }
  return result;
}

/** The whole rows of a page, in its order and with its bookmarks. */
export function rowsOfPage(
  scope: Scope,
  { source, primaryKey }: Collection,
  page: RowsQuery,
  sort: readonly SortKey[],
): RowsQuery {
  const keys = page.select(`${ITEM}.${primaryKey} as ${KEY}`).as(PAGE);
  let rows = scope.context.database.kysely
    .selectFrom(keys)
    .innerJoin(`${source} as ${ITEM}`, `${ITEM}.${primaryKey}`, `${PAGE}.${KEY}`) as unknown as RowsQuery;
  for (const [index, { descending }] of sort.entries()) {
    const name = `${PAGE}.${bookmarkName(index)}`;
    rows = rows.select(`${name} as ${bookmarkName(index)}`).orderBy(name, descending ? 'desc' : 'asc');
  }
  return rows;
}

export function bookmarkOf(row: Readonly<Record<string, unknown>>, sort: readonly SortKey[]): Bookmark {
  return sort.map((_, index) => row[bookmarkName(index)] ?? null);
}

/** Rows behind a bookmark, in the order of the sort, which ends with the primary key. */
export function isBehind(
  collection: Collection,
  sort: readonly SortKey[],
  bookmark: Bookmark,
): RawBuilder<SqlBool> {
  const alternatives = sort.map((key, index) => {
    const same = sort
      .slice(0, index)
      .map(
        (earlier, i) => sql`${columnValue(collection, earlier.column)} is not distinct from ${bookmark[i]}`,
      );
    return sql`(${sql.join([...same, isPast(collection, key, bookmark[index])], sql` and `)})`;
  });
  return sql`(${sql.join(alternatives, sql` or `)})`;
}

function isPast(
  collection: Collection,
  { column, descending }: SortKey,
  value: unknown,
): RawBuilder<unknown> {
  const own = columnValue(collection, column);
  if (value === null) return descending ? sql`${own} is not null` : sql`false`;
  return descending ? sql`${own} < ${value}` : sql`(${own} > ${value} or ${own} is null)`;
}
