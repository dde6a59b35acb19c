/** What the fuzz reads of JSON Schema. */
export interface Schema {
  $ref?: string;
  type?: string | readonly string[];
  enum?: readonly unknown[];
  const?: unknown;
  format?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  items?: Schema;
  properties?: Readonly<Record<string, Schema>>;
  required?: readonly string[];
  anyOf?: readonly Schema[];
  oneOf?: readonly Schema[];
  allOf?: readonly Schema[];
  example?: unknown;
}

interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required?: boolean;
  schema: Schema;
}

interface OperationObject {
  parameters?: Parameter[];
  requestBody?: { content: Record<string, { schema?: Schema }> };
  responses: Record<string, unknown>;
  tags?: string[];
}

export interface Description {
  paths: Record<string, Record<string, OperationObject>>;
  components: { schemas: Record<string, Schema> };
}

/** One thing that may be asked for. */
export interface Operation {
  /** In upper case. */
  method: string;
  path: string;
  parameters: readonly Parameter[];
  /** Schemas of the body by content type; empty if it has none. */
  bodies: readonly (readonly [type: string, schema: Schema])[];
  /** That may be answered. */
  statuses: readonly number[];
}

/** SEARCH, for which a description has no place, is the GET of a list with its query in the body. */
const SEARCHED: Schema = { type: 'object', properties: { query: { type: 'object' } } };

export function operationsOf({ paths }: Description): Operation[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).flatMap(([method, { parameters = [], requestBody, responses }]) => {
      const operation: Operation = {
        method: method.toUpperCase(),
        path,
        parameters,
        bodies: Object.entries(requestBody?.content ?? {}).map(([type, { schema = {} }]) => [type, schema]),
        statuses: Object.keys(responses).map(Number),
      };
      if (!isList(operation)) return [operation];
      return [
        operation,
        { ...operation, method: 'SEARCH', parameters: [], bodies: [['application/json', SEARCHED]] },
      ];
    }),
  );
}

/** Whether it is the list of a collection, with the whole query language. */
export function isList({ method, path, parameters }: Operation): boolean {
  return (
    method === 'GET' && /^\/(items\/\w+|users)$/.test(path) && parameters.some(({ name }) => name === 'deep')
  );
}

export function resolve({ components }: Description, schema: Schema): Schema {
  const name = schema.$ref?.replace('#/components/schemas/', '');
  return name === undefined ? schema : (components.schemas[name] ?? {});
}
