import type { Collection } from '../collection';
import { collectionNamed } from '../collections';
import { listSource } from '../lists';
import type { FieldNode, FieldTree, Filter } from '../query/itemsQuery';
import type { Item, Scope } from '../scope';
import { shapeValue } from './shapeValue';
import type { Keys } from './visible';

/** Reads items by their primary keys, shaped by a tree that has the key. */
export type ReadByKeys = (
  scope: Scope,
  collection: Collection,
  wanted: { fields: FieldTree; filter: Filter; keys: Keys },
) => Promise<readonly Item[]>;

/** Columns that rows need to have to be shaped by a tree; values of functions come under the keys of their nodes. */
export function columnsOf(collection: Collection, fields: FieldTree): Set<string> {
  const names = new Set<string>();
  for (const [key, node] of fields) {
    if (node === null) names.add(key);
    else if (node.kind === 'related') names.add(node.field);
    else if (node.kind === 'list') names.add(collection.primaryKey);
  }
  return names;
}

/**
 * Rows as they are answered. What they refer to and what refers to them is read where it is asked for, one query each
 * for all the rows.
 */
export async function shapeItems(
  scope: Scope,
  collection: Collection,
  fields: FieldTree,
  rows: readonly Item[],
  readByKeys: ReadByKeys,
): Promise<Item[]> {
  const items: Item[] = rows.map(() => ({}));
  for (const [key, node] of fields) {
    const valueFor = await valuesOf({ scope, collection, rows, readByKeys }, key, node);
    for (const [index, row] of rows.entries()) (items[index] as Item)[key] = valueFor(row);
  }
  return items;
}

interface Shaping {
  scope: Scope;
  collection: Collection;
  rows: readonly Item[];
  readByKeys: ReadByKeys;
}

async function valuesOf(
  shaping: Shaping,
  key: string,
  node: FieldNode | null,
): Promise<(row: Item) => unknown> {
  if (node === null) return (row) => shapeValue(row[key]);
  switch (node.kind) {
    case 'function':
      return (row) => shapeNumber(row[key]);
    case 'related': {
      const related = await readRelated(shaping, node);
      return (row) => related.get(row[node.field]) ?? null;
    }
    case 'list': {
      const lists = await readLists(shaping, node);
      const { primaryKey } = shaping.collection;
      return (row) => lists.get(String(row[primaryKey])) ?? [];
    }
  }
}

/** What functions make is a number in words. */
function shapeNumber(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}

/** An item that the caller may not see is as one that is not there. */
async function readRelated(
  { scope, collection, rows, readByKeys }: Shaping,
  { field, tree, filter }: Extract<FieldNode, { kind: 'related' }>,
): Promise<ReadonlyMap<unknown, Item>> {
  const target = collectionNamed(collection.fields[field]?.relation ?? '');
  const { primaryKey } = target;
  const keys = [...new Set(rows.map((row) => row[field]).filter((key) => key !== null))] as string[];
  const isKeyWanted = tree.has(primaryKey);
  const fields = isKeyWanted ? tree : new Map([...tree, [primaryKey, null] as const]);
  const items = await readByKeys(scope, target, { fields, filter, keys });
  return new Map(
    items.map((item) => {
      const { [primaryKey]: key, ...rest } = item;
      return [key, isKeyWanted ? item : rest];
    }),
  );
}

async function readLists(
  { scope, collection, rows, readByKeys }: Shaping,
  { field, tree, query }: Extract<FieldNode, { kind: 'list' }>,
): Promise<ReadonlyMap<string, readonly unknown[]>> {
  const target = collectionNamed(collection.lists?.[field] ?? '');
  const parents = rows.map((row) => String(row[collection.primaryKey]));
  const lists = await listSource(collection, field).read(scope, parents, query);
  const found = [...lists.values()].flat();
  const fields: FieldTree = tree ?? new Map([[target.primaryKey, null]]);
  const shaped = await shapeItems(scope, target, fields, found, readByKeys);
  let next = 0;
  return new Map(
    [...lists].map(([parent, { length }]) => {
      const items = shaped.slice(next, next + length);
      next += length;
      return [parent, tree === null ? items.map((item) => item[target.primaryKey]) : items];
    }),
  );
}
