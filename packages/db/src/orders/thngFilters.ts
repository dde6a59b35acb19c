import type { StoredOrder } from './findOrders';

/** What a list of Thngs is narrowed to: any of the values, and all filters. */
export type ThngFilter =
  | { on: 'tags'; values: readonly string[] }
  | { on: 'product'; values: readonly string[] }
  | { on: 'project'; values: readonly string[] }
  | { on: 'identifiers'; key: string; values: readonly string[] };

/**
 * A condition on an order `o` that all of its Thngs pass by what they have in common; an order whose codes stand under
 * a key of the filters does not: there only the code can tell. Its values are added to `values`.
 */
export function templateCondition(filters: readonly ThngFilter[], values: unknown[]): string {
  const place = (value: unknown) => `$${values.push(value)}`;
  const conditions = filters.map((filter) => {
    if (filter.on === 'tags') return `o.metadata->'tags' ?| ${place(filter.values)}::text[]`;
    if (filter.on !== 'identifiers') return `o.${filter.on} = ANY (${place(filter.values)}::text[])`;
    const key = `${place(filter.key)}::text`;
    return `o.identifier_key <> ${key} AND o.metadata->'identifiers'->>${key} = ANY (${place(filter.values)}::text[])`;
  });
  return ['true', ...conditions].join(' AND ');
}

/** Whether the Thng with this code passes all filters. */
export function passes(filters: readonly ThngFilter[], order: StoredOrder, code: string): boolean {
  const { tags, identifiers } = order.metadata as ThngTemplate;
  const shared = new Map(Object.entries(identifiers ?? {}));
  const named = (key: string) => (key === order.identifierKey ? code : shared.get(key));
  return filters.every((filter) => {
    const { values } = filter;
    if (filter.on === 'tags') return (tags ?? []).some((tag) => values.includes(tag));
    const own = filter.on === 'identifiers' ? named(filter.key) : order[filter.on];
    return typeof own === 'string' && values.includes(own);
  });
}

/** What the Thngs of an order have in common; checked when the order was made. */
interface ThngTemplate {
  tags?: string[];
  identifiers?: Record<string, unknown>;
}
