import type { Caller } from '@codemint/db';
import { InvalidQueryError } from '@codemint/shared';
import type { Collection } from '../collection';
import { type ItemsQuery, META_NAMES, type MetaName } from './itemsQuery';
import { parseNames } from './lists';
import { parseFields } from './parseFields';
import { parseFilter } from './parseFilter';
import { parseSort } from './parseSort';

const DEFAULT_LIMIT = 100;

/**
 * Checks a query string's parameters, or the query of a SEARCH, against a collection. Unknown parameters are ignored.
 * @throws ForbiddenError for a field that does not exist or that the caller may not see, InvalidQueryError
 */
export function parseQuery(collection: Collection, caller: Caller, raw: Record<string, unknown>): ItemsQuery {
  const limit = parseLimit(raw.limit);
  return {
    fields: parseFields(collection, caller, raw.fields),
    filter: parseFilter(collection, raw.filter),
    sort: parseSort(collection, raw.sort),
    limit,
    offset: parseOffset(raw, limit),
    meta: parseMeta(raw.meta),
  };
}

/** -1 means all (null here), nothing or an empty text no rows. */
function parseLimit(raw: unknown): number | null {
  if (raw === undefined) return DEFAULT_LIMIT;
  if (raw === '') return 0;
  const limit = parseInteger('limit', raw, -1);
  return limit === -1 ? null : limit;
}

/** `page` counts from 1 and beats `offset`; page 0 is as none. */
function parseOffset(raw: Record<string, unknown>, limit: number | null): number {
  const offset = raw.offset === undefined || raw.offset === '' ? 0 : parseInteger('offset', raw.offset, 0);
  const page = raw.page === undefined || raw.page === '' ? 0 : parseInteger('page', raw.page, 0);
  if (page === 0) return offset;
  const skipped = limit === null ? 0 : (page - 1) * limit;
  if (!Number.isSafeInteger(skipped)) throw new InvalidQueryError('"page" is too large');
  return skipped;
}

function parseInteger(name: string, raw: unknown, least: number): number {
  const value = typeof raw === 'string' || typeof raw === 'number' ? Number(raw) : Number.NaN;
  if (Number.isNaN(value)) throw new InvalidQueryError(`"${name}" must be a number`);
  if (!Number.isSafeInteger(value)) throw new InvalidQueryError(`"${name}" must be an integer`);
  if (value < least) throw new InvalidQueryError(`"${name}" must be greater than or equal to ${least}`);
  return value;
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
