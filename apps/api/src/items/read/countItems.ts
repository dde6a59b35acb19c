import { sql } from 'kysely';
import type { Collection } from '../collection';
import { type Filter, type ItemsQuery, MATCH_ALL } from '../query/itemsQuery';
import type { Scope } from '../scope';
import { selectRows } from './rows';

/** How many items the caller may see, of those that meet the filter. */
async function countItems(scope: Scope, collection: Collection, filter: Filter): Promise<number> {
  const { query } = await selectRows(scope, collection, { filter });
  const [row] = await query.select(sql`count(*)`.as('count')).execute();
  return Number(row?.count);
}

/** The counts that a query asks for; undefined if it asks for none. */
export async function readMeta(
  scope: Scope,
  collection: Collection,
  query: Pick<ItemsQuery, 'meta' | 'filter'>,
): Promise<Record<string, number> | undefined> {
  if (query.meta.size === 0) return undefined;
  const meta: Record<string, number> = {};
  if (query.meta.has('total_count')) {
    meta.total_count = await countItems(scope, collection, MATCH_ALL);
  }
  if (query.meta.has('filter_count')) meta.filter_count = await countItems(scope, collection, query.filter);
  return meta;
}
