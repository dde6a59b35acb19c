/** What a list of orders or events is narrowed to: any of the values, and all filters. */
export type ListFilter =
  | { on: 'tags'; values: readonly string[] }
  | { on: 'purchaseOrder'; values: readonly string[] }
  | { on: 'identifiers'; key: string; values: readonly string[] };

/**
 * Filters as a condition; its values are added to `values`, whose places the condition names.
 * @param listed what is listed: the order `o`, or the event `e` of the order `o`
 */
export function filterCondition(
  filters: readonly ListFilter[],
  listed: 'o' | 'e',
  values: unknown[],
): string {
  const place = (value: unknown) => `$${values.push(value)}`;
  const conditions = filters.map((filter) => {
    if (filter.on === 'tags') return `${listed}.tags && ${place(filter.values)}::text[]`;
    if (filter.on === 'purchaseOrder') return `o.purchase_order = ANY (${place(filter.values)}::text[])`;
    // One by one: the index serves "@>" alone, not "@> ANY".
    const holds = filter.values.map(
      (value) => `${listed}.identifiers @> ${place(JSON.stringify({ [filter.key]: value }))}::jsonb`,
    );
    return `(${holds.join(' OR ')})`;
  });
  return ['true', ...conditions].join(' AND ');
}
