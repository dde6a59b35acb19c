import { InvalidQueryError } from '@codemint/shared';
import { type FieldType, findField } from '../collection';
import {
  AGGREGATE_OPERATIONS,
  type Aggregate,
  type AggregateOperation,
  type Column,
  type Grouping,
  type GroupSortKey,
} from './itemsQuery';
import { parseNames, parseObject } from './lists';
import { type RawSortKey, splitSort } from './parseSort';
import { type Place, parseName, resolveColumn, resolveName } from './place';

const NUMBERS: readonly FieldType[] = ['integer', 'bigInteger', 'float'];
const ORDERED: readonly FieldType[] = [...NUMBERS, 'string', 'timestamp'];

/** Which types an operation takes; one that is not here takes all. */
const TYPES: { readonly [Operation in AggregateOperation]?: readonly FieldType[] } = {
  sum: NUMBERS,
  sumDistinct: NUMBERS,
  avg: NUMBERS,
  avgDistinct: NUMBERS,
  min: ORDERED,
  max: ORDERED,
};

/**
 * `aggregate` and `groupBy`; undefined if a query has neither.
 * @throws InvalidQueryError; the place's `unknown` is told of fields that are not there
 */
export function parseGrouping(
  place: Place,
  { aggregate, groupBy, sort }: Readonly<Record<string, unknown>>,
): Grouping | undefined {
  const aggregates = Object.entries(parseObject('aggregate', aggregate) ?? {}).flatMap(([operation, raw]) =>
    parseAggregates(place, operation, raw),
  );
  const groups = parseNames('groupBy', groupBy).flatMap((name) => parseGroup(place, name));
  if (aggregates.length === 0 && groups.length === 0) return undefined;
  const wanted = splitSort(sort);
  const keys =
    groups.length === 0 ? [] : wanted.flatMap((key) => parseSortKey(place, { groups, aggregates }, key));
  const sorted = new Set(keys.map(({ by }) => 'group' in by && by.group));
  // In the order of the groups as far as nothing else is asked for: pages never overlap.
  const rest = groups.flatMap((_, group): GroupSortKey[] =>
    sorted.has(group) ? [] : [{ by: { group }, descending: false }],
  );
  return { groups, aggregates, sort: [...keys, ...rest] };
}

function parseAggregates(place: Place, operation: string, raw: unknown): Aggregate[] {
  if (!isOperation(operation)) throw new InvalidQueryError(`Invalid aggregate function "${operation}"`);
  return parseNames(`aggregate.${operation}`, raw).flatMap((field): Aggregate[] => {
    if (field === '*' && operation === 'count') return [{ operation, field }];
    const type = findField(place.collection, field)?.type;
    if (type === undefined) {
      place.unknown.add(place, parseName(field).field);
      return [];
    }
    if (TYPES[operation]?.includes(type) === false) {
      throw new InvalidQueryError(
        `"${type}" field type does not contain the "${operation}" aggregate function`,
      );
    }
    return [{ operation, field }];
  });
}

function isOperation(name: string): name is AggregateOperation {
  return (AGGREGATE_OPERATIONS as readonly string[]).includes(name);
}

function parseGroup(place: Place, name: string): Column[] {
  const column = resolveName(place, parseName(name));
  return column === undefined ? [] : [column];
}

/** `status` of the groups, `count` of rows, `sum.quantity` of the aggregates. */
function parseSortKey(
  place: Place,
  { groups, aggregates }: Pick<Grouping, 'groups' | 'aggregates'>,
  { name, descending }: RawSortKey,
): GroupSortKey[] {
  const aggregate = findAggregate(aggregates, name);
  if (aggregate >= 0) return [{ by: { aggregate }, descending }];
  const column = resolveColumn(place, name);
  if (column === undefined) return [];
  const group = groups.findIndex(
    ({ field, fn }) => column.path.length === 0 && field === column.field && fn === column.fn,
  );
  if (group >= 0) return [{ by: { group }, descending }];
  throw new InvalidQueryError(
    `Groups cannot be sorted by "${name}", which is neither a group nor an aggregate`,
  );
}

function findAggregate(aggregates: readonly Aggregate[], name: string): number {
  const [operation, field] = name.split('.');
  const isRows = operation === 'count' && field === undefined;
  const exact = aggregates.findIndex(
    (aggregate) => aggregate.operation === operation && aggregate.field === (isRows ? '*' : field),
  );
  if (exact >= 0 || field !== undefined) return exact;
  return aggregates.findIndex((aggregate) => aggregate.operation === operation);
}
