import type { FieldIssue } from '@codemint/shared';
import { type InputValue, textOf } from './input';

/**
 * What is wrong where not exactly one of product and domain is named.
 * @param isRefused whether a field's value is known to be wrong
 */
export function subjectIssues(
  values: ReadonlyMap<string, InputValue>,
  isRefused: (field: string) => boolean,
): FieldIssue[] {
  if (isRefused('product') || isRefused('domain')) return [];
  const product = textOf(values, 'product');
  const domain = textOf(values, 'domain');
  if (product === null && domain === null) {
    return [{ field: 'product', rule: 'required', message: 'Either "product" or "domain" is required.' }];
  }
  if (product === null || domain === null) return [];
  const message = 'Only one of "product" and "domain" may have a value.';
  return [{ field: 'domain', rule: 'xor', message }];
}
