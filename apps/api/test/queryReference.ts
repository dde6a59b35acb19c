import { FIRST_ACCOUNT_ID } from '@codemint/db';
import { DOMAIN, type Row } from './queryRows';
import { OTHER_ACCOUNT_ID, OTHER_PRODUCT, PRODUCT } from './support';

// A plain evaluation of queries over rows in memory, after the contract's words and not after the engine's ways.

type Related = Record<string, Record<string, Row>>;

/** What the related rows say that queries ask for. */
const RELATED: Related = {
  account: {
    [FIRST_ACCOUNT_ID]: { account_name: 'First account' },
    [OTHER_ACCOUNT_ID]: { account_name: 'Other account' },
  },
  product: {
    [PRODUCT]: { product_name: 'Juice', brand: '50% _off', gtin: '09312345551927' },
    [OTHER_PRODUCT]: { product_name: 'Tea', brand: null, gtin: '00012345678905' },
  },
  domain: { [DOMAIN]: { domain_name: 'codes.example' } },
};

/** The value at `status`, `account.account_name` or `year(date_created)`. */
export function valueAt(row: Row, path: string): unknown {
  const [, fn, inside] = /^(\w+)\((\w+)\)$/.exec(path) ?? [];
  if (fn !== undefined) {
    const date = row[inside as string] as Date | null;
    return date === null ? null : datePart(fn, date);
  }
  const [first, second] = path.split('.') as [string, string?];
  const value = row[first];
  if (second === undefined) return value ?? null;
  return RELATED[first]?.[String(value)]?.[second] ?? null;
}

function datePart(fn: string, date: Date): number {
  switch (fn) {
    case 'year':
      return date.getUTCFullYear();
    case 'month':
      return date.getUTCMonth() + 1;
    case 'week':
      return isoWeek(date);
    case 'day':
      return date.getUTCDate();
    case 'weekday':
      return date.getUTCDay();
    case 'hour':
      return date.getUTCHours();
    case 'minute':
      return date.getUTCMinutes();
    default:
      return date.getUTCSeconds() + date.getUTCMilliseconds() / 1000;
  }
}

/** The week of the year that its Thursday is in. */
function isoWeek(date: Date): number {
  const thursday = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()));
  thursday.setUTCDate(thursday.getUTCDate() + 4 - (thursday.getUTCDay() || 7));
  return Math.ceil(((thursday.getTime() - Date.UTC(thursday.getUTCFullYear(), 0, 1)) / 86_400_000 + 1) / 7);
}

/** What is generated: conditions by path, `_and`, `_or`. */
export type Asked =
  | { readonly path: string; readonly operator: string; readonly operand: unknown }
  | { readonly all: readonly Asked[] }
  | { readonly any: readonly Asked[] };

export function meets(row: Row, asked: Asked): boolean {
  if ('all' in asked) return asked.all.every((part) => meets(row, part));
  if ('any' in asked) return asked.any.length === 0 || asked.any.some((part) => meets(row, part));
  return holds(valueAt(row, asked.path), asked.operator, asked.operand);
}

function holds(value: unknown, operator: string, operand: unknown): boolean {
  if (operator === '_null') return (value === null) === operand;
  if (operator === '_nnull') return (value !== null) === operand;
  if (operator === '_empty') return (value === null || value === '') === operand;
  if (operator === '_nempty') return (value !== null && value !== '') === operand;
  if (operator === '_between' && (operand as unknown[]).length !== 2) return true;
  if (value === null) return false;
  const order = (other: unknown) => compare(value, other);
  switch (operator) {
    case '_eq':
      return order(operand) === 0;
    case '_neq':
      return order(operand) !== 0;
    case '_lt':
      return order(operand) < 0;
    case '_lte':
      return order(operand) <= 0;
    case '_gt':
      return order(operand) > 0;
    case '_gte':
      return order(operand) >= 0;
    case '_in':
      return (operand as unknown[]).some((one) => order(one) === 0);
    case '_nin':
      return (operand as unknown[]).every((one) => order(one) !== 0);
    case '_between':
    case '_nbetween': {
      const [low, high] = operand as unknown[];
      return (order(low) >= 0 && order(high) <= 0) === (operator === '_between');
    }
    default:
      return holdsText(answered(value), operator, String(operand));
  }
}

