import type { FieldIssue, JobType } from '@codemint/shared';
import type { Item } from '../scope';
import { type InputValue, integerOf, textOf } from './input';
import { outsideRange } from './issues';
import { JOB_DEFAULTS, jobIssues } from './jobs/jobIssues';
import { subjectIssues } from './subject';
import type { Limits, NewRow, TableRules } from './tableWriter';

/** A rule keeps what identifier jobs can make, between two amounts. */
export const replenishmentRules: TableRules = {
  complete(row: NewRow, limits: Limits, isRefused): FieldIssue[] {
    row.set('character_set', row.get('character_set') ?? JOB_DEFAULTS.characterSet);
    row.set('length', row.get('length') ?? JOB_DEFAULTS.length);
    row.set('status', row.get('status') ?? 'active');
    const issues = [...subjectIssues(row, isRefused), ...amountIssues(row, row, limits)];
    const type = typeOfSubject(row);
    // Without a subject nothing can be said of the type.
    if (type === undefined) return issues;
    const sent = row.get('type') ?? null;
    row.set('type', type);
    if (sent !== null && sent !== type) issues.push(contradiction(type));
    return [...issues, ...planIssues(row, type, isRefused)];
  },

  adjust(changes, current, limits) {
    const issues = amountIssues(new Map([...amountsOf(current), ...changes]), changes, limits);
    // A rule without an error is tried in the next round, not in the next one of failing rules.
    changes.set('error_message', null);
    return issues;
  },
};

function amountsOf({ minimum, target }: Item): [string, InputValue][] {
  return [
    ['minimum', Number(minimum)],
    ['target', Number(target)],
  ];
}

/**
 * What is wrong with the minimum and the target that were sent.
 * @param values as they would be
 */
function amountIssues(values: NewRow, sent: NewRow, { maxQuantity }: Limits): FieldIssue[] {
  const fields = ['minimum', 'target'].filter((field) => sent.has(field));
  const issues = fields.flatMap((field) => outsideRange(field, values.get(field), [1, maxQuantity]));
  const minimum = Number(values.get('minimum'));
  const target = Number(values.get('target'));
  if (fields.length === 0 || issues.length > 0 || minimum <= target) return issues;
  if (sent.has('target')) {
    const message = `Value has to be at least "${minimum}", the minimum.`;
    return [{ field: 'target', rule: 'gte', valid: minimum, message }];
  }
  const message = `Value has to be at most "${target}", the target.`;
  return [{ field: 'minimum', rule: 'lte', valid: target, message }];
}

/** The only type that codes of the product or domain have. */
function typeOfSubject(row: NewRow): Exclude<JobType, 'sscc'> | undefined {
  const product = textOf(row, 'product');
  if (product !== null) return product.startsWith('/8003/') ? 'grai' : 'sgtin';
  return textOf(row, 'domain') === null ? undefined : 'short_code';
}

function contradiction(type: JobType): FieldIssue {
  const subject = type === 'short_code' ? 'domain' : 'product';
  const message = `Value has to be "${type}", the type of the ${subject}'s codes.`;
  return { field: 'type', rule: 'eq', valid: type, message };
}

/** What speaks against a job for a single code. */
function planIssues(
  row: NewRow,
  type: JobType,
  isRefused: (field: string) => boolean,
): readonly FieldIssue[] {
  const job = {
    type,
    length: integerOf(row, 'length') ?? JOB_DEFAULTS.length,
    quantity: 1,
    characterSet: textOf(row, 'character_set') ?? JOB_DEFAULTS.characterSet,
    // One that is not there needs no word on its form.
    product: isRefused('product') ? null : textOf(row, 'product'),
    // Any will do: whose codes they are makes no difference here.
    domainName: textOf(row, 'domain'),
    ssccCompanyPrefix: null,
    ssccExtensionDigit: null,
    ssccStartSerial: null,
    epc: null,
  };
  return jobIssues(job, job.quantity);
}
