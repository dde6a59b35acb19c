/** A page of a list in the order of numbers. */
export interface ListPage {
  /** Number of the last row of the page before; null for the first page. */
  after: bigint | null;
  /** The newest first. */
  descending: boolean;
  limit: number;
}

/**
 * The end of a statement that reads a page: a condition on the rows' numbers, their order and the limit. Its values are
 * added to `values`, whose places it names.
 * @param number column of the rows' numbers
 */
export function pageClause(
  number: string,
  { after, descending, limit }: ListPage,
  values: unknown[],
): string {
  const place = (value: unknown) => `$${values.push(value)}`;
  const [order, isBehind] = descending ? ['DESC', '<'] : ['ASC', '>'];
  const condition = after === null ? 'true' : `${number} ${isBehind} ${place(after)}::bigint`;
  return `${condition} ORDER BY ${number} ${order} LIMIT ${place(limit)}`;
}
