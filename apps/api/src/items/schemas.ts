import { z } from 'zod';
import type { RouteResponse } from '../http/route';
import type { Collection, Field } from './collection';

/** An item of a plain read, for the API's description. */
function itemSchema(collection: Collection): z.ZodType {
  const shape = Object.entries(collection.fields).map(([name, field]) => {
    const schema = describe(field, valueSchema(field));
    const value = field.nullable ? schema.nullable() : schema;
    return [name, field.onRequest ? value.optional() : value] as const;
  });
  return z
    .object(Object.fromEntries(shape))
    .meta({ id: collection.name, description: collection.description });
}

/** An item as a query shapes it: of the fields that are named, and with what relations and functions bring in. */
function shapedSchema(collection: Collection): z.ZodType {
  const shape = Object.entries(collection.fields).map(([name, field]) => {
    const value = valueSchema(field).nullable();
    return [
      name,
      (field.relation === undefined ? value : z.union([value, z.looseObject({})])).optional(),
    ] as const;
  });
  return z.looseObject(Object.fromEntries(shape)).meta({
    id: `${collection.name}_shaped`,
    description:
      'With `fields`, `alias` or `deep`: what they name, related items in place of their keys. With `aggregate` or ' +
      '`groupBy`: a group, `{"count": 5}` or `{"status": "new", "sum": {"quantity": 500}}`.',
  });
}

const bareKey = z
  .union([z.string(), z.int()])
  .meta({ id: 'bare_key', description: 'The primary key alone, where `fields` is empty' });

/** Whatever an item is answered as. */
function answeredSchema(collection: Collection): z.ZodType {
  return z.union([itemSchema(collection), shapedSchema(collection), bareKey]);
}

/** What a caller may send for a new item; null is as good as nothing, and stands for the default if there is one. */
export function inputSchema(collection: Collection): z.ZodType {
  return bodySchema(collection, 'input', inputParts(collection), (field, schema) =>
    field.isRequired ? schema : schema.nullable().optional(),
  );
}

/** What a caller may change in an item. */
export function changesSchema(collection: Collection): z.ZodType {
  return bodySchema(collection, 'changes', changeableParts(collection), (field, schema) =>
    (field.nullable ? schema.nullable() : schema).optional(),
  );
}

/** A change that can be sent as it is. */
export function changesExample(collection: Collection): Record<string, unknown> {
  return exampleOf(changeableParts(collection));
}

type Part = readonly [name: string, field: Field];

function inputParts({ fields }: Collection): Part[] {
  return Object.entries(fields).filter(([, { setBy }]) => setBy !== 'server');
}

function changeableParts({ fields }: Collection): Part[] {
  return Object.entries(fields).filter(([, { setBy }]) => setBy === 'caller');
}

function bodySchema(
  { name }: Collection,
  kind: string,
  parts: readonly Part[],
  allow: (field: Field, schema: z.ZodType) => z.ZodType,
): z.ZodType {
  const shape = parts.map(
    ([part, field]) => [part, allow(field, describe(field, valueSchema(field)))] as const,
  );
  const example = exampleOf(parts);
  const isTelling = Object.keys(example).length > 0;
  return z.object(Object.fromEntries(shape)).meta({ id: `${name}_${kind}`, ...(isTelling && { example }) });
}

/** A whole body that can be sent as it is: not every field goes with every other. */
function exampleOf(parts: readonly Part[]): Record<string, unknown> {
  return Object.fromEntries(
    parts.flatMap(([part, { example }]) => (example === undefined ? [] : [[part, example]])),
  );
}

function describe(field: Field, schema: z.ZodType): z.ZodType {
  return schema.meta({
    description: field.description,
    ...(field.example === undefined ? {} : { example: field.example }),
  });
}