function holdsText(text: string, operator: string, part: string): boolean {
  const [, not, fold, place] = /^_(n?)(i?)(contains|starts_with|ends_with)$/.exec(operator) as string[];
  const [a, b] = fold === 'i' ? [text.toLowerCase(), part.toLowerCase()] : [text, part];
  const found =
    place === 'contains' ? a.includes(b) : place === 'starts_with' ? a.startsWith(b) : a.endsWith(b);
  return found === (not === '');
}

function answered(value: unknown): string {
  return value instanceof Date ? value.toISOString() : String(value);
}

/** By what values are: numbers by size, times by time, texts by their code points. */
function compare(a: unknown, b: unknown): number {
  const [left, right] = [comparable(a, b), comparable(b, a)];
  if (typeof left === 'string' && typeof right === 'string') return comparePoints(left, right);
  return left < right ? -1 : Number(left > right);
}

function comparable(value: unknown, other: unknown): string | number | bigint {
  if (value instanceof Date) return value.getTime();
  if (other instanceof Date) return Date.parse(String(value));
  return typeof value === 'number' || typeof value === 'bigint' ? value : String(value);
}

function comparePoints(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

export interface AskedSort {
  readonly path: string;
  readonly descending: boolean;
}

/** Nulls last ascending and first descending; equal ones by id, in the direction of the last key. */
export function sortRows(rows: readonly Row[], sort: readonly AskedSort[]): Row[] {
  const keys = [...sort, { path: 'id', descending: sort.at(-1)?.descending ?? false }];
  return [...rows].sort((a, b) => {
    for (const { path, descending } of keys) {
      const order = compareNulls(valueAt(a, path), valueAt(b, path));
      if (order !== 0) return descending ? -order : order;
    }
    return 0;
  });
}

function compareNulls(a: unknown, b: unknown): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return compare(a, b);
}

const TEXT_FIELDS = [
  'reference_id', 'type', 'product', 'character_set', 'status', 'sscc_company_prefix', 'error_message',
]; // biome-ignore format: a list
const NUMBER_FIELDS = [
  'length', 'quantity', 'sscc_start_serial', 'sscc_extension_digit', 'quantity_created',
]; // biome-ignore format: a list
const UUID_FIELDS = ['id', 'user_created', 'user_updated', 'account', 'domain'];

export function isFound(row: Row, search: string): boolean {
  if (search === '') return true;
  if (search.trim() === '') return false;
  const folded = search.toLowerCase();
  return (
    TEXT_FIELDS.some((name) => row[name] !== null && String(row[name]).toLowerCase().includes(folded)) ||
    NUMBER_FIELDS.some((name) => row[name] !== null && String(row[name]) === search) ||
    UUID_FIELDS.some((name) => row[name] === folded)
  );
}

/** One aggregate of a number field, or a count. */
export function aggregate(rows: readonly Row[], operation: string, field: string): number | null {
  if (field === '*') return rows.length;
  const present = rows.map((row) => row[field]).filter((value) => value !== null);
  const isDistinct = operation.endsWith('Distinct');
  const values = isDistinct
    ? [...new Map(present.map((value) => [answered(value), value])).values()]
    : present;
  const numbers = values.map(Number);
  const sum = numbers.reduce((total, value) => total + value, 0);
  switch (operation.replace('Distinct', '')) {
    case 'count':
      return values.length;
    case 'sum':
      return values.length === 0 ? null : sum;
    case 'avg':
      return values.length === 0 ? null : sum / values.length;
    case 'min':
      return values.length === 0 ? null : Math.min(...numbers);
    default:
      return values.length === 0 ? null : Math.max(...numbers);
  }
}
