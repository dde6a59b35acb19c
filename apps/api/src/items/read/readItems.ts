import { InvalidQueryError } from '@codemint/shared';
import type { Collection } from '../collection';
import { collectionNamed } from '../collections';
import type { FieldTree, Filter, SortKey } from '../query/itemsQuery';
import type { Item, Scope } from '../scope';
import { matches } from './matches';
import { shapeValue } from './shapeValue';
import { isVisible, type Keys } from './visible';

/** What one answer may hold; more is to be asked for in pages. */
const MAX_ROWS = 100_000;

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
  const rows = await readRows(scope, collection, options);
  if (rows.length > MAX_ROWS) {
    throw new InvalidQueryError(
      `More than ${MAX_ROWS} items: ask for them in pages, with "limit" and "page"`,
    );
  }
  return shapeRows(scope, collection, options.fields, rows);
}

/** Rows as they are answered: related items are read where they are asked for, one query a relation. */
export async function shapeRows(
  scope: Scope,
  collection: Collection,
  fields: FieldTree,
  rows: readonly Item[],
): Promise<Item[]> {
  const related = await readRelated(scope, collection, fields, rows);
  return rows.map((row) => shapeItem(row, fields, related));
}

function readRows(scope: Scope, collection: Collection, options: ReadOptions): Promise<Item[]> {
  const { filter, keys, sort = [], offset = 0 } = options;
  let query = scope.context.database.kysely
    .selectFrom(collection.source)
    .select([...options.fields.keys()])
    .where((eb) => isVisible(eb, collection, scope.caller, keys))
    .limit(Math.min(options.limit ?? MAX_ROWS + 1, MAX_ROWS + 1))
    .offset(offset);
  if (filter !== undefined) query = query.where((eb) => matches(eb, filter));
  for (const { field, descending } of sort) {
    // Postgres puts nulls last ascending and first descending, as the contract has it.
    query = query.orderBy(field, descending ? 'desc' : 'asc');
  }
  return query.execute();
}

/** Related items by field and key. */
type Related = ReadonlyMap<string, ReadonlyMap<unknown, Item>>;

async function readRelated(
  scope: Scope,
  collection: Collection,
  fields: FieldTree,
  rows: readonly Item[],
): Promise<Related> {
  const related = new Map<string, ReadonlyMap<unknown, Item>>();
  for (const [name, tree] of fields) {
    const target = collection.fields[name]?.relation;
    if (tree === null || target === undefined) continue;
    const keys = [...new Set(rows.map((row) => row[name]).filter((key) => key !== null))] as string[];
    related.set(name, await readByKey(scope, collectionNamed(target), tree, keys));
  }
  return related;
}

async function readByKey(
  scope: Scope,
  collection: Collection,
  tree: FieldTree,
  keys: Keys,
): Promise<ReadonlyMap<unknown, Item>> {
  const { primaryKey } = collection;
  const fields: FieldTree = new Map([...tree, [primaryKey, tree.get(primaryKey) ?? null]]);
  const items = await readItems(scope, collection, { fields, keys, limit: null });
  return new Map(
    items.map((item) => {
      const { [primaryKey]: key, ...rest } = item;
      return [key, tree.has(primaryKey) ? item : rest];
    }),
  );
}

/** A related item that the caller may not see is as one that is not there. */
function shapeItem(row: Item, fields: FieldTree, related: Related): Item {
  const item: Item = {};
  for (const [name, tree] of fields) {
    item[name] = tree === null ? shapeValue(row[name]) : (related.get(name)?.get(row[name]) ?? null);
  }
  return item;
}
