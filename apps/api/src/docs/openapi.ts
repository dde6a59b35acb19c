import {
  OpenAPIRegistry,
  OpenApiGeneratorV31,
  type RouteConfig,
  type ZodRequestBody,
} from '@asteasolutions/zod-to-openapi';
import { describeCodes } from '../adis/errorCodes';
import { TAG } from '../adis/schemas';
import type { Dialect } from '../http/dialect';
import { itemsDialect } from '../http/itemsDialect';
import type { Route, RouteResponse } from '../http/route';
import { besides, type DescribedRoute } from './besides';
import { commonRefusals, refusalExample } from './refusals';

type OpenApiDocument = ReturnType<OpenApiGeneratorV31['generateDocument']>;

const DESCRIPTION = `Issues unique, unguessable serial codes in bulk.

Collections are read as in Directus: \`GET\`, or \`SEARCH\` with \`{"query": …}\` in the body where the query is long.
Errors come as \`{"errors": [{"message", "extensions": {"code", …}}]}\`.

ADI orders are another dialect: the token comes as it is in \`Authorization\`, and errors come as
\`{"status", "errors": ["what is wrong"], "code", "moreInfo"}\`.

Anything may be answered with 408, 414 or 431 where a request comes too slowly or its address and headers are too long.`;

/**
 * The API's description, made from the routes that are served and from what is served besides them. OpenAPI 3.1 has no
 * place for SEARCH.
 */
export function describeRoutes(routes: readonly Route[], serverUrl: string): OpenApiDocument {
  const registry = new OpenAPIRegistry();
  registry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer' });
  registry.registerComponent('securitySchemes', 'accessToken', {
    type: 'apiKey',
    in: 'query',
    name: 'access_token',
  });
  registry.registerComponent('securitySchemes', 'rawToken', {
    type: 'apiKey',
    in: 'header',
    name: 'Authorization',
  });
  for (const route of [...routes, ...besides]) {
    if (route.method !== 'search') registry.registerPath({ method: route.method, ...operation(route) });
  }
  return new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: {
      title: 'Codemint',
      version: '0.1.0',
      description: DESCRIPTION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: serverUrl }],
    tags: [{ name: TAG, description: describeCodes() }],
  });
}

/** The same for each address that it is asked for at; made at the first question, as it takes a while. */
export function describeOnce(routes: readonly Route[]): (serverUrl: string) => OpenApiDocument {
  let document: OpenApiDocument | undefined;
  return (url) => {
    document ??= describeRoutes(routes, url);
    return { ...document, servers: [{ url }] };
  };
}

function operation(route: DescribedRoute) {
  const { method, path, summary, description, tags, access, dialect = itemsDialect, request } = route;
  const content = bodyContent(request);
  const responses = { ...commonRefusals(path, access), ...route.responses };
  return {
    path,
    operationId: operationId(method, path),
    summary,
    ...(description === undefined ? {} : { description }),
    tags: [...tags],
    security: access === 'public' ? [] : dialect.security.map((name) => ({ [name]: [] })),
    request: {
      ...(request?.params && { params: request.params }),
      ...(request?.query && { query: request.query }),
      ...(request?.headers && { headers: request.headers }),
      ...(content && { body: { required: true, content } }),
    },
    responses: Object.fromEntries(
      Object.entries(responses).map(([status, response]) => [
        status,
        describeResponse(Number(status), response, dialect),
      ]),
    ),
  } satisfies Omit<RouteConfig, 'method'>;
}

/** `getItemsProductById` for `GET /items/product/{id}`: made of what never changes. */
function operationId(method: string, path: string): string {
  const words = path.replace(/\{(\w)/g, 'by-$1').split(/[^A-Za-z0-9]+/);
  return method + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

function bodyContent(request: Route['request']): ZodRequestBody['content'] | undefined {
  if (request?.streamedBody !== undefined) {
    return Object.fromEntries(request.streamedBody.map((type) => [type, { schema: { type: 'string' } }]));
  }
  const schema = request?.describedBody ?? request?.body;
  return schema && { 'application/json': { schema } };
}

/** A refusal has the envelope of its dialect unless it says otherwise. */
function describeResponse(status: number, response: RouteResponse, dialect: Dialect) {
  const { description, contentType = 'application/json', files = [] } = response;
  const isRefusal = status >= 400 && response.schema === undefined;
  const schema = isRefusal ? dialect.errorSchema : response.schema;
  const example = response.example ?? (isRefusal ? refusalExample(status, dialect) : undefined);
  if (schema === undefined && response.contentType === undefined) return { description };
  return {
    description,
    content: {
      [contentType]: { ...(schema && { schema }), ...(example !== undefined && { example }) },
      ...Object.fromEntries(files.map((type) => [type, {}])),
    },
  };
}
