import { ForbiddenError, InvalidPayloadError } from '@codemint/shared';
import { unknownCollection } from '../../http/authenticate';
import { type Answer, json } from '../../http/route';
import { type Collection, mayRead } from '../collection';
import { requireKey } from '../presence';
import { isPlainObject } from '../query/lists';
import { parseFields } from '../query/parseFields';
import { parseQuery } from '../query/parseQuery';
import type { Item, Scope } from '../scope';
import { readMeta } from './countItems';
import { readItems } from './readItems';
import type { Keys } from './visible';

/** @throws ForbiddenError if the caller's role does not read this collection */
export function requireReader({ caller }: Scope, collection: Collection): void {
  if (!mayRead(caller, collection)) throw unknownCollection(collection.name);
}

/** Answers a list as a query's parameters ask for it. */
export async function answerList(
  scope: Scope,
  collection: Collection,
  parameters: Record<string, unknown>,
  keys?: Keys,
): Promise<Answer> {
  requireReader(scope, collection);
  const query = parseQuery(collection, scope.caller, parameters);
  const data = await readItems(scope, collection, { ...query, keys });
  const meta = await readMeta(scope, collection, query);
  return json(meta === undefined ? { data } : { meta, data });
}

/** The same for the body of a SEARCH, `{query, keys}`. */
export function answerSearch(scope: Scope, collection: Collection, body: unknown): Promise<Answer> {
  const { query = {}, keys } = isPlainObject(body) ? body : {};
  if (!isPlainObject(query)) throw new InvalidPayloadError('"query" has to be an object');
  if (keys === undefined) return answerList(scope, collection, query);
  if (!Array.isArray(keys)) throw new InvalidPayloadError('"keys" has to be a list');
  const wanted = keys.map((key) => requireKey(collection, key));
  return answerList(scope, collection, query, wanted);
}

/**
 * One item as `fields` shapes it.
 * @throws ForbiddenError if there is none that the caller may see
 */
export async function readItem(
  scope: Scope,
  collection: Collection,
  key: string,
  parameters: Record<string, unknown>,
): Promise<Item> {
  const wanted = requireKey(collection, key);
  const fields = parseFields(collection, scope.caller, parameters.fields);
  const [item] = await readItems(scope, collection, { fields, keys: [wanted] });
  if (item === undefined) throw new ForbiddenError();
  return item;
}
