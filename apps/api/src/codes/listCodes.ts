import { ForbiddenError } from '@codemint/shared';
import type { Request, Response } from 'express';
import { type Answer, json, written } from '../http/route';
import { uniqueCode } from '../items/collections/uniqueCode';
import type { ItemsQuery } from '../items/query/itemsQuery';
import { parseQuery } from '../items/query/parseQuery';
import type { Scope } from '../items/scope';
import { criteriaOf, refuseOtherOrder } from './codeCriteria';
import { type CodeSource, codesOfJobs } from './codeSource';
import { itemWriter } from './itemText';
import { selectCodes } from './selectCodes';
import { primed, sendParts } from './sendParts';

/** Text is sent in parts of about this size. */
const PART_LENGTH = 64 * 1024;

/**
 * Answers a list of codes. It is written while it is read, so it may be a whole job's.
 * @throws InvalidQueryError, ForbiddenError for an unknown field, PoolKeyError
 */
export async function sendCodes(scope: Scope, http: Request, response: Response): Promise<Answer> {
  const query = parseQuery(uniqueCode, scope.caller, http.query);
  refuseOtherOrder(query.sort);
  const { database, ring } = scope.context;
  const source = await selectCodes(database.pool, ring, scope.caller, criteriaOf(query.filter));
  const meta = await readMeta(scope, source, query);
  const parts = await primed(listParts(scope, source, query, meta));
  response.set({ 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-cache' });
  await sendParts(response, parts, false);
  return written;
}

/** @throws ForbiddenError when there is no such code that the caller may see */
export async function readCode(scope: Scope, id: string, http: Request): Promise<Answer> {
  const { fields } = parseQuery(uniqueCode, scope.caller, { fields: http.query.fields });
  const { database, ring } = scope.context;
  const source = await selectCodes(database.pool, ring, scope.caller, { id });
  const { value: page } = await source.pages(0, 1).next();
  const code = page?.codes[0];
  if (page === undefined || code === undefined) throw new ForbiddenError();
  const writeItem = await itemWriter(scope, page.job, fields);
  return json({ data: JSON.parse(writeItem(code)) });
}

/** Counts are sums of the jobs' counters. */
async function readMeta(scope: Scope, source: CodeSource, { meta }: ItemsQuery) {
  if (meta.size === 0) return undefined;
  const { database } = scope.context;
  const counts: Record<string, number> = {};
  if (meta.has('total_count')) {
    counts.total_count = await codesOfJobs(database.pool, { accountId: scope.caller.accountId }).count();
  }
  if (meta.has('filter_count')) counts.filter_count = await source.count();
  return counts;
}

async function* listParts(
  scope: Scope,
  source: CodeSource,
  { fields, offset, limit }: ItemsQuery,
  meta: Record<string, number> | undefined,
): AsyncGenerator<string> {
  let text = meta === undefined ? '{"data":[' : `{"meta":${JSON.stringify(meta)},"data":[`;
  let separator = '';
  for await (const { job, codes } of source.pages(offset, limit ?? Number.POSITIVE_INFINITY)) {
    const writeItem = await itemWriter(scope, job, fields);
    for (const code of codes) {
      text += separator + writeItem(code);
      separator = ',';
      if (text.length < PART_LENGTH) continue;
      yield text;
      text = '';
    }
  }
  yield `${text}]}`;
}
