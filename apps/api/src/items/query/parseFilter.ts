import { InvalidQueryError } from '@codemint/shared';
import { type Field, findField } from '../collection';
import { type Filter, MATCH_ALL } from './itemsQuery';
import { isPlainObject, parseJson } from './lists';
import { parseTest } from './parseTest';
import { findList, functionOf, type Name, type Place, parseName, step, stepIntoList } from './place';

/** Nothing that a person or a program in good faith writes goes deeper or has more parts. */
const MAX_DEPTH = 30;
const MAX_PARTS = 4_000;

/** What is left of a filter's bounds. */
interface Budget {
  parts: number;
}

/**
 * Which rows to answer: fields are ANDed, `_and` and `_or` hold lists, `{status: "new"}` means `_eq`.
 * @param raw an object, or one as JSON
 * @throws InvalidQueryError; the place's `unknown` is told of fields that are not there
 */
export function parseFilter(place: Place, raw: unknown): Filter {
  if (raw === undefined || raw === null || raw === '') return MATCH_ALL;
  const value = typeof raw === 'string' ? parseJson('filter', raw) : raw;
  if (value === null) throw new InvalidQueryError('Invalid filter object');
  if (!isPlainObject(value)) throw invalidKey('_eq', place);
  return parseObject({ place, budget: { parts: MAX_PARTS }, depth: 0 }, value);
}

interface Cursor {
  readonly place: Place;
  readonly budget: Budget;
  readonly depth: number;
}

function deeper(cursor: Cursor, place = cursor.place): Cursor {
  if (cursor.depth === MAX_DEPTH) throw new InvalidQueryError('Max relational depth exceeded');
  spend(cursor.budget);
  return { ...cursor, place, depth: cursor.depth + 1 };
}

function spend(budget: Budget): void {
  budget.parts -= 1;
  if (budget.parts < 0) throw new InvalidQueryError(`A filter has at most ${MAX_PARTS} parts`);
}

function parseObject(cursor: Cursor, object: Record<string, unknown>): Filter {
  return all(Object.entries(object).map(([key, value]) => parseEntry(cursor, key, value)));
}

function parseEntry(cursor: Cursor, key: string, value: unknown): Filter {
  if (isCombinator(key)) return combine(key, value, (part) => parseObject(deeper(cursor), part));
  const { place } = cursor;
  const name = parseName(key);
  if (name.fn !== undefined) return parseFunction(cursor, key, name, value);
  const field = findField(place.collection, key);
  if (field !== undefined) return parseConditions(deeper(cursor), key, field, value);
  if (findList(place.collection, key) !== undefined) return parseListFilter(deeper(cursor), key, value);
  if (key.startsWith('_')) throw invalidKey(key, place);
  place.unknown.add(place, key);
  return MATCH_ALL;
}

function parseFunction(cursor: Cursor, key: string, name: Name, value: unknown): Filter {
  const { place } = cursor;
  const isKnown = findField(place.collection, name.field) ?? findList(place.collection, name.field);
  if (isKnown === undefined) {
    place.unknown.add(place, name.field);
    return MATCH_ALL;
  }
  const fn = functionOf(place, name);
  if (fn === undefined) throw invalidKey(key, place);
  const operand = {
    column: { path: place.path, field: name.field, fn },
    type: 'number' as const,
    caller: place.caller,
  };
  return parseOperators(deeper(cursor), value, (operator, raw) => {
    if (!operator.startsWith('_')) throw invalidKey(operator, place);
    return parseTest(operand, operator, raw);
  });
}

/** What is asked of a field: operators, and of a relation also conditions on the fields of what it refers to. */
function parseConditions(cursor: Cursor, name: string, { type }: Field, value: unknown): Filter {
  const { place } = cursor;
  const operand = { column: { path: place.path, field: name }, type, caller: place.caller };
  return parseOperators(cursor, value, (key, raw) => {
    if (key === '_some' || key === '_none') throw wrongQuantifier(key);
    if (key.startsWith('_')) return parseTest(operand, key, raw);
    const below = step(place, name);
    if (below !== undefined) return parseEntry(deeper(cursor, below), key, raw);
    if (findField(place.collection, name)?.relation === undefined) throw invalidKey(key, place);
    // The caller may not read what the field refers to.
    place.unknown.add(place, name);
    return MATCH_ALL;
  });
}

/** `_some` and `_none` of a list; what is asked of its items without either, one item meets. */
function parseListFilter(cursor: Cursor, name: string, value: unknown): Filter {
  if (!isPlainObject(value)) throw new InvalidQueryError('Invalid filter object');
  const { place } = cursor;
  const inside = deeper(cursor, stepIntoList(place, name));
  const quantify = (quantifier: 'some' | 'none', asked: unknown): Filter => {
    if (!isPlainObject(asked)) throw new InvalidQueryError('Invalid filter object');
    const filter = parseObject(inside, asked);
    return { kind: 'list', path: place.path, field: name, quantifier, filter };
  };
  const { _some, _none, ...rest } = value;
  const parts: Filter[] = [];
  if (_some !== undefined) parts.push(quantify('some', _some));
  if (_none !== undefined) parts.push(quantify('none', _none));
  if (Object.keys(rest).length > 0) parts.push(quantify('some', rest));
  return all(parts);
}

/** The conditions below a field; a bare value means `_eq`. */
function parseOperators(
  cursor: Cursor,
  value: unknown,
  parseOne: (key: string, raw: unknown) => Filter,
): Filter {
  if (value === null || value === undefined) throw new InvalidQueryError('Invalid filter object');
  const entries: [string, unknown][] = isPlainObject(value) ? Object.entries(value) : [['_eq', value]];
  return all(
    entries.map(([key, raw]) => {
      if (isCombinator(key)) {
        return combine(key, raw, (part) => parseOperators(deeper(cursor), part, parseOne));
      }
      spend(cursor.budget);
      return parseOne(key, raw);
    }),
  );
}

function isCombinator(key: string): key is '_and' | '_or' {
  return key === '_and' || key === '_or';
}

/** An empty list matches all. */
function combine(
  key: '_and' | '_or',
  value: unknown,
  parsePart: (part: Record<string, unknown>) => Filter,
): Filter {
  const parts = isPlainObject(value) ? Object.values(value) : value;
  if (!Array.isArray(parts) || !parts.every(isPlainObject)) {
    throw new InvalidQueryError('Invalid filter object');
  }
  if (key === '_and') return all(parts.map(parsePart));
  return parts.length === 0 ? MATCH_ALL : { kind: 'or', parts: parts.map(parsePart) };
}

function all(parts: Filter[]): Filter {
  return parts.length === 1 ? (parts[0] as Filter) : { kind: 'and', parts };
}

function wrongQuantifier(key: string): InvalidQueryError {
  return new InvalidQueryError(`"${key}" can only be used with top level relational alias field`);
}

function invalidKey(key: string, { collection }: Place): InvalidQueryError {
  return new InvalidQueryError(`Invalid filter key "${key}" on "${collection.name}"`);
}
