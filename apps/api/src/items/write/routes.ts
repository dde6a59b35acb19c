import { z } from 'zod';
import { idempotencyHeaders, keyedBy, keyRefusals } from '../../http/idempotency';
import { defineRoute, json, noContent, type Route } from '../../http/route';
import { pluralOf } from '../collection';
import { requireKey } from '../presence';
import {
  changeRefusals,
  changesSchema,
  createdAnswer,
  inputSchema,
  itemAnswer,
  itemQuery,
  keyParams,
  listAnswer,
  refusals,
} from '../schemas';
import { changeItems, createItems, removeItems, type Target } from './actions';
import { bulkChanges, bulkChangesSchema, bulkKeys, bulkKeysSchema, requireBody } from './bodies';

/** The writes of a collection at `path`. */
export function writeRoutes(target: Target, path: string): Route[] {
  return [createRoute(target, path), ...bulkRoutes(target, path), ...itemRoutes(target, `${path}/{id}`)];
}

function createRoute(target: Target, path: string): Route {
  const { name, title } = target.collection;
  const { takesKeys } = target.writer;
  const input = inputSchema(target.collection);
  return defineRoute({
    method: 'post',
    path,
    summary: `Make one ${title} or a list of them, all or nothing`,
    tags: [name],
    access: { collection: name },
    request: {
      query: itemQuery,
      body: z.unknown(),
      describedBody: z.union([input, z.array(input)]),
      ...(takesKeys && { headers: idempotencyHeaders }),
    },
    responses: { 200: createdAnswer(target.collection), ...refusals, ...(takesKeys && keyRefusals) },
    async handler(context, { caller, body, query, http }) {
      const keyed = takesKeys ? keyedBy(http, caller, `POST ${path}`, body) : undefined;
      return createItems({ context, caller }, target, body, query, keyed);
    },
  });
}

function bulkRoutes(target: Target, path: string): Route[] {
  const { collection } = target;
  const common = { path, tags: [collection.name], access: { collection: collection.name } };
  const change = defineRoute({
    ...common,
    method: 'patch',
    summary: `Change ${pluralOf(collection)}, all or none`,
    request: { query: itemQuery, body: z.unknown(), describedBody: bulkChangesSchema(collection) },
    responses: { 200: listAnswer(collection), ...changeRefusals },
    async handler(context, { caller, body, query }) {
      const scope = { context, caller };
      const changes = await bulkChanges(scope, collection, body);
      return json({ data: await changeItems(scope, target, changes, query) });
    },
  });
  const remove = defineRoute({
    ...common,
    method: 'delete',
    summary: `Delete ${pluralOf(collection)}, all or none`,
    ...(collection.onDelete !== undefined && { description: collection.onDelete }),
    request: { body: z.unknown(), describedBody: bulkKeysSchema(collection) },
    responses: { 204: { description: 'They are gone' }, ...changeRefusals },
    async handler(context, { caller, body }) {
      const scope = { context, caller };
      await removeItems(scope, target, await bulkKeys(scope, collection, body));
      return noContent;
    },
  });
  return [change, remove];
}

function itemRoutes(target: Target, path: string): Route[] {
  const { collection } = target;
  const common = { path, tags: [collection.name], access: { collection: collection.name } };
  const change = defineRoute({
    ...common,
    method: 'patch',
    summary: `Change one ${collection.title}`,
    request: {
      params: keyParams,
      query: itemQuery,
      body: z.unknown(),
      describedBody: changesSchema(collection),
    },
    responses: { 200: itemAnswer(collection), ...changeRefusals },
    async handler(context, { caller, params, body, query }) {
      const change = { key: requireKey(collection, params.id), body: requireBody(body) };
      const [item] = await changeItems({ context, caller }, target, [change], query);
      return json({ data: item });
    },
  });
  const remove = defineRoute({
    ...common,
    method: 'delete',
    summary: `Delete one ${collection.title}`,
    ...(collection.onDelete !== undefined && { description: collection.onDelete }),
    request: { params: keyParams },
    responses: { 204: { description: 'It is gone' }, ...changeRefusals },
    async handler(context, { caller, params }) {
      await removeItems({ context, caller }, target, [requireKey(collection, params.id)]);
      return noContent;
    },
  });
  return [change, remove];
}
