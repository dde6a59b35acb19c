import {
  type FieldIssue,
  normaliseGtin,
  type ProductKey,
  parseProductKey,
  productPath,
  ValidationError,
} from '@codemint/shared';
import { isTarget } from '../../redirects/target';
import type { InputValue } from './input';
import type { NewRow, TableRules } from './tableWriter';

/** A product's id is its digital link path, and says the same as its GTIN. */
export const productRules: TableRules = {
  complete(row: NewRow): FieldIssue[] {
    const issues = checkRedirection(row);
    const id = row.get('id') ?? null;
    const gtin = attempt(issues, () => normalised(row.get('gtin')));
    const key = id === null ? gtinKey(gtin) : attempt(issues, () => requireProductKey(String(id)));
    if (key === null) return [...issues, needsKey];
    if (key === undefined) return issues;
    row.set('id', productPath(key));
    row.set('gtin', gtin ?? (key.kind === 'sgtin' ? key.key : null));
    if (key.kind === 'sgtin') issues.push(...agree(gtin, key.key));
    return issues;
  },

  adjust(changes: NewRow, { id }): FieldIssue[] {
    const issues = checkRedirection(changes);
    if (!changes.has('gtin')) return issues;
    const gtin = attempt(issues, () => normalised(changes.get('gtin')));
    const product = parseProductKey(String(id));
    if (gtin !== undefined) changes.set('gtin', gtin);
    if (product?.kind === 'sgtin' && gtin !== undefined) issues.push(...agree(gtin ?? '', product.key));
    return issues;
  },
};

const needsKey: FieldIssue = {
  field: 'gtin',
  rule: 'required',
  message: 'A product needs a gtin, or an id such as "/01/09312345551927" or "/8003/09312345551927".',
};

/** Short links lead there: a URL of another scheme would be run or opened by whoever follows one. */
function checkRedirection(row: NewRow): FieldIssue[] {
  const field = 'product_redirection_url';
  const url = row.get(field) ?? null;
  if (url === null || isTarget(String(url))) return [];
  return [{ field, rule: 'url', message: 'Value has to be a URL that begins with "http://" or "https://".' }];
}

function gtinKey(gtin: string | null | undefined): ProductKey | null | undefined {
  return typeof gtin === 'string' ? { kind: 'sgtin', key: gtin } : gtin;
}

function normalised(gtin: InputValue | undefined): string | null {
  return gtin === undefined || gtin === null ? null : normaliseGtin('gtin', String(gtin));
}

function requireProductKey(id: string): ProductKey {
  const key = parseProductKey(id);
  if (key !== null) return key;
  throw ValidationError.of(
    'id',
    'product_key',
    'Value has to be "/01/" and a GTIN of 14 digits, or "/8003/0" and the 13 digits of a GRAI.',
  );
}

/** What `work` makes; undefined if it is refused, with the reasons among the issues. */
function attempt<Result>(issues: FieldIssue[], work: () => Result): Result | undefined {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    issues.push(...error.issues);
    return undefined;
  }
}

/** @param gtin null or undefined: none that could disagree */
function agree(gtin: string | null | undefined, keyOfId: string): FieldIssue[] {
  if (gtin === null || gtin === undefined || gtin === keyOfId) return [];
  const message = `Value has to be "${keyOfId}", as the product's id has it.`;
  return [{ field: 'gtin', rule: 'eq', message, valid: keyOfId }];
}
