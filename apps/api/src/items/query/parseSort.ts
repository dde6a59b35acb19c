import { InvalidQueryError } from '@codemint/shared';
import type { SortKey } from './itemsQuery';
import { parseNames } from './lists';
import { type Place, resolveColumn } from './place';

const MAX_KEYS = 30;

/** A key of a sort, without the sign that turns it round. */
export interface RawSortKey {
  readonly name: string;
  readonly descending: boolean;
}

/** @throws InvalidQueryError */
export function splitSort(raw: unknown): RawSortKey[] {
  const names = parseNames('sort', raw);
  if (names.length > MAX_KEYS) throw new InvalidQueryError(`"sort" has at most ${MAX_KEYS} keys`);
  return names.map((name) => {
    const descending = name.startsWith('-');
    return { name: descending ? name.slice(1) : name, descending };
  });
}

/**
 * In which order to answer. Rows that are equal so far follow their primary key in the direction of the last key,
 * so that pages never overlap and a reversed sort is the same list backwards.
 * @throws InvalidQueryError; the place's `unknown` is told of fields that are not there
 */
export function parseSort(place: Place, raw: unknown): SortKey[] {
  const { primaryKey } = place.collection;
  const keys: SortKey[] = [];
  for (const { name, descending } of splitSort(raw)) {
    const column = resolveColumn(place, name);
    if (column !== undefined) keys.push({ column, descending });
    // All that follows could change nothing.
    if (name === primaryKey) return keys;
  }
  return [...keys, { column: { path: [], field: primaryKey }, descending: keys.at(-1)?.descending ?? false }];
}
