import { InvalidQueryError } from '@codemint/shared';
import type { Collection } from '../collection';
import { type FieldTree, type Filter, type ItemsQuery, MATCH_ALL, type SortKey } from '../query/itemsQuery';
import type { Item, Scope } from '../scope';
import { columnValue, ITEM } from './columns';
import { readGroups } from './groups';
import { type Bookmark, bookmarkOf, isBehind, rowsOfPage, sorted } from './pages';
import { type RowsQuery, selectRows } from './rows';
import { columnsOf, shapeItems } from './shapeItems';
import type { Keys } from './visible';

/** What may be held at a time; more is to be streamed. */
const MAX_ROWS = 100_000;

/** Rows read at a time where all are wanted. */
const ROWS_AT_ONCE = 2_000;

/** The same where each brings lists of its own; of these so many items in all. */
const LISTED_AT_ONCE = 20_000;

export interface ReadOptions {
  readonly fields: FieldTree;
  readonly filter?: Filter;
  /** Only items with these primary keys. */
  readonly keys?: Keys;
  readonly sort?: readonly SortKey[];
  readonly limit?: number | null;
  readonly offset?: number;
}

/**
 * Reads the items that the caller may see.
 * @throws InvalidQueryError if they are more than one answer can hold
 */
export async function readItems(scope: Scope, collection: Collection, options: ReadOptions): Promise<Item[]> {
  if (options.limit === 0 || options.keys?.length === 0) return [];
  const limit = Math.min(options.limit ?? MAX_ROWS + 1, MAX_ROWS + 1);
  const rows = await readRows(scope, collection, { ...options, limit });
  if (rows.length > MAX_ROWS) {
    throw new InvalidQueryError(
      `More than ${MAX_ROWS} items: ask for them in pages, with "limit" and "page"`,
    );
  }
  return shapeRows(scope, collection, options.fields, rows);
}

/** Rows as they are answered. */
export function shapeRows(
  scope: Scope,
  collection: Collection,
  fields: FieldTree,
  rows: readonly Item[],
): Promise<Item[]> {
  return shapeItems(scope, collection, fields, rows, readItems);
}

/**
 * The items (or groups) that a query asks for, page by page, however many they are. Each page is one short query from
 * where the one before it ended: a slow reader holds no cursor, no snapshot and no connection, and an item that comes
 * or goes meanwhile moves no other.
 * @param keys only items with these primary keys
 */
export async function* streamItems(
  scope: Scope,
  collection: Collection,
  query: ItemsQuery,
  keys?: Keys,
): AsyncGenerator<Item[]> {
  if (query.limit === 0 || keys?.length === 0) return;
  if (query.grouping !== undefined) {
    yield await readGroups(scope, collection, { ...query, grouping: query.grouping, keys });
    return;
  }
  const { fields, filter, sort } = query;
  const pageSize = pageSizeOf(fields);
  let after: Bookmark | undefined;
  let { offset } = query;
  for (let left = query.limit ?? Number.POSITIVE_INFINITY; left > 0; offset = 0) {
    const limit = Math.min(left, pageSize);
    const rows = await readRows(scope, collection, { fields, filter, keys, sort, limit, offset, after });
    if (rows.length > 0) yield await shapeRows(scope, collection, fields, rows);
    const last = rows.at(-1);
    if (last === undefined || rows.length < limit) return;
    after = bookmarkOf(last, sort);
    left -= rows.length;
  }
}

function pageSizeOf(fields: FieldTree): number {
  let listed = 0;
  for (const node of fields.values()) {
    if (node?.kind === 'list') listed += node.query.limit ?? LISTED_AT_ONCE;
  }
  return listed === 0
    ? ROWS_AT_ONCE
    : Math.max(1, Math.min(ROWS_AT_ONCE, Math.floor(LISTED_AT_ONCE / listed)));
}

async function readRows(
  scope: Scope,
  collection: Collection,
  options: ReadOptions & { limit: number; after?: Bookmark },
): Promise<Item[]> {
  const { fields, filter = MATCH_ALL, keys, sort = [], limit, offset = 0, after } = options;
  const selection = { filter, keys, columns: sort.map(({ column }) => column) };
  const { query } = await selectRows(scope, collection, selection);
  const behind = after === undefined ? query : query.where(isBehind(collection, sort, after));
  const page = sorted(behind, collection, sort).limit(limit).offset(offset);
  // Whole rows are too wide to be sorted, and where they are views, too dear to be made for no more than their keys.
  const rows = keys === undefined && sort.length > 0 ? rowsOfPage(scope, collection, page, sort) : page;
  return selectFields(rows, collection, fields).execute();
}

function selectFields(query: RowsQuery, collection: Collection, fields: FieldTree): RowsQuery {
  let result = query;
  for (const name of columnsOf(collection, fields)) result = result.select(`${ITEM}.${name} as ${name}`);
  for (const [key, node] of fields) {
    if (node?.kind === 'function') result = result.select(columnValue(collection, node.column).as(key));
  }
  return result;
}
