/** A query that has been checked against its collection. */
export interface ItemsQuery {
  readonly fields: FieldTree;
  /** Of all that was asked for there is no field left: items are answered as their bare primary keys. */
  readonly isBare: boolean;
  /** What `filter` and `search` ask for together. */
  readonly filter: Filter;
  /** Ends with the primary key, so that the order is total. */
  readonly sort: readonly SortKey[];
  /** Null: all. */
  readonly limit: number | null;
  readonly offset: number;
  readonly meta: ReadonlySet<MetaName>;
  /** With it the answer is of groups, not of items; `fields` and `sort` are without meaning then. */
  readonly grouping?: Grouping;
}

/** What to answer of each item, in order, by the key that it gets. Null: the field of that name as it is. */
export type FieldTree = ReadonlyMap<string, FieldNode | null>;

export type FieldNode =
  | { readonly kind: 'function'; readonly column: Column }
  /** The item that the field refers to, as an object; null where there is none that meets the filter. */
  | { readonly kind: 'related'; readonly field: string; readonly tree: FieldTree; readonly filter: Filter }
  /** The items that refer to this one. A null tree: their primary keys. */
  | {
      readonly kind: 'list';
      readonly field: string;
      readonly tree: FieldTree | null;
      readonly query: ListQuery;
    };

/** Which items of a list, in which order. */
export type ListQuery = Pick<ItemsQuery, 'filter' | 'sort' | 'limit' | 'offset'>;

/** A field of the collection itself, or of one that a path of relations leads to; `fn` of its value, if any. */
export interface Column {
  readonly path: readonly string[];
  readonly field: string;
  readonly fn?: FunctionName;
}

export const DATE_FUNCTIONS = [
  'year',
  'month',
  'week',
  'day',
  'weekday',
  'hour',
  'minute',
  'second',
] as const;
/** `count` is of lists, all others of timestamps. */
export type FunctionName = (typeof DATE_FUNCTIONS)[number] | 'count';

export const META_NAMES = ['total_count', 'filter_count'] as const;
export type MetaName = (typeof META_NAMES)[number];

/** Nulls are last ascending and first descending. */
export interface SortKey {
  readonly column: Column;
  readonly descending: boolean;
}

/**
 * What rows must meet: an empty `and` is met by all, an empty `or` by none. Null is neither equal nor unequal to
 * anything: a test with a value leaves nulls out, negated or not.
 */
export type Filter =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Filter[] }
  | { readonly kind: 'test'; readonly column: Column; readonly test: Test }
  /** Of the list, some item (or none) meets the filter, whose columns are those of the list's collection. */
  | {
      readonly kind: 'list';
      readonly path: readonly string[];
      readonly field: string;
      readonly quantifier: 'some' | 'none';
      readonly filter: Filter;
    };

export type Test =
  | { readonly kind: 'null'; readonly negated: boolean }
  /** Null, or a text without a character. */
  | { readonly kind: 'empty'; readonly negated: boolean }
  | { readonly kind: 'compare'; readonly operator: Comparison; readonly value: FilterValue }
  | { readonly kind: 'in'; readonly negated: boolean; readonly values: readonly FilterValue[] }
  | {
      readonly kind: 'between';
      readonly negated: boolean;
      readonly low: FilterValue;
      readonly high: FilterValue;
    }
  /** All characters of `text` stand for themselves. A timestamp is compared as it is answered. */
  | {
      readonly kind: 'text';
      readonly negated: boolean;
      readonly place: 'anywhere' | 'start' | 'end';
      readonly ignoreCase: boolean;
      readonly text: string;
    };

export type Comparison = '=' | '!=' | '<' | '<=' | '>' | '>=';

/** A value of the field's type, as Postgres takes it; numbers are those of functions and of floats. */
export type FilterValue = string | number | bigint | boolean | Date;

export const MATCH_ALL: Filter = { kind: 'and', parts: [] };
export const MATCH_NONE: Filter = { kind: 'or', parts: [] };

/** Whether a filter says nothing: it asks for no value at all. */
export function saysNothing(filter: Filter): boolean {
  if (filter.kind === 'and') return filter.parts.every(saysNothing);
  return filter.kind === 'or' && filter.parts.some(saysNothing);
}

export const AGGREGATE_OPERATIONS = [
  'count',
  'countDistinct',
  'sum',
  'sumDistinct',
  'avg',
  'avgDistinct',
  'min',
  'max',
] as const;
export type AggregateOperation = (typeof AGGREGATE_OPERATIONS)[number];

export interface Aggregate {
  readonly operation: AggregateOperation;
  /** `*`: of rows, not of values. */
  readonly field: string;
}

/** One answer for each combination of the groups' values; without groups one over all. */
export interface Grouping {
  readonly groups: readonly Column[];
  readonly aggregates: readonly Aggregate[];
  readonly sort: readonly GroupSortKey[];
}

/** By a group's or an aggregate's place in the grouping. */
export interface GroupSortKey {
  readonly by: { readonly group: number } | { readonly aggregate: number };
  readonly descending: boolean;
}
