import { InvalidQueryError } from '@codemint/shared';
import { findField } from '../collection';
import type { Alias } from './alias';
import type { FieldNode, FieldTree } from './itemsQuery';
import { parseNames } from './lists';
import { type Deep, deepBelow, parseListQuery, parseRelatedFilter } from './parseDeep';
import {
  findList,
  functionKey,
  onItsOwn,
  type Place,
  resolveName,
  splitPath,
  step,
  stepIntoList,
} from './place';

const MAX_DEPTH = 10;

export interface FieldOptions {
  readonly alias?: Alias;
  readonly deep?: Deep;
}

/**
 * Which fields to answer. `*` is all of a collection but its lists and what is answered on request; a path leads
 * through relations; a path through anything else is dropped. Nothing asked for means `*`.
 * @throws InvalidQueryError; the place's `unknown` is told of fields that are not there
 */
export function parseFields(place: Place, raw: unknown, options: FieldOptions = {}): FieldTree {
  const names = parseNames('fields', raw);
  for (const name of names) {
    if (name.split('.').length > MAX_DEPTH) throw new InvalidQueryError('Max relational depth exceeded');
  }
  return buildTree(place, names.length === 0 ? ['*'] : names, options);
}

/** Paths that begin with the same name, by this name; what follows it. */
type Below = Map<string, string[]>;

function buildTree(
  place: Place,
  names: readonly string[],
  { alias = {}, deep = {} }: FieldOptions,
): FieldTree {
  const tree = new Map<string, FieldNode | null>();
  const below: Below = new Map();
  for (const name of names) {
    const { steps, last } = splitPath(name);
    const [first, ...more] = steps;
    // A star that leads on takes along the fields that lead nowhere.
    if (name === '*' || first === '*') plantAll(place, tree);
    if (first !== undefined) {
      const rest = [...more, last.fn === undefined ? last.field : `${last.fn}(${last.field})`].join('.');
      gather(place, below, first, rest);
    } else if (last.fn !== undefined) {
      const column = resolveName(place, last);
      if (column !== undefined)
        tree.set(functionKey(last), { kind: 'function', column: { ...column, path: [] } });
    } else if (findList(place.collection, name) !== undefined) {
      gather(place, below, name, undefined);
    } else if (name !== '*') {
      plantField(place, tree, name, alias);
    }
  }
  // Relations come last, also where their key was asked for besides.
  for (const [key, rest] of below) {
    const node = relatedNode(place, key, rest, { alias, deep });
    if (node === undefined) continue;
    tree.delete(key);
    tree.set(key, node);
  }
  return tree;
}

function plantAll({ collection }: Place, tree: Map<string, FieldNode | null>): void {
  for (const [name, { onRequest }] of Object.entries(collection.fields)) {
    if (!onRequest) tree.set(name, null);
  }
}

/** @param rest what follows `first`; undefined: nothing */
function gather(place: Place, below: Below, first: string, rest: string | undefined): void {
  const keys = first === '*' ? relationsOf(place) : [first];
  for (const key of keys) {
    const known = below.get(key) ?? [];
    below.set(key, known);
    if (rest !== undefined) known.push(rest);
  }
}

function relationsOf(place: Place): string[] {
  return Object.entries(place.collection.fields)
    .filter(([name, { onRequest }]) => !onRequest && step(place, name) !== undefined)
    .map(([name]) => name);
}

/** Another name of a field that is no relation is not answered, as in the original. */
function plantField(place: Place, tree: Map<string, FieldNode | null>, key: string, alias: Alias): void {
  const isAlias = Object.hasOwn(alias, key);
  const name = isAlias ? (alias[key] as string) : key;
  if (findField(place.collection, name) === undefined) place.unknown.add(place, name);
  else if (!isAlias) tree.set(key, null);
}

/** Undefined: no relation, so the path is dropped; or one that the caller may not read. */
function relatedNode(
  place: Place,
  key: string,
  names: readonly string[],
  { alias, deep }: Required<FieldOptions>,
): FieldNode | null | undefined {
  const field = Object.hasOwn(alias, key) ? (alias[key] as string) : key;
  const options = deepBelow(deep, key);
  const list = stepIntoList(place, field);
  if (list !== undefined) {
    const tree = names.length === 0 ? null : orKeys(buildTree(list, names, options));
    return { kind: 'list', field, tree, query: parseListQuery(list, options.deep) };
  }
  if (findField(place.collection, field)?.relation === undefined) return undefined;
  const target = step(place, field);
  if (target === undefined) {
    place.unknown.add(place, field);
    return undefined;
  }
  const tree = orKeys(buildTree(target, names, options));
  // Nothing of it is left: it is answered as its key.
  if (tree === null) return key === field ? null : undefined;
  return { kind: 'related', field, tree, filter: parseRelatedFilter(onItsOwn(target), options.deep) };
}

function orKeys(tree: FieldTree): FieldTree | null {
  return tree.size === 0 ? null : tree;
}
