import { InvalidQueryError } from '@codemint/shared';
import { type Collection, findField } from '../collection';
import { unknownField } from '../refusals';
import type { SortKey } from './itemsQuery';
import { parseNames } from './lists';

/**
 * In which order to answer. Rows that are equal so far follow their primary key in the direction of the last key,
 * so that pages never overlap and a reversed sort is the same list backwards.
 * @throws ForbiddenError for an unknown field, InvalidQueryError
 */
export function parseSort(collection: Collection, raw: unknown): SortKey[] {
  const keys = parseNames('sort', raw).map((name) => parseKey(collection, name));
  const { primaryKey } = collection;
  if (keys.some(({ field }) => field === primaryKey)) return keys;
  return [...keys, { field: primaryKey, descending: keys.at(-1)?.descending ?? false }];
}

function parseKey(collection: Collection, name: string): SortKey {
  const descending = name.startsWith('-');
  const field = descending ? name.slice(1) : name;
  if (findField(collection, field) !== undefined) return { field, descending };
  if (/[.(]/.test(field)) throw new InvalidQueryError(`Sorting by "${field}" is not supported`);
  throw unknownField(collection, field, []);
}
