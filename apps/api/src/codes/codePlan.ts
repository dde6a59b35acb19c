import { uniqueCode } from '../items/collections/uniqueCode';
import type { Column, Filter } from '../items/query/itemsQuery';

/** Where to look for the codes that meet a filter. */
export interface CodePlan {
  /** Codes with one of these ids alone. */
  readonly ids?: readonly string[];
  /** Codes that read like one of these alone. */
  readonly codes?: readonly string[];
  /** What all of a batch's codes share has to meet these. */
  readonly batchFilters: readonly Filter[];
  /** Of these statuses alone. */
  readonly statuses?: readonly string[];
  /** All codes that are so meet the filter; otherwise it has to be put to each of them. */
  readonly isExact: boolean;
}

/** Fields that are the same for all codes of a batch. */
const BATCH_FIELDS = ['identifier_job', 'product', 'type'];

const STATUSES = uniqueCode.fields.status?.values ?? [];

/** Takes out of a filter what leads to the codes without a look at each. */
export function planOf(filter: Filter): CodePlan {
  let plan: CodePlan = { batchFilters: [], isExact: true };
  for (const part of conjuncts(filter)) plan = narrowed(plan, part);
  return plan;
}

function conjuncts(filter: Filter): Filter[] {
  return filter.kind === 'and' ? filter.parts.flatMap(conjuncts) : [filter];
}

function narrowed(plan: CodePlan, part: Filter): CodePlan {
  if (isOfBatch(part)) return { ...plan, batchFilters: [...plan.batchFilters, part] };
  const { field, values = [] } = equalitiesOf(part) ?? {};
  switch (field) {
    case 'id':
      return {
        ...plan,
        ids: common(
          plan.ids,
          values.map((id) => id.toLowerCase()),
        ),
      };
    case 'code':
      return { ...plan, codes: common(plan.codes, values) };
    case 'status':
      return { ...plan, statuses: common(plan.statuses, values) };
    default:
      return { ...plan, isExact: false };
  }
}

function isOfBatch(filter: Filter): boolean {
  if (filter.kind === 'test') return isBatchColumn(filter.column);
  if (filter.kind === 'list') return BATCH_FIELDS.includes(filter.path[0] ?? '');
  return filter.parts.every(isOfBatch);
}

/** Whether all codes of a batch have the same value there. */
export function isBatchColumn({ path, field }: Column): boolean {
  return BATCH_FIELDS.includes(path[0] ?? field);
}

interface Equalities {
  field: string;
  values: string[];
}

/** A test of a field that only some certain texts pass. */
function equalitiesOf(filter: Filter): Equalities | undefined {
  if (filter.kind !== 'test' || filter.column.path.length > 0 || filter.column.fn !== undefined) {
    return undefined;
  }
  const { column, test } = filter;
  const { field } = column;
  if (test.kind === 'compare' && test.operator === '=') return { field, values: [String(test.value)] };
  if (test.kind === 'in' && !test.negated) return { field, values: test.values.map(String) };
  if (field !== 'status') return undefined;
  if (test.kind === 'compare' && test.operator === '!=') return { field, values: without([test.value]) };
  return test.kind === 'in' ? { field, values: without(test.values) } : undefined;
}

function without(values: readonly unknown[]): string[] {
  return STATUSES.filter((status) => !values.includes(status));
}

function common(known: readonly string[] | undefined, values: readonly string[]): string[] {
  const wanted = new Set(values);
  return known === undefined ? [...wanted] : known.filter((value) => wanted.has(value));
}

/** Whether all that a filter says is about batches and statuses. */
export function isOfCounters({ ids, codes, isExact }: CodePlan): boolean {
  return isExact && ids === undefined && codes === undefined;
}

/** The one job and the one product that a plan is about, as far as it is about one. */
export function subjectOf({ batchFilters }: CodePlan): { jobId?: string; product?: string } {
  const only = (field: string) =>
    batchFilters.map(equalitiesOf).find((found) => found?.field === field && found.values.length === 1)
      ?.values[0];
  return { jobId: only('identifier_job'), product: only('product') };
}
