import { codeReservation } from '../items/collections/codeReservation';
import { uniqueCode } from '../items/collections/uniqueCode';
import type { Column, Filter, Test } from '../items/query/itemsQuery';
import type { MarkCondition } from './codeStatus';

/** Where to look for the codes that meet a filter. */
export interface CodePlan extends MarkCondition {
  /** Codes with one of these ids alone. */
  readonly ids?: readonly string[];
  /** Codes that read like one of these alone. */
  readonly codes?: readonly string[];
  /** What all of a batch's codes share has to meet these. */
  readonly batchFilters: readonly Filter[];
  /** The reservation that took the code has to meet these, filters on the collection of reservations. */
  readonly reservationFilters: readonly Filter[];
  /** All codes that are so meet the filter; otherwise it has to be put to each of them. */
  readonly isExact: boolean;
  /** All that the filter says is about what counters tell apart. */
  readonly isOfCounters: boolean;
}

/** Fields that are the same for all codes of a batch. */
const BATCH_FIELDS = ['identifier_job', 'product', 'type'];

/** Fields by which counters tell codes apart. */
const COUNTED_FIELDS = [...BATCH_FIELDS, 'status', 'reservation'];

export const STATUSES = uniqueCode.fields.status?.values ?? [];

/** Takes out of a filter what leads to the codes without a look at each. */
export function planOf(filter: Filter): CodePlan {
  const isOfCounters = isAbout(filter, COUNTED_FIELDS);
  let plan: CodePlan = { batchFilters: [], reservationFilters: [], isExact: true, isOfCounters };
  for (const part of conjuncts(filter)) plan = narrowed(plan, part);
  return plan;
}

function conjuncts(filter: Filter): Filter[] {
  return filter.kind === 'and' ? filter.parts.flatMap(conjuncts) : [filter];
}

function narrowed(plan: CodePlan, part: Filter): CodePlan {
  if (isAbout(part, BATCH_FIELDS)) return { ...plan, batchFilters: [...plan.batchFilters, part] };
  if (isAbout(part, ['reservation']) && !isMetByNull(part)) {
    return { ...plan, reservationFilters: [...plan.reservationFilters, ofReservation(part)] };
  }
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

/** Whether a filter speaks of nothing but these fields and what they lead to. */
function isAbout(filter: Filter, fields: readonly string[]): boolean {
  if (filter.kind === 'test') return fields.includes(firstOf(filter.column));
  if (filter.kind === 'list') return fields.includes(filter.path[0] ?? '');
  return filter.parts.every((part) => isAbout(part, fields));
}

function firstOf({ path, field }: Column): string {
  return path[0] ?? field;
}

/** Whether counters tell codes apart by what stands there. */
export function isCounted({ path, field }: Column): boolean {
  return path.length === 0 && COUNTED_FIELDS.includes(field);
}

/** Whether a code without a reservation meets a filter on what its reservation is. */
function isMetByNull(filter: Filter): boolean {
  if (filter.kind === 'test') return isNullTest(filter.test);
  if (filter.kind === 'list') return true;
  const { parts } = filter;
  return filter.kind === 'and' ? parts.every(isMetByNull) : parts.some(isMetByNull);
}

function isNullTest(test: Test): boolean {
  return (test.kind === 'null' || test.kind === 'empty') && !test.negated;
}

/** The same filter put to the reservation itself. */
function ofReservation(filter: Filter): Filter {
  if (filter.kind === 'test') {
    const { path, ...column } = filter.column;
    if (path.length > 0) return { ...filter, column: { ...column, path: path.slice(1) } };
    return { ...filter, column: { path, field: codeReservation.primaryKey } };
  }
  if (filter.kind === 'list') return { ...filter, path: filter.path.slice(1) };
  return { ...filter, parts: filter.parts.map(ofReservation) };
}

interface Equalities {
  field: string;
  values: string[];
}

/** The statuses that codes which meet a filter can have. */
export function statusesIn(filter: Filter): readonly string[] {
  if (filter.kind === 'and') {
    const sets = filter.parts.map(statusesIn);
    return STATUSES.filter((status) => sets.every((set) => set.includes(status)));
  }
  if (filter.kind === 'or') {
    const sets = filter.parts.map(statusesIn);
    return STATUSES.filter((status) => sets.some((set) => set.includes(status)));
  }
  const { field, values = [] } = equalitiesOf(filter) ?? {};
  return field === 'status' ? values : STATUSES;
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

/** The one job and the one product that a plan is about, as far as it is about one. */
export function subjectOf({ batchFilters }: CodePlan): { jobId?: string; product?: string } {
  const only = (field: string) =>
    batchFilters.map(equalitiesOf).find((found) => found?.field === field && found.values.length === 1)
      ?.values[0];
  return { jobId: only('identifier_job'), product: only('product') };
}
