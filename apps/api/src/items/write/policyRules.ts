import type { FieldIssue } from '@codemint/shared';
import type { InputValue } from './input';
import { outsideRange } from './issues';
import type { NewRow, TableRules } from './tableWriter';

const PROBABILITY = 'max_guess_probability';
const PREFIX_LENGTH = 'company_prefix_length';

/** Digits of a GS1 company prefix. */
const PREFIX_LENGTHS = [4, 12] as const;

/** A policy limits a probability, or tells the length of the company prefix, or both. */
export const policyRules: TableRules = {
  complete(row, _limits, isRefused) {
    const isJudged = !isRefused(PROBABILITY) && !isRefused(PREFIX_LENGTH);
    return [...valueIssues(row), ...(isJudged ? emptyIssues(row) : [])];
  },
  adjust(changes, current) {
    const kept = [PROBABILITY, PREFIX_LENGTH].map((field) => [field, current[field] as InputValue] as const);
    return [...valueIssues(changes), ...emptyIssues(new Map([...kept, ...changes]))];
  },
};

function valueIssues(row: NewRow): FieldIssue[] {
  const length = row.get(PREFIX_LENGTH) ?? null;
  return [
    ...probabilityIssues(row.get(PROBABILITY) ?? null),
    ...(length === null ? [] : outsideRange(PREFIX_LENGTH, length, PREFIX_LENGTHS)),
  ];
}

function probabilityIssues(value: InputValue): FieldIssue[] {
  const probability = Number(value);
  if (value === null || (probability > 0 && probability <= 1)) return [];
  const message = 'Value has to be greater than 0 and at most 1: 1 in 10,000 is 0.0001.';
  return [{ field: PROBABILITY, rule: 'between', message, valid: [0, 1] }];
}

function emptyIssues(row: NewRow): FieldIssue[] {
  if ((row.get(PROBABILITY) ?? row.get(PREFIX_LENGTH) ?? null) !== null) return [];
  const message = `Value is required where there is no ${PREFIX_LENGTH}: a policy has to say something.`;
  return [{ field: PROBABILITY, rule: 'required', message }];
}
