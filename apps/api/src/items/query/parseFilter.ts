import { InvalidQueryError } from '@codemint/shared';
import { type Collection, type Field, findField } from '../collection';
import { unknownField } from '../refusals';
import { type Filter, type FilterValue, MATCH_ALL } from './itemsQuery';
import { isPlainObject, parseJsonParameter } from './lists';
import { filterValue } from './values';

/** Nothing that a person writes goes deeper; a hostile body could otherwise exhaust the stack. */
const MAX_DEPTH = 20;

/**
 * Which rows to answer: fields are ANDed, `_and` and `_or` hold lists, `{status: "new"}` means `_eq`.
 * @param raw an object, or one as JSON
 * @throws ForbiddenError for an unknown field, InvalidQueryError
 */
export function parseFilter(collection: Collection, raw: unknown): Filter {
  if (raw === undefined || raw === '') return MATCH_ALL;
  const value = parseJsonParameter(raw);
  if (!isPlainObject(value)) throw invalidKey('_eq', collection.name);
  return parseObject(collection, value, 0);
}

function parseObject(collection: Collection, object: Record<string, unknown>, depth: number): Filter {
  if (depth > MAX_DEPTH) throw new InvalidQueryError('The filter is nested too deeply');
  const parts = Object.entries(object).map(([key, value]) => parseEntry(collection, key, value, depth));
  return { kind: 'and', parts };
}

function parseEntry(collection: Collection, key: string, value: unknown, depth: number): Filter {
  if (key === '_and' || key === '_or') {
    return combine(key, value, (part) => parseObject(collection, part, depth + 1));
  }
  const field = findField(collection, key);
  if (field !== undefined) return parseConditions({ name: key, field }, value, depth + 1);
  if (key.startsWith('_')) throw invalidKey(key, collection.name);
  if (/^\w+\(.*\)$/.test(key)) throw new InvalidQueryError(`Functions such as "${key}" are not supported`);
  throw unknownField(collection, key, []);
}

/** An empty list matches all, and so does a list of alternatives that has an empty one among them. */
function combine(
  key: '_and' | '_or',
  value: unknown,
  parsePart: (part: Record<string, unknown>) => Filter,
): Filter {
  const parts = Array.isArray(value) ? value : isPlainObject(value) ? Object.values(value) : undefined;
  if (!parts?.every(isPlainObject)) throw new InvalidQueryError(`"${key}" must be a list of filters`);
  const parsed = parts.map(parsePart);
  if (key === '_and') return { kind: 'and', parts: parsed };
  const isOpen = parts.length === 0 || parts.some((part) => Object.keys(part).length === 0);
  return isOpen ? MATCH_ALL : { kind: 'or', parts: parsed };
}

interface NamedField {
  name: string;
  field: Field;
}

function parseConditions(target: NamedField, value: unknown, depth: number): Filter {
  if (depth > MAX_DEPTH) throw new InvalidQueryError('The filter is nested too deeply');
  if (value === null) throw new InvalidQueryError('Invalid filter object');
  if (!isPlainObject(value)) return equals(target, value);
  const parts = Object.entries(value).map(([operator, operand]) => {
    if (operator === '_and' || operator === '_or') {
      return combine(operator, operand, (part) => parseConditions(target, part, depth + 1));
    }
    if (operator === '_eq') return equals(target, operand);
    throw unknownOperator(target, operator);
  });
  return { kind: 'and', parts };
}

function equals({ name, field }: NamedField, operand: unknown): Filter {
  const value: FilterValue = filterValue('_eq', field.type, operand);
  return { kind: 'equals', field: name, value };
}

const OPERATORS = new Set(
  (
    'neq lt lte gt gte in nin null nnull empty nempty between nbetween contains ncontains icontains starts_with ' +
    'nstarts_with istarts_with nistarts_with ends_with nends_with iends_with niends_with some none'
  )
    .split(' ')
    .map((name) => `_${name}`),
);

function unknownOperator({ name, field }: NamedField, operator: string): InvalidQueryError {
  if (OPERATORS.has(operator)) {
    return new InvalidQueryError(`The filter operator "${operator}" is not supported`);
  }
  if (field.relation !== undefined && !operator.startsWith('_')) {
    return new InvalidQueryError(
      `Filters on fields of a related item ("${name}.${operator}") are not supported`,
    );
  }
  return new InvalidQueryError(
    `"${field.type}" field type does not contain the "${operator}" filter operator`,
  );
}

function invalidKey(key: string, collection: string): InvalidQueryError {
  return new InvalidQueryError(`Invalid filter key "${key}" on "${collection}"`);
}
