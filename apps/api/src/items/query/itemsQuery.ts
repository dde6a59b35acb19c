/** A query that has been checked against its collection. */
export interface ItemsQuery {
  readonly fields: FieldTree;
  readonly filter: Filter;
  readonly sort: readonly SortKey[];
  /** Null: all. */
  readonly limit: number | null;
  readonly offset: number;
  readonly meta: ReadonlySet<MetaName>;
}

/** Fields to answer, in order; with a tree of its own a relation is answered as an object. */
export type FieldTree = ReadonlyMap<string, FieldTree | null>;

export const META_NAMES = ['total_count', 'filter_count'] as const;
export type MetaName = (typeof META_NAMES)[number];

export interface SortKey {
  readonly field: string;
  readonly descending: boolean;
}

/** What rows must meet; an empty `and` is met by all. */
export type Filter =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Filter[] }
  | { readonly kind: 'equals'; readonly field: string; readonly value: FilterValue };

/** A value of the field's type, as Postgres takes it. Null: the field has none. */
export type FilterValue = string | number | bigint | Date | null;

export const MATCH_ALL: Filter = { kind: 'and', parts: [] };
