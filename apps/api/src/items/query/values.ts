import { InvalidQueryError, isUuid } from '@codemint/shared';
import type { FieldType } from '../collection';
import type { FilterValue } from './itemsQuery';

/** Of a field, or of a function of one, which is a number. */
export type ValueType = FieldType | 'number';

/** Inclusive; what the column's type holds. */
const INTEGER_LIMITS: Record<'integer' | 'bigInteger', [bigint, bigint]> = {
  integer: [-(2n ** 31n), 2n ** 31n - 1n],
  bigInteger: [-(2n ** 63n), 2n ** 63n - 1n],
};

const WORDS: Readonly<Record<string, true | false | null>> = {
  true: true,
  false: false,
  null: null,
  NULL: null,
};

/** Truths as Postgres and forms write them, too. */
export const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);

/** The strings `true`, `false` and `null` stand for the values. */
export function coerceWord(raw: unknown): unknown {
  return typeof raw === 'string' && Object.hasOwn(WORDS, raw) ? WORDS[raw] : raw;
}

/**
 * An operand that is one value and not an empty text.
 * @throws InvalidQueryError
 */
export function requirePrimitive(operator: string, value: unknown): string | number | boolean | Date | null {
  if (value === '') {
    throw new InvalidQueryError(
      `You can't filter for an empty string in "${operator}". Use "_empty" or "_nempty" instead`,
    );
  }
  return requireScalar(operator, value);
}

/** An operand, or an entry of a list of them. @throws InvalidQueryError */
export function requireScalar(operator: string, value: unknown): string | number | boolean | Date | null {
  if (typeof value === 'number' && !(Math.abs(value) <= Number.MAX_SAFE_INTEGER)) {
    throw new InvalidQueryError(`The filter value for "${operator}" is not a valid number`);
  }
  if (value === null || value instanceof Date) return value;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  throw new InvalidQueryError(`The filter value for "${operator}" has to be a string, number, or boolean`);
}

/**
 * A value of the field's type; null stays null.
 * @throws InvalidQueryError if it is none
 */
export function convertValue(
  operator: string,
  type: ValueType,
  value: string | number | boolean | Date | null,
): FilterValue | null {
  if (value === null) return null;
  switch (type) {
    case 'string':
      return requireText(operator, value);
    case 'uuid':
      return requireUuid(operator, value);
    case 'timestamp':
      return requireDate(operator, value);
    case 'number':
      return requireNumber(value);
    case 'float':
      return requireFloat(operator, value);
    case 'boolean':
      return requireBoolean(operator, value);
    default:
      return requireInteger(operator, type, value);
  }
}

/** Postgres keeps no NUL in a text. */
export function requireText(operator: string, value: string | number | boolean | Date): string {
  const text = value instanceof Date ? value.toISOString() : String(value);
  if (text.includes('\0')) throw mismatch(operator, 'a string without NUL');
  return text;
}

function requireUuid(operator: string, value: string | number | boolean | Date): string {
  const text = String(value);
  if (!isUuid(text)) throw mismatch(operator, 'a uuid');
  return text.toLowerCase();
}

function requireNumber(value: string | number | boolean | Date): number {
  const number = Number(value);
  if (Number.isNaN(number)) throw new InvalidQueryError('Invalid numeric value');
  return number;
}

function requireFloat(operator: string, value: string | number | boolean | Date): number {
  const number = requireNumber(typeof value === 'string' && value.trim() === '' ? Number.NaN : value);
  if (!Number.isFinite(number)) throw mismatch(operator, 'a number');
  return number;
}

function requireBoolean(operator: string, value: string | number | boolean | Date): boolean {
  const truth = BOOLEANS.get(String(value));
  if (truth === undefined) throw mismatch(operator, 'true or false');
  return truth;
}

function requireInteger(
  operator: string,
  type: 'integer' | 'bigInteger',
  value: string | number | boolean | Date,
): bigint {
  const [least, most] = INTEGER_LIMITS[type];
  const exact = typeof value === 'string' && /^\s*[+-]?\d{1,20}\s*$/.test(value);
  const number = exact ? undefined : requireNumber(value);
  if (number !== undefined && !Number.isSafeInteger(number)) throw mismatch(operator, 'an integer');
  const integer = BigInt(number ?? String(value).trim().replace(/^\+/, ''));
  if (integer < least || integer > most) {
    throw mismatch(operator, `an integer from ${least} to ${most}`);
  }
  return integer;
}

const DATE =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?$/i;

/** ISO 8601; without a zone it is in UTC. */
function requireDate(operator: string, value: string | number | boolean | Date): Date {
  if (value instanceof Date) return value;
  const match = typeof value === 'string' ? DATE.exec(value.trim()) : null;
  if (match === null) throw mismatch(operator, 'a date in ISO 8601');
  const [, ...parts] = match;
  const [year, month, day, hour, minute, second] = parts.slice(0, 6).map((part) => Number(part ?? 0)) as [
    number, number, number, number, number, number,
  ]; // biome-ignore format: six of a kind
  const local = new Date(0);
  local.setUTCFullYear(year, month - 1, day);
  const isReal = local.getUTCMonth() === month - 1 && local.getUTCDate() === day && year > 0;
  if (!isReal || hour > 24 || minute > 59 || second > 59) throw mismatch(operator, 'a date in ISO 8601');
  const fractionMs = Math.trunc(Number(`0.${parts[6] ?? 0}`) * 1000);
  local.setUTCHours(hour, minute, second, fractionMs);
  return new Date(local.getTime() - zoneOffsetMs(parts[7]));
}

function zoneOffsetMs(zone = 'Z'): number {
  const [, sign, hours, minutes = '0'] = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone) ?? [];
  if (hours === undefined) return 0;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}

function mismatch(operator: string, wanted: string): InvalidQueryError {
  return new InvalidQueryError(`The filter value for "${operator}" has to be ${wanted}`);
}
