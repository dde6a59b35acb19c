import { ForbiddenError, InvalidPayloadError } from '@codemint/shared';
import type { Response } from 'express';
import { recordDownload, selectionOf } from '../../audit/recordDownload';
import { primed, sendParts } from '../../codes/sendParts';
import { unknownCollection } from '../../http/authenticate';
import { type Answer, json, written } from '../../http/route';
import { type Collection, mayRead } from '../collection';
import { parseExport } from '../export/formats';
import { exportItems } from '../export/sendExport';
import { requireKey } from '../presence';
import type { ItemsQuery } from '../query/itemsQuery';
import { isPlainObject } from '../query/lists';
import { parseQuery } from '../query/parseQuery';
import type { Item, Scope } from '../scope';
import { readMeta } from './countItems';
import { readItems, streamItems } from './readItems';
import type { Keys } from './visible';

/** Longer lists are sent while they are read. */
const ITEMS_IN_ONE_PIECE = 1_000;

/** @throws ForbiddenError if the caller's role does not read this collection */
export function requireReader({ caller }: Scope, collection: Collection): void {
  if (!mayRead(caller, collection)) throw unknownCollection(collection.name);
}

/** Answers a list as a query's parameters ask for it, or exports it. */
export async function answerList(
  scope: Scope,
  collection: Collection,
  parameters: Record<string, unknown>,
  response: Response,
  keys?: Keys,
): Promise<Answer> {
  requireReader(scope, collection);
  const format = parseExport(parameters.export);
  const query = parseQuery(collection, scope.caller, parameters);
  const pages = bare(collection, query, streamItems(scope, collection, query, keys));
  if (format !== undefined) {
    await recordDownload(scope.context, response, {
      action: 'export',
      collection: collection.name,
      item: null,
      accountId: scope.caller.accountId,
      details: { ...selectionOf(parameters), ...(keys && { keys: keys.length }) },
    });
    return exportItems(response, collection, format, query, pages);
  }
  const meta = await readMeta(scope, collection, query);
  if (query.limit !== null && query.limit <= ITEMS_IN_ONE_PIECE) {
    const data: unknown[] = [];
    for await (const page of pages) data.push(...page);
    return json(meta === undefined ? { data } : { meta, data });
  }
  const parts = await primed(listParts(pages, meta));
  response.set({ 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-cache' });
  if (response.req.method === 'HEAD') response.end();
  else await sendParts(response, parts, false);
  return written;
}

async function* bare(
  { primaryKey }: Collection,
  { isBare }: ItemsQuery,
  pages: AsyncGenerator<Item[]>,
): AsyncGenerator<unknown[]> {
  for await (const page of pages) yield isBare ? page.map((item) => item[primaryKey]) : page;
}

/** The answer's text, a part for each page. */
async function* listParts(
  pages: AsyncGenerator<unknown[]>,
  meta: Record<string, number> | undefined,
): AsyncGenerator<string> {
  let text = meta === undefined ? '{"data":[' : `{"meta":${JSON.stringify(meta)},"data":[`;
  for await (const page of pages) {
    yield text + page.map((item) => JSON.stringify(item)).join(',');
    text = ',';
  }
  yield `${text === ',' ? '' : text}]}`;
}

/** The same for the body of a SEARCH, `{query, keys}`. */
export function answerSearch(
  scope: Scope,
  collection: Collection,
  body: unknown,
  response: Response,
): Promise<Answer> {
  const { query = {}, keys } = isPlainObject(body) ? body : {};
  if (!isPlainObject(query)) throw new InvalidPayloadError('"query" has to be an object');
  if (keys === undefined) return answerList(scope, collection, query, response);
  if (!Array.isArray(keys)) throw new InvalidPayloadError('"keys" has to be a list');
  const wanted = keys.map((key) => requireKey(collection, key));
  return answerList(scope, collection, query, response, wanted);
}

/**
 * One item as `fields` shapes it; the primary key alone where no field is left of it.
 * @throws ForbiddenError if there is none that the caller may see and that meets the query's filter
 */
export async function readItem(
  scope: Scope,
  collection: Collection,
  key: string,
  parameters: Record<string, unknown>,
): Promise<unknown> {
  const keys = [requireKey(collection, key)];
  const { fields, filter, isBare } = parseQuery(collection, scope.caller, {
    ...parameters,
    aggregate: undefined,
    groupBy: undefined,
    meta: undefined,
  });
  const [item] = await readItems(scope, collection, { fields, filter, keys });
  if (item === undefined) throw new ForbiddenError();
  return isBare ? item[collection.primaryKey] : item;
}
