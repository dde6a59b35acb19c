import type { Caller } from '@codemint/db';
import { InvalidQueryError } from '@codemint/shared';
import {
  type Column,
  type Comparison,
  type Filter,
  type FilterValue,
  MATCH_ALL,
  MATCH_NONE,
  type Test,
} from './itemsQuery';
import { isPlainObject } from './lists';
import {
  coerceWord,
  convertValue,
  requirePrimitive,
  requireScalar,
  requireText,
  type ValueType,
} from './values';
import { resolveVariable } from './variables';

/** What a condition is about: a column and the type of its values. */
export interface Operand {
  readonly column: Column;
  readonly type: ValueType;
  readonly caller: Caller;
}

const COMPARISONS: Readonly<Record<string, Comparison>> = {
  _eq: '=',
  _neq: '!=',
  _lt: '<',
  _lte: '<=',
  _gt: '>',
  _gte: '>=',
};

const COMMON = '_eq _neq _in _nin _null _nnull';
const ORDER = '_lt _lte _gt _gte _between _nbetween';
const TEXT =
  '_contains _ncontains _icontains _starts_with _nstarts_with _istarts_with _nistarts_with ' +
  '_ends_with _nends_with _iends_with _niends_with';

const OPERATORS: Readonly<Record<ValueType, ReadonlySet<string>>> = {
  string: names(`${COMMON} _empty _nempty ${TEXT}`),
  uuid: names(COMMON),
  integer: names(`${COMMON} ${ORDER}`),
  bigInteger: names(`${COMMON} ${ORDER}`),
  float: names(`${COMMON} ${ORDER}`),
  number: names(`${COMMON} ${ORDER}`),
  boolean: names('_eq _neq _null _nnull'),
  timestamp: names(`${COMMON} ${ORDER} _empty _nempty _contains _ncontains`),
};

function names(list: string): ReadonlySet<string> {
  return new Set(list.split(' '));
}

/**
 * One operator with its operand.
 * @throws InvalidQueryError for an operator that fields of this type do not have, or an operand that does not fit it
 */
export function parseTest(operand: Operand, operator: string, raw: unknown): Filter {
  switch (operator) {
    case '_in':
    case '_nin':
      return parseIn(operand, operator, raw);
    case '_between':
    case '_nbetween':
      return parseBetween(operand, operator, raw);
    case '_null':
    case '_nnull':
    case '_empty':
    case '_nempty':
      return parseFlag(operand, operator, raw);
    default:
      return parseValueTest(operand, operator, raw);
  }
}

function parseValueTest(operand: Operand, operator: string, raw: unknown): Filter {
  const value = requirePrimitive(operator, coerceWord(resolveVariable(raw, operand.caller)));
  requireOperator(operand, operator);
  const comparison = COMPARISONS[operator];
  if (comparison === undefined) return parseText(operand, operator, value);
  const converted = convertValue(operator, operand.type, value);
  if (converted !== null) return test(operand, { kind: 'compare', operator: comparison, value: converted });
  if (comparison !== '=' && comparison !== '!=') return MATCH_NONE;
  return test(operand, { kind: 'null', negated: comparison === '!=' });
}

function parseText(
  operand: Operand,
  operator: string,
  value: string | number | boolean | Date | null,
): Filter {
  const [, negation, ignore, place] = /^_(n?)(i?)(contains|starts_with|ends_with)$/.exec(operator) ?? [];
  if (value === null) return MATCH_NONE;
  return test(operand, {
    kind: 'text',
    negated: negation === 'n',
    ignoreCase: ignore === 'i',
    place: place === 'contains' ? 'anywhere' : place === 'starts_with' ? 'start' : 'end',
    text: requireText(operator, value),
  });
}

/** Null or an empty text count as true: `filter[reference_id][_null]` alone is enough. */
function parseFlag(operand: Operand, operator: string, raw: unknown): Filter {
  const value = coerceWord(raw);
  if (value !== null && value !== '' && typeof value !== 'boolean') {
    throw new InvalidQueryError(`"${operator}" has to be a boolean`);
  }
  requireOperator(operand, operator);
  const negated = operator.startsWith('_n') && operator !== '_null';
  // Where nothing can be an empty text, only null is empty.
  const kind = operator.endsWith('empty') && operand.type === 'string' ? 'empty' : 'null';
  return test(operand, { kind, negated: negated !== (value === false) });
}

function parseIn(operand: Operand, operator: '_in' | '_nin', raw: unknown): Filter {
  const values = parseList(operand, operator, raw);
  const negated = operator === '_nin';
  const present = values.filter((value) => value !== null);
  // Whether a value differs from null, nobody knows.
  if (negated && present.length < values.length) return MATCH_NONE;
  return test(operand, { kind: 'in', negated, values: present });
}

/** Anything but two values is no condition. */
function parseBetween(operand: Operand, operator: '_between' | '_nbetween', raw: unknown): Filter {
  const values = parseList(operand, operator, raw);
  if (values.length !== 2) return MATCH_ALL;
  const [low, high] = values as [FilterValue | null, FilterValue | null];
  if (low === null || high === null) return MATCH_NONE;
  return test(operand, { kind: 'between', negated: operator === '_nbetween', low, high });
}

/** A list, an object that a long list became in the query string, csv, or a variable that stands for one. */
function parseList(operand: Operand, operator: string, raw: unknown): (FilterValue | null)[] {
  const list = isPlainObject(raw) ? Object.values(raw) : typeof raw === 'string' ? raw.split(',') : raw;
  const values = (Array.isArray(list) ? list : [list]).flatMap((value) =>
    resolveVariable(value, operand.caller),
  );
  if (values.length === 0) throw new InvalidQueryError(`"${operator}" has to be an array of values`);
  requireOperator(operand, operator);
  return values.map((value) =>
    convertValue(operator, operand.type, requireScalar(operator, coerceWord(value))),
  );
}

function requireOperator({ type }: Operand, operator: string): void {
  if (OPERATORS[type].has(operator)) return;
  // What functions make is an integer to callers.
  const name = type === 'number' ? 'integer' : type;
  throw new InvalidQueryError(`"${name}" field type does not contain the "${operator}" filter operator`);
}

function test({ column }: Operand, test: Test): Filter {
  return { kind: 'test', column, test };
}