function valueSchema({ type, values }: Field): z.ZodType {
  if (values !== undefined) return z.enum(values as [string, ...string[]]);
  switch (type) {
    case 'uuid':
      return z.guid();
    case 'timestamp':
      return z.iso.datetime();
    case 'string':
      return z.string();
    case 'boolean':
      return z.boolean();
    case 'float':
      return z.number();
    default:
      return z.int();
  }
}

const parameter = (description: string) => z.unknown().optional().meta({ description, type: 'string' });

const fields = parameter(
  'Fields to answer, by comma; `*` for all, `account.account_name` or `account.*` through a relation, `year(date_created)` for a part of a time.',
);

/** Parameters that shape one item; their values are checked against the collection, all others are ignored. */
export const itemQuery = z.looseObject({ fields });

const alias = parameter('Other names of relations, such as `alias[maker]=account`.');
const deep = parameter(
  'Queries of related items, such as `deep[unique_codes][_limit]=5`; also `_offset`, `_page`, `_sort`, `_filter`.',
);

/** Parameters of a list. */
export const listQuery = z.looseObject({
  fields,
  filter: parameter('JSON such as `{"status":{"_eq":"new"}}`, or `filter[status][_eq]=new`.'),
  sort: parameter('Fields by comma, `-` before one to turn it round. Default: the primary key.'),
  limit: parameter('Most items to answer. Default 100; -1 for all.'),
  offset: parameter('Items to pass over.'),
  page: parameter('Page of `limit` items, from 1; beats `offset`.'),
  meta: parameter('`total_count`, `filter_count` by comma, or `*`.'),
  search: parameter('Words in any text, or just this number or uuid.'),
  aggregate: parameter(
    '`aggregate[count]=*`; also `countDistinct`, `sum`, `sumDistinct`, `avg`, `avgDistinct`, `min`, `max`.',
  ),
  groupBy: parameter('Fields, or functions of fields, by which aggregates are grouped.'),
  alias,
  deep,
  export: parameter('`csv`, `csv_utf8` (with a BOM), `json`, `xml` or `yaml`: the bare items as a file.'),
});

export const keyParams = z.object({ id: z.string().meta({ description: 'Primary key; `/` as `%2F`' }) });

const refusal = (description: string): RouteResponse => ({ description });

/** What every route of a collection may answer besides. */
export const refusals: Readonly<Record<number, RouteResponse>> = {
  400: refusal('The query or the body is wrong: INVALID_QUERY, INVALID_PAYLOAD, FAILED_VALIDATION, …'),
  401: refusal('The token is not one of ours'),
  403: refusal('There is no such item or field that the caller may use'),
  503: refusal('The database is away for now'),
};

/** The same for changes and removals. */
export const changeRefusals: Readonly<Record<number, RouteResponse>> = {
  ...refusals,
  409: refusal('An item is in use, or was changed meanwhile'),
};

export function itemAnswer(collection: Collection): RouteResponse {
  return { description: 'The item', schema: z.object({ data: answeredSchema(collection) }) };
}

/** A list that is answered in the body of the dialect alone. */
export function listAnswer(collection: Collection): RouteResponse {
  return {
    description: 'The items, and in `meta` the counts that were asked for',
    schema: listSchema(answeredSchema(collection)),
  };
}

/** A list that may be exported. @param more content types of files that only this collection has */
export function exportableAnswer(collection: Collection, more: readonly string[] = []): RouteResponse {
  const item = answeredSchema(collection);
  return {
    description:
      'The items, and in `meta` the counts that were asked for; or a file with `export`, which is `json` bare',
    schema: z.union([listSchema(item), z.array(item)]),
    files: ['text/csv', 'text/xml', 'text/yaml', ...more],
  };
}

function listSchema(item: z.ZodType) {
  return z.object({ meta: z.record(z.string(), z.int()).optional(), data: z.array(item) });
}

/** What a POST answers: one item, or as many as were sent. */
export function createdAnswer(collection: Collection): RouteResponse {
  const item = answeredSchema(collection);
  return { description: 'What was made', schema: z.object({ data: z.union([item, z.array(item)]) }) };
}
