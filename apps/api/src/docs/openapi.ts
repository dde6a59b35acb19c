import {
  OpenAPIRegistry,
  OpenApiGeneratorV31,
  type RouteConfig,
  type ZodRequestBody,
} from '@asteasolutions/zod-to-openapi';
import { describeCodes } from '../adis/errorCodes';
import { TAG } from '../adis/schemas';
import { itemsDialect } from '../http/itemsDialect';
import type { Route, RouteResponse } from '../http/route';

type OpenApiDocument = ReturnType<OpenApiGeneratorV31['generateDocument']>;

const DESCRIPTION = `Issues unique, unguessable serial codes in bulk.

Collections are read as in Directus: \`GET\`, or \`SEARCH\` with \`{"query": …}\` in the body where the query is long.
Errors come as \`{"errors": [{"message", "extensions": {"code", …}}]}\`.

ADI orders are another dialect: the token comes as it is in \`Authorization\`, and errors come as
\`{"status", "errors": ["what is wrong"], "code", "moreInfo"}\`.`;

/** The API's description, made from the routes that are served. OpenAPI 3.1 has no place for SEARCH. */
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
  for (const route of routes) {
    if (route.method !== 'search') registry.registerPath({ method: route.method, ...operation(route) });
  }
  return new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: { title: 'Codemint', version: '0.1.0', description: DESCRIPTION },
    servers: [{ url: serverUrl }],
    tags: [{ name: TAG, description: describeCodes() }],
  });
}

function operation(route: Route) {
  const { path, summary, description, tags, access, dialect = itemsDialect, request, responses } = route;
  const content = bodyContent(request);
  return {
    path,
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
      Object.entries(responses).map(([status, response]) => [status, describeResponse(response)]),
    ),
  } satisfies Omit<RouteConfig, 'method'>;
}

function bodyContent(request: Route['request']): ZodRequestBody['content'] | undefined {
  if (request?.streamedBody !== undefined) {
    return Object.fromEntries(request.streamedBody.map((type) => [type, { schema: { type: 'string' } }]));
  }
  const schema = request?.describedBody ?? request?.body;
  return schema && { 'application/json': { schema } };
}

function describeResponse({ description, schema, contentType }: RouteResponse) {
  if (schema === undefined && contentType === undefined) return { description };
  return { description, content: { [contentType ?? 'application/json']: schema ? { schema } : {} } };
}
