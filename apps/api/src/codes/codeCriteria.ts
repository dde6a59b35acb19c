import { InvalidQueryError } from '@codemint/shared';
import type { Filter, ItemsQuery } from '../items/query/itemsQuery';

/** What a code can be found by: anything else would mean to look at every code. */
const CRITERIA = ['id', 'code', 'identifier_job', 'product', 'status'] as const;

type Criterion = (typeof CRITERIA)[number];

/** What the codes must be; a field that is left out may be anything. */
export type CodeCriteria = { readonly [Name in Criterion]?: string };

/**
 * The criteria that a filter says; undefined when no code can meet it.
 * @throws InvalidQueryError for a filter that says more than "these fields have these values"
 */
export function criteriaOf(filter: Filter): CodeCriteria | undefined {
  const criteria: { [Name in Criterion]?: string } = {};
  for (const [name, value] of equalities(filter)) {
    if (criteria[name] !== undefined && criteria[name] !== value) return undefined;
    criteria[name] = value;
  }
  return criteria;
}

function equalities(filter: Filter): [Criterion, string][] {
  if (filter.kind === 'equals') {
    const { field, value } = filter;
    if (!isCriterion(field) || value === null) throw cannotFilter();
    return [[field, String(value)]];
  }
  if (filter.kind === 'or' && filter.parts.length > 1) throw cannotFilter();
  return filter.parts.flatMap(equalities);
}

function isCriterion(field: string): field is Criterion {
  return (CRITERIA as readonly string[]).includes(field);
}

function cannotFilter(): InvalidQueryError {
  const names = CRITERIA.map((name) => `"${name}"`).join(', ');
  return new InvalidQueryError(`Codes can be filtered by "_eq" on ${names}, combined with "_and"`);
}

/**
 * Codes come in the order in which they were made, which is that of their ids, and in no other.
 * @throws InvalidQueryError
 */
export function refuseOtherOrder(sort: ItemsQuery['sort']): void {
  const [first] = sort;
  if (first?.field === 'id' && !first.descending) return;
  throw new InvalidQueryError('Codes can be sorted by "id" only, the order in which they were made');
}
