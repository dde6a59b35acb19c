import type { Caller } from '@codemint/db';
import { InvalidQueryError } from '@codemint/shared';
import type { Collection } from '../collection';
import { parseAlias } from './alias';
import { type FieldTree, type ItemsQuery, META_NAMES, type MetaName } from './itemsQuery';
import { parseNames } from './lists';
import { parseLimit, parseOffset } from './pages';
import { parseDeep } from './parseDeep';
import { parseFields } from './parseFields';
import { parseFilter } from './parseFilter';
import { parseGrouping } from './parseGrouping';
import { parseSearch } from './parseSearch';
import { parseSort } from './parseSort';
import { startAt } from './place';
import { UnknownFields } from './unknownFields';

/**
 * Checks a query string's parameters, or the query of a SEARCH, against a collection. Unknown parameters are ignored.
 * @throws ForbiddenError for a field that does not exist or that the caller may not see, InvalidQueryError
 */
export function parseQuery(collection: Collection, caller: Caller, raw: Record<string, unknown>): ItemsQuery {
  const unknown = new UnknownFields();
  const place = startAt(collection, caller, unknown);
  const limit = parseLimit(raw.limit);
  const offset = parseOffset(raw, limit);
  const meta = parseMeta(raw.meta);
  const filter = parseFilter(place, raw.filter);
  const search = parseSearch(collection, raw.search);
  const grouping = parseGrouping(place, raw);
  const sort = parseSort(place, grouping === undefined ? raw.sort : undefined);
  unknown.refuse();
  return {
    ...parseShape(collection, caller, grouping === undefined ? raw : {}),
    filter: { kind: 'and', parts: [filter, search] },
    sort,
    limit,
    offset,
    meta,
    grouping,
  };
}

/**
 * The part of a query that shapes items.
 * @throws ForbiddenError, InvalidQueryError
 */
export function parseShape(
  collection: Collection,
  caller: Caller,
  { fields, alias, deep }: Readonly<Record<string, unknown>>,
): Pick<ItemsQuery, 'fields' | 'isBare'> {
  const unknown = new UnknownFields();
  const options = { alias: parseAlias(alias), deep: parseDeep(deep) };
  const tree = parseFields(startAt(collection, caller, unknown), fields, options);
  unknown.refuse();
  const isBare = tree.size === 0;
  return { fields: isBare ? plainFields([collection.primaryKey]) : tree, isBare };
}

/** Fields as they are. */
export function plainFields(names: readonly string[]): FieldTree {
  return new Map(names.map((name) => [name, null]));
}

function parseMeta(raw: unknown): ReadonlySet<MetaName> {
  const names = parseNames('meta', raw);
  if (names.includes('*')) return new Set(META_NAMES);
  for (const [place, name] of names.entries()) {
    if (!META_NAMES.includes(name as MetaName)) {
      throw new InvalidQueryError(`"meta[${place}]" must be one of [${META_NAMES.join(', ')}]`);
    }
  }
  return new Set(names as MetaName[]);
}
