import { InvalidPayloadError } from '@codemint/shared';
import { z } from 'zod';
import type { Collection } from '../collection';
import { requireKey } from '../presence';
import { isPlainObject } from '../query/lists';
import { parseQuery, plainFields } from '../query/parseQuery';
import { readItems } from '../read/readItems';
import { changesExample, changesSchema } from '../schemas';
import type { Scope } from '../scope';
import type { Change, Submission } from './writer';

type Body = Record<string, unknown>;

const keys = z.array(z.string());
const query = z.looseObject({});

export function bulkKeysSchema(collection: Collection): z.ZodType {
  const example = { keys: keysExample(collection) };
  return z.union([keys, z.object({ keys }), z.object({ query })]).meta({ example });
}

export function bulkChangesSchema(collection: Collection): z.ZodType {
  const data = changesSchema(collection);
  const listed = z.array(z.looseObject({ [collection.primaryKey]: z.string() }));
  const example = { keys: keysExample(collection), data: changesExample(collection) };
  return z.union([z.object({ keys, data }), z.object({ query, data }), listed]).meta({ example });
}

function keysExample({ fields, primaryKey }: Collection): unknown[] {
  return [fields[primaryKey]?.example ?? '1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed'];
}

/** One item's body. @throws InvalidPayloadError if it is no object */
export function requireBody(body: unknown): Body {
  if (isPlainObject(body)) return body;
  throw new InvalidPayloadError('The body has to be a JSON object, with the content type application/json');
}

/** The body of a POST: one object or a list of them. */
export function parseSubmission(body: unknown): Submission {
  if (Array.isArray(body)) return { bodies: body.map(requireBody), isList: true };
  return { bodies: [requireBody(body)], isList: false };
}

/** The body of a collection's PATCH: `[{id, …}]`, `{keys, data}` or `{query, data}`. */
export async function bulkChanges(scope: Scope, collection: Collection, body: unknown): Promise<Change[]> {
  if (Array.isArray(body)) {
    return body.map((item) => {
      const { [collection.primaryKey]: key, ...rest } = requireBody(item);
      return { key: requireKey(collection, key), body: rest };
    });
  }
  const data = requireBody(requireBody(body).data);
  return (await bulkKeys(scope, collection, body)).map((key) => ({ key, body: data }));
}

/** Which items a DELETE or PATCH of a collection means: a list of keys, `{keys}` or `{query}`. */
export async function bulkKeys(scope: Scope, collection: Collection, body: unknown): Promise<string[]> {
  const { keys: listed, query: asked } = Array.isArray(body) ? { keys: body } : requireBody(body);
  if ((listed === undefined) === (asked === undefined)) {
    throw new InvalidPayloadError('The body has to have either "keys" or "query"');
  }
  if (asked !== undefined) return queryKeys(scope, collection, requireBody(asked));
  if (!Array.isArray(listed)) throw new InvalidPayloadError('"keys" has to be a list');
  return [...new Set(listed.map((key) => requireKey(collection, key)))];
}

async function queryKeys(scope: Scope, collection: Collection, asked: Body): Promise<string[]> {
  const { primaryKey } = collection;
  const { filter, sort, limit, offset } = parseQuery(collection, scope.caller, { limit: -1, ...asked });
  const items = await readItems(scope, collection, {
    fields: plainFields([primaryKey]),
    filter,
    sort,
    limit,
    offset,
  });
  return items.map((item) => String(item[primaryKey]));
}
