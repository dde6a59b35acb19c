import type { Caller } from '@codemint/db';
import { InvalidQueryError } from '@codemint/shared';
import { type Collection, type Field, findField, mayRead } from '../collection';
import { collectionNamed } from '../collections';
import { type Column, DATE_FUNCTIONS, type FunctionName } from './itemsQuery';
import type { UnknownFields } from './unknownFields';

/** Where a name in a query is looked up. */
export interface Place {
  readonly collection: Collection;
  readonly caller: Caller;
  /** Relations that led here from the collection whose rows are read. */
  readonly path: readonly string[];
  /** What led to that collection: it is read on its own, as a list is. */
  readonly base: readonly string[];
  readonly unknown: UnknownFields;
}

export function startAt(collection: Collection, caller: Caller, unknown: UnknownFields): Place {
  return { collection, caller, path: [], base: [], unknown };
}

/** Into the collection that a field refers to; undefined if it refers to none, or to one that the caller may not read. */
export function step(place: Place, name: string): Place | undefined {
  const target = findField(place.collection, name)?.relation;
  if (target === undefined) return undefined;
  const collection = collectionNamed(target);
  return mayRead(place.caller, collection)
    ? { ...place, collection, path: [...place.path, name] }
    : undefined;
}

/** Into the collection of a list, to be read on its own. */
export function stepIntoList(place: Place, name: string): Place | undefined {
  const list = findList(place.collection, name);
  if (list === undefined) return undefined;
  return {
    ...place,
    collection: collectionNamed(list),
    path: [],
    base: [...place.base, ...place.path, name],
  };
}

/** The same place for reading its collection on its own. */
export function onItsOwn(place: Place): Place {
  return { ...place, path: [], base: [...place.base, ...place.path] };
}

/** The collection whose items refer to those of this one under that name. */
export function findList({ lists = {} }: Collection, name: string): string | undefined {
  return Object.hasOwn(lists, name) ? lists[name] : undefined;
}

/** A name as callers write it: a field, or a function of one. */
export interface Name {
  readonly field: string;
  readonly fn?: string;
}

export function parseName(text: string): Name {
  const [, fn, field] = /^(\w*)\((.*)\)$/s.exec(text) ?? [];
  return fn === undefined || field === undefined ? { field: text } : { field, fn };
}

/** @returns undefined if there is no such function of that field */
export function functionOf(place: Place, { field, fn }: Name): FunctionName | undefined {
  if (fn === 'count') return findList(place.collection, field) === undefined ? undefined : fn;
  const isDate = findField(place.collection, field)?.type === 'timestamp';
  return isDate ? DATE_FUNCTIONS.find((name) => name === fn) : undefined;
}

/**
 * What a path such as `account.year(date_created)` leads to; undefined if it leads nowhere, which the place's
 * `unknown` is told.
 * @throws InvalidQueryError for a function that there is not
 */
export function resolveColumn(start: Place, text: string): Column | undefined {
  const { steps, last } = splitPath(text);
  let place = start;
  for (const name of steps) {
    const next = step(place, name);
    if (next === undefined) {
      place.unknown.add(place, name);
      return undefined;
    }
    place = next;
  }
  return resolveName(place, last);
}

/** The same for a name without a path. */
export function resolveName(place: Place, name: Name): Column | undefined {
  if (findName(place, name) === undefined) {
    place.unknown.add(place, name.field);
    return undefined;
  }
  const { path } = place;
  if (name.fn === undefined) return { path, field: name.field };
  const fn = functionOf(place, name);
  if (fn === undefined) throw new InvalidQueryError(`Invalid function specified "${name.fn}"`);
  return { path, field: name.field, fn };
}

/** A list has no value of its own: only its count is one. */
function findName(place: Place, { field, fn }: Name): Field | string | undefined {
  return findField(place.collection, field) ?? (fn && findList(place.collection, field));
}

/** `account.year(date_created)` and `year(account.date_created)` are the same. */
export function splitPath(text: string): { steps: string[]; last: Name } {
  const open = text.endsWith(')') ? text.indexOf('(') : -1;
  if (open < 0) {
    const steps = text.split('.');
    const field = steps.pop() ?? '';
    return { steps, last: { field } };
  }
  const before = text.slice(0, open).split('.');
  const fn = before.pop() ?? '';
  const steps = [...before, ...text.slice(open + 1, -1).split('.')];
  const field = steps.pop() ?? '';
  return { steps, last: { field, fn } };
}

/** The key under which a function of a field is answered. */
export function functionKey({ field, fn }: Name): string {
  return fn === undefined ? field : `${field}_${fn}`;
}
