import { InvalidQueryError, isUuid } from '@codemint/shared';
import type { FieldType } from '../collection';
import type { FilterValue } from './itemsQuery';

const WORDS: Readonly<Record<string, true | false | null>> = { true: true, false: false, null: null };

/** Inclusive; what the column's type holds. */
const INTEGER_LIMITS: Record<'integer' | 'bigInteger', [bigint, bigint]> = {
  integer: [-(2n ** 31n), 2n ** 31n - 1n],
  bigInteger: [-(2n ** 63n), 2n ** 63n - 1n],
};

/**
 * A filter's operand as a value of the field's type. The strings `true`, `false` and `null` stand for the values.
 * @throws InvalidQueryError if it is none
 */
export function filterValue(operator: string, type: FieldType, raw: unknown): FilterValue {
  const value = typeof raw === 'string' && Object.hasOwn(WORDS, raw) ? WORDS[raw] : raw;
  if (value === null) return null;
  if (value === '') {
    throw new InvalidQueryError(
      `You can't filter for an empty string in "${operator}". Use "_empty" or "_nempty" instead`,
    );
  }
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
    throw new InvalidQueryError(`The filter value for "${operator}" has to be a string, number, or boolean`);
  }
  return convert(type, String(value), operator);
}

function convert(type: FieldType, text: string, operator: string): FilterValue {
  switch (type) {
    case 'string':
      // Postgres keeps no NUL in a text: nothing is equal to this.
      if (text.includes('\0')) throw mismatch(operator, 'a string without NUL');
      return text;
    case 'uuid':
      if (!isUuid(text)) throw mismatch(operator, 'a uuid');
      return text;
    case 'timestamp':
      return convertDate(text, operator);
    default:
      return convertInteger(type, text, operator);
  }
}

function convertInteger(type: 'integer' | 'bigInteger', text: string, operator: string): bigint {
  const [least, most] = INTEGER_LIMITS[type];
  const value = /^\s*[+-]?\d{1,20}\s*$/.test(text) ? BigInt(text.trim().replace(/^\+/, '')) : undefined;
  if (value === undefined || value < least || value > most) throw mismatch(operator, 'an integer');
  return value;
}

function convertDate(text: string, operator: string): Date {
  const date = /^\d{4}-\d{2}(-\d{2}|$)/.test(text) ? new Date(text) : undefined;
  if (date === undefined || Number.isNaN(date.getTime())) throw mismatch(operator, 'a date in ISO 8601');
  return date;
}

function mismatch(operator: string, wanted: string): InvalidQueryError {
  return new InvalidQueryError(`The filter value for "${operator}" has to be ${wanted}`);
}
