import type { RawBuilder, SqlBool } from 'kysely';
import type { Filter, ListQuery } from '../query/itemsQuery';
import type { Item, Scope } from '../scope';

/** How the items of a list are found: they need not stand in a table. The parents are rows that the caller may see. */
export interface ListSource {
  /** How many items the row with this alias has, as a numeric of SQL. */
  count(alias: string): RawBuilder<number>;
  /**
   * What a parent has to meet for some of its items to meet the filter.
   * @throws InvalidQueryError for a filter that would take a look at every item
   */
  someMeet(scope: Scope, filter: Filter): Promise<ParentCondition>;
  /**
   * Rows of the list's collection, not shaped yet, by the parents' primary keys.
   * @throws InvalidQueryError for an order or a filter that the list does not have
   */
  read(
    scope: Scope,
    parentKeys: readonly string[],
    query: ListQuery,
  ): Promise<ReadonlyMap<string, readonly Item[]>>;
}

/** A condition on the parent's row with this alias. */
export type ParentCondition = (alias: string) => RawBuilder<SqlBool>;
