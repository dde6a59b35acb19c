import { ForbiddenError, isUuid } from '@codemint/shared';
import type { Collection } from './collection';
import { readItems } from './read/readItems';
import type { Scope } from './scope';

/**
 * Refuses a key that no item could have.
 * @throws ForbiddenError as for an item that is not there
 */
export function requireKey(collection: Collection, key: unknown): string {
  const type = collection.fields[collection.primaryKey]?.type;
  if (typeof key !== 'string' || key.includes('\0')) throw new ForbiddenError();
  if (type === 'uuid' && !isUuid(key)) throw new ForbiddenError();
  if (type === 'bigInteger' && !/^\d{1,18}$/.test(key)) throw new ForbiddenError();
  return type === 'uuid' ? key.toLowerCase() : key;
}

/** Those of the keys of which the caller sees no item. */
export async function findMissing(
  scope: Scope,
  collection: Collection,
  keys: readonly string[],
): Promise<string[]> {
  const { primaryKey } = collection;
  const found = await readItems(scope, collection, {
    fields: new Map([[primaryKey, null]]),
    keys,
    limit: null,
  });
  const present = new Set(found.map((item) => item[primaryKey]));
  return keys.filter((key) => !present.has(key));
}
