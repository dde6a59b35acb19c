import type { Expression, SqlBool } from 'kysely';
import type { Filter } from '../query/itemsQuery';
import type { Rows } from './visible';

/** A filter as a condition of SQL. */
export function matches(eb: Rows, filter: Filter): Expression<SqlBool> {
  if (filter.kind === 'equals') {
    return filter.value === null ? eb(filter.field, 'is', null) : eb(filter.field, '=', filter.value);
  }
  const parts = filter.parts.map((part) => matches(eb, part));
  return filter.kind === 'and' ? eb.and(parts) : eb.or(parts);
}
