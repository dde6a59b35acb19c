import type { Caller } from '@codemint/db';
import { InvalidQueryError } from '@codemint/shared';
import { type Collection, type Field, findField, mayRead } from '../collection';
import { collectionNamed } from '../collections';
import { unknownField } from '../refusals';
import type { FieldTree } from './itemsQuery';
import { parseNames } from './lists';

const MAX_DEPTH = 10;

type GrowingTree = Map<string, GrowingTree | null>;

/**
 * Which fields to answer. `*` is all of a collection; a path leads through relations; a path through anything else
 * is dropped. Nothing asked for means all.
 * @throws ForbiddenError for a field that does not exist or that the caller may not see, InvalidQueryError
 */
export function parseFields(collection: Collection, caller: Caller, raw: unknown): FieldTree {
  const names = parseNames('fields', raw);
  const tree: GrowingTree = new Map();
  for (const name of names.length === 0 ? ['*'] : names) {
    const path = name.split('.');
    if (path.length > MAX_DEPTH) throw new InvalidQueryError('Max relational depth exceeded');
    grow({ collection, caller, tree, reached: [] }, path);
  }
  return tree;
}

interface Place {
  collection: Collection;
  caller: Caller;
  tree: GrowingTree;
  /** Relations that led here. */
  reached: readonly string[];
}

function grow(place: Place, path: readonly string[]): void {
  const [name = '', ...rest] = path;
  if (name === '*') {
    growAll(place, rest);
    return;
  }
  const field = findField(place.collection, name);
  if (rest.length === 0) {
    refuseFunction(name);
    if (field === undefined) throw unknownField(place.collection, name, place.reached);
    if (!place.tree.has(name)) place.tree.set(name, null);
    return;
  }
  const below = field && step(place, name, field);
  if (below === 'hidden') throw unknownField(place.collection, name, place.reached);
  if (below !== undefined) grow(below, rest);
}

function growAll(place: Place, rest: readonly string[]): void {
  for (const [name, field] of Object.entries(place.collection.fields)) {
    if (!place.tree.has(name)) place.tree.set(name, null);
    const below = rest.length === 0 ? undefined : step(place, name, field);
    if (below !== undefined && below !== 'hidden') grow(below, rest);
  }
}

/** Into the collection that a field refers to; undefined if it refers to none. */
function step(place: Place, name: string, field: Field): Place | 'hidden' | undefined {
  if (field.relation === undefined) return undefined;
  const collection = collectionNamed(field.relation);
  if (!mayRead(place.caller, collection)) return 'hidden';
  const tree: GrowingTree = place.tree.get(name) ?? new Map();
  place.tree.set(name, tree);
  return { ...place, collection, tree, reached: [...place.reached, name] };
}

function refuseFunction(name: string): void {
  if (/^\w+\(.*\)$/.test(name)) throw new InvalidQueryError(`Functions such as "${name}" are not supported`);
}
