import type { FieldIssue } from '@codemint/shared';
import type { InputValue } from './input';

export function missing(field: string): FieldIssue {
  return { field, rule: 'required', message: 'Value is required.' };
}

/** What is wrong with an integer that has to be there and in a range, both ends inclusive. */
export function outsideRange(
  field: string,
  value: InputValue | undefined,
  [least, most]: readonly [number, number],
): FieldIssue[] {
  if (value === undefined || value === null) return [missing(field)];
  const number = Number(value);
  if (number >= least && number <= most) return [];
  const [rule, word, valid] = number < least ? ['gte', 'greater', least] : ['lte', 'less', most];
  return [
    { field, rule, valid, message: `Value has to be ${word} than or equal to "${valid}".` } as FieldIssue,
  ];
}
