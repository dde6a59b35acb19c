/** What a list of orders or events is narrowed to: any of the values, and all filters. */
export type ListFilter =
  | { on: 'tags'; values: readonly string[] }
  | { on: 'purchaseOrder'; values: readonly string[] }
  | { on: 'identifiers'; key: string; values: readonly string[] };

/** Which columns of a table the filters are about. */
export interface FilterColumns {
  tags: string;
  purchaseOrder: string;
  identifiers: string;
}

/** Filters as a condition; its values are added to `values`, whose places the condition names. */
export function filterCondition(
  filters: readonly ListFilter[],
  columns: FilterColumns,
  values: unknown[],
): string {
  const place = (value: unknown) => `$${values.push(value)}`;
  const conditions = filters.map((filter) => {
    if (filter.on === 'tags') return `${columns.tags} && ${place(filter.values)}::text[]`;
    if (filter.on === 'purchaseOrder')
      return `${columns.purchaseOrder} = ANY (${place(filter.values)}::text[])`;
    // One by one: the index serves "@>" alone, not "@> ANY".
    const holds = filter.values.map(
      (value) => `${columns.identifiers} @> ${place(JSON.stringify({ [filter.key]: value }))}::jsonb`,
    );
    return `(${holds.join(' OR ')})`;
  });
  return ['true', ...conditions].join(' AND ');
}
