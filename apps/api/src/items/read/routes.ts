import { z } from 'zod';
import { defineRoute, json, type Route } from '../../http/route';
import { type Collection, pluralOf } from '../collection';
import { exportableAnswer, itemAnswer, itemQuery, keyParams, listQuery, refusals } from '../schemas';
import { answerList, answerSearch, readItem, requireReader } from './answers';

/** The reads of a collection at `path`. */
export function readRoutes(collection: Collection, path: string): Route[] {
  const { name, title } = collection;
  const common = { tags: [name], access: { collection: name } };
  const list = defineRoute({
    ...common,
    method: 'get',
    path,
    summary: `List ${pluralOf(collection)}`,
    description: collection.description,
    request: { query: listQuery },
    responses: { 200: exportableAnswer(collection), ...refusals },
    handler: (context, { caller, query, response }) =>
      answerList({ context, caller }, collection, query, response),
  });
  const search = defineRoute({
    ...common,
    method: 'search',
    path,
    summary: `List ${pluralOf(collection)} by a query in the body`,
    request: { body: z.unknown() },
    responses: { 200: exportableAnswer(collection), ...refusals },
    handler: (context, { caller, body, response }) =>
      answerSearch({ context, caller }, collection, body, response),
  });
  const one = defineRoute({
    ...common,
    method: 'get',
    path: `${path}/{id}`,
    summary: `Read one ${title}`,
    request: { params: keyParams, query: itemQuery },
    responses: { 200: itemAnswer(collection), ...refusals },
    async handler(context, { caller, params, query }) {
      const scope = { context, caller };
      requireReader(scope, collection);
      return json({ data: await readItem(scope, collection, params.id, query) });
    },
  });
  return [list, search, one];
}
