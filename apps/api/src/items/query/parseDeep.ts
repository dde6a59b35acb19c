import { type Alias, parseAlias } from './alias';
import type { Filter, ListQuery } from './itemsQuery';
import { isPlainObject, parseObject } from './lists';
import { parseLimit, parseOffset } from './pages';
import { parseFilter } from './parseFilter';
import { parseSearch } from './parseSearch';
import { parseSort } from './parseSort';
import type { Place } from './place';

/** Queries of related items, by the path of fields that leads to them; their parameters begin with `_`. */
export type Deep = Readonly<Record<string, unknown>>;

/** @throws InvalidQueryError */
export function parseDeep(raw: unknown): Deep {
  return parseObject('deep', raw) ?? {};
}

/** What a deep query asks of the items below a field. */
export function deepBelow(deep: Deep, key: string): { deep: Deep; alias: Alias } {
  const below = Object.hasOwn(deep, key) ? deep[key] : undefined;
  return isPlainObject(below) ? { deep: below, alias: parseAlias(below._alias) } : { deep: {}, alias: {} };
}

/** @throws InvalidQueryError; the place's `unknown` is told of fields that are not there */
export function parseListQuery(place: Place, deep: Deep): ListQuery {
  const limit = parseLimit(deep._limit);
  return {
    filter: parseRelatedFilter(place, deep),
    sort: parseSort(place, deep._sort),
    limit,
    offset: parseOffset({ offset: deep._offset, page: deep._page }, limit),
  };
}

/** Of the query of a single related item only the filter has a meaning. */
export function parseRelatedFilter(place: Place, deep: Deep): Filter {
  const parts = [parseFilter(place, deep._filter), parseSearch(place.collection, deep._search)];
  return { kind: 'and', parts };
}
