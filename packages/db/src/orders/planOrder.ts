import {
  type FieldIssue,
  findCharacterSet,
  isCset82,
  type PoolShape,
  parseProductKey,
  ValidationError,
} from '@codemint/shared';
import { MAX_LENGTH as MAX_SERIAL, type NamespaceKey } from '../pools/namespaces';
import type { OrderProduct } from './findProducts';

/** Most identifiers of one order, and of one event. */
export const MAX_ORDER_QUANTITY = 20_000;

const MIN_LENGTH = 8;
const MAX_LENGTH = 20;

/** Characters of an identifier that no standard limits. */
const MAX_IDENTIFIER = 256;

const SERIAL_KEY = 'gs1:21';

/** What nobody can print or send: C0 and C1 controls with U+0000, and halves of surrogate pairs. */
const UNUSABLE = /[\p{Cc}\p{Cs}]/u;

export type RequestedCodes =
  | {
      kind: 'generated';
      prefix: string;
      suffix: string;
      characterSet: string;
      /** Without prefix and suffix. */
      length: number;
      quantity: number;
    }
  | { kind: 'supplied'; ids: readonly string[] };

/** What decides the codes of an ADI order. */
export interface OrderPlanRequest {
  accountId: string;
  /** The key of each Thng's identifiers that is to hold its code, such as `gs1:21`. */
  identifierKey: string;
  product: OrderProduct | null;
  codes: RequestedCodes;
}

/** Where an order's codes belong, and where generated ones come from. */
export interface OrderPlan {
  namespace: NamespaceKey;
  shape: PoolShape | null;
}

/**
 * Decides which codes an order makes or brings.
 * @throws ValidationError with the issues in the order in which they matter. Rules that callers tell apart: `quantity`,
 *   `too_many`, `format`, `characters`, `duplicates`.
 */
export function planOrder(request: OrderPlanRequest): OrderPlan {
  const namespace = namespaceOf(request);
  const rules = codeRules(namespace, request.identifierKey);
  const { codes } = request;
  const issues =
    codes.kind === 'generated' ? generationIssues(codes, rules) : suppliedIssues(codes.ids, rules);
  if (issues.length > 0) throw new ValidationError(issues);
  return { namespace, shape: codes.kind === 'generated' ? shapeOf(codes) : null };
}

/** How many identifiers an order is about. */
export function quantityOf(codes: RequestedCodes): number {
  return codes.kind === 'generated' ? codes.quantity : codes.ids.length;
}

/** A product's number decides, whatever the identifier is called; without a product the account's own use of the key. */
function namespaceOf({ accountId, identifierKey, product }: OrderPlanRequest): NamespaceKey {
  if (product?.gtin != null) return { kind: 'sgtin', key: product.gtin };
  const key = product === null ? null : parseProductKey(product.id, 'metadata.product');
  return key ?? { kind: 'adi', key: `${accountId} ${identifierKey}` };
}

interface CodeRules {
  isSerial: boolean;
  /** Characters, prefix and suffix included. */
  maxLength: number;
}

function codeRules({ kind }: NamespaceKey, identifierKey: string): CodeRules {
  if (kind === 'grai') return { isSerial: true, maxLength: MAX_SERIAL.grai };
  if (kind === 'sgtin' || identifierKey === SERIAL_KEY)
    return { isSerial: true, maxLength: MAX_SERIAL.sgtin };
  return { isSerial: false, maxLength: MAX_IDENTIFIER };
}

type Generation = Extract<RequestedCodes, { kind: 'generated' }>;

function generationIssues(codes: Generation, rules: CodeRules): FieldIssue[] {
  const issues: FieldIssue[] = [];
  const add = (field: string, rule: string, message: string, valid?: unknown) =>
    issues.push({ field: `idGeneration.${field}`, rule, message, valid });
  if (findCharacterSet(codes.characterSet) === undefined) {
    add('characterSet', 'enum', `"${codes.characterSet}" is no character set.`);
  }
  if (!isWithin(codes.length, MIN_LENGTH, MAX_LENGTH)) {
    add('length', 'range', `Value has to be a whole number from ${MIN_LENGTH} to ${MAX_LENGTH}.`);
  }
  if (!isWithin(codes.quantity, 1, MAX_ORDER_QUANTITY)) {
    const message = `Value has to be a whole number from 1 to ${MAX_ORDER_QUANTITY}.`;
    add('quantity', 'quantity', message, MAX_ORDER_QUANTITY);
  }
  for (const part of ['prefix', 'suffix'] as const) {
    const reason = characterIssue(codes[part], rules);
    if (reason !== undefined) add(part, 'characters', reason);
  }
  const total = codes.prefix.length + codes.length + codes.suffix.length;
  if (total > rules.maxLength) {
    add('length', 'characters', tooLong(total, rules), rules.maxLength - total + codes.length);
  }
  return issues;
}

function suppliedIssues(ids: readonly string[], rules: CodeRules): FieldIssue[] {
  if (ids.length === 0) {
    return [{ field: 'ids', rule: 'format', message: 'At least one identifier is needed.' }];
  }
  const ofList = listIssue(ids);
  if (ofList !== undefined) return [ofList];
  for (const [place, id] of ids.entries()) {
    const field = `ids[${place}]`;
    if (id === '') return [{ field, rule: 'format', message: 'An identifier has at least one character.' }];
    const reason =
      characterIssue(id, rules) ?? (id.length > rules.maxLength ? tooLong(id.length, rules) : undefined);
    if (reason !== undefined) return [{ field, rule: 'characters', message: reason }];
  }
  return [];
}

/**
 * Checks a list of identifiers as such, whatever each of them is.
 * @throws ValidationError with the rule `too_many` or `duplicates`
 */
export function requireIdList(ids: readonly string[]): void {
  const issue = listIssue(ids);
  if (issue !== undefined) throw new ValidationError([issue]);
}

function listIssue(ids: readonly string[]): FieldIssue | undefined {
  if (ids.length > MAX_ORDER_QUANTITY) {
    const message = `${ids.length} identifiers are given, ${MAX_ORDER_QUANTITY} are the most.`;
    return { field: 'ids', rule: 'too_many', message };
  }
  const places = new Map<string, number>();
  for (const [place, id] of ids.entries()) {
    const before = places.get(id);
    if (before !== undefined) {
      const message = `${JSON.stringify(id)} is at ids[${before}] already.`;
      return { field: `ids[${place}]`, rule: 'duplicates', message };
    }
    places.set(id, place);
  }
  return undefined;
}

function characterIssue(text: string, { isSerial }: CodeRules): string | undefined {
  if (UNUSABLE.test(text))
    return 'Control characters and halves of surrogate pairs cannot stand in an identifier.';
  if (!isSerial || isCset82(text)) return undefined;
  return `${JSON.stringify(text)} has characters outside of GS1's CSET 82.`;
}

function tooLong(length: number, { isSerial, maxLength }: CodeRules): string {
  const rule = isSerial ? `a serial of this kind has at most ${maxLength}` : `${maxLength} are the most`;
  return `With prefix and suffix this makes ${length} characters, and ${rule}.`;
}

function shapeOf({ prefix, suffix, characterSet, length }: Generation): PoolShape {
  const set = findCharacterSet(characterSet);
  if (set === undefined) throw new Error(`unknown character set ${characterSet}`);
  return { prefix, alphabet: set.alphabet, length, suffix, algorithm: 'ff1-aes256-1' };
}

function isWithin(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}
