import { type RawBuilder, sql } from 'kysely';
import type { Collection } from '../collection';
import type { Aggregate, AggregateOperation, Grouping, ItemsQuery } from '../query/itemsQuery';
import { functionKey } from '../query/place';
import type { Item, Scope } from '../scope';
import { columnValue, ITEM } from './columns';
import { selectRows } from './rows';
import { shapeValue } from './shapeValue';
import type { Keys } from './visible';

/** As many groups as one answer has at most. */
const MAX_GROUPS = 100_000;

type GroupsQuery = Pick<ItemsQuery, 'filter' | 'limit' | 'offset'> & { grouping: Grouping; keys?: Keys };

/** Aggregates of the items that the caller may see and that meet the filter, by groups. */
export async function readGroups(
  scope: Scope,
  collection: Collection,
  { grouping, filter, keys, limit, offset }: GroupsQuery,
): Promise<Item[]> {
  const { groups, aggregates, sort } = grouping;
  const { query: rows } = await selectRows(scope, collection, { filter, keys, columns: groups });
  let query = rows.limit(Math.min(limit ?? MAX_GROUPS, MAX_GROUPS)).offset(offset);
  for (const [index, group] of groups.entries()) {
    query = query
      .select(columnValue(collection, group).as(groupName(index)))
      .groupBy(sql.ref(groupName(index)));
  }
  for (const [index, aggregate] of aggregates.entries()) {
    query = query.select(aggregateValue(aggregate).as(aggregateName(index)));
  }
  for (const { by, descending } of sort) {
    const name = 'group' in by ? groupName(by.group) : aggregateName(by.aggregate);
    query = query.orderBy(sql.ref(name), descending ? 'desc' : 'asc');
  }
  return (await query.execute()).map((row) => shapeGroup(grouping, row));
}

const groupName = (index: number) => `group:${index}`;
const aggregateName = (index: number) => `aggregate:${index}`;

const FUNCTIONS: Readonly<Record<AggregateOperation, (value: RawBuilder<unknown>) => RawBuilder<unknown>>> = {
  count: (value) => sql`count(${value})`,
  countDistinct: (value) => sql`count(distinct ${value})`,
  sum: (value) => sql`sum(${value})`,
  sumDistinct: (value) => sql`sum(distinct ${value})`,
  avg: (value) => sql`avg(${value})`,
  avgDistinct: (value) => sql`avg(distinct ${value})`,
  min: (value) => sql`min(${value})`,
  max: (value) => sql`max(${value})`,
};

function aggregateValue({ operation, field }: Aggregate): RawBuilder<unknown> {
  if (field === '*') return sql`count(*)`;
  return FUNCTIONS[operation](sql`${sql.ref(`${ITEM}.${field}`)}`);
}

/** `{"status":"new","count":"3","sum":{"quantity":"96"}}`; of rows and of values, the values' counts are told. */
function shapeGroup({ groups, aggregates }: Grouping, row: Item): Item {
  const item: Item = {};
  for (const [index, group] of groups.entries()) {
    const value = row[groupName(index)];
    item[functionKey(group)] = group.fn === undefined ? shapeValue(value) : asText(value);
  }
  for (const [index, { operation, field }] of aggregates.entries()) {
    const value = row[aggregateName(index)];
    const shaped = operation === 'min' || operation === 'max' ? shapeValue(value) : asText(value);
    const before = item[operation];
    if (field !== '*') item[operation] = { ...(typeof before === 'object' ? before : {}), [field]: shaped };
    else if (before === undefined) item[operation] = shaped;
  }
  return item;
}

/** Numbers that may be larger or finer than JSON's. */
function asText(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}
