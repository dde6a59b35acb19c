import { actingFor, type Caller } from '@codemint/db';
import { InvalidPayloadError, InvalidQueryError } from '@codemint/shared';
import type { Express, Request, RequestHandler, Response } from 'express';
import type { z } from 'zod';
import type { ApiContext } from '../context';
import { authenticate } from './authenticate';
import { formIssues } from './formIssues';
import { itemsDialect } from './itemsDialect';
import type { Answer, Method, Route } from './route';

/** The order in which an answer to OPTIONS names them; HEAD comes with GET. */
const ALLOW_ORDER: readonly Method[] = ['post', 'search', 'get', 'patch', 'delete'];

/** Serves the routes, and OPTIONS of their paths. */
export function mountRoutes(app: Express, routes: readonly Route[], context: ApiContext): void {
  for (const route of routes) app[route.method](expressPath(route.path), handle(route, context));
  for (const [path, methods] of methodsByPath(routes)) app.options(path, answerOptions(methods));
}

/** From `/items/product/{id}` to `/items/product/:id`. */
function expressPath(path: string): string {
  return path.replace(/\{(\w+)\}/g, ':$1');
}

function handle(route: Route, context: ApiContext): RequestHandler {
  const { access, dialect = itemsDialect } = route;
  return async (http, response) => {
    const caller = await authenticate(context, http, { access, dialect });
    const serve = () => answer(route, context, caller, http, response);
    if (caller === undefined) await serve();
    else await context.limits.atOnce.use(caller.tokenId, serve);
  };
}

/** Fulfilled when the answer is made; of one that is sent while it is made, when it is sent. */
async function answer(
  { request: asked, dialect = itemsDialect, method, handler }: Route,
  context: ApiContext,
  caller: Caller | undefined,
  http: Request,
  response: Response,
): Promise<void> {
  // A body is read only from those who may send one.
  const body = asked?.body && (await dialect.readBody(http, response));
  const request = {
    params: parse(asked?.params, http.params, InvalidQueryError),
    query: parse(asked?.query, http.query, InvalidQueryError),
    body: parse(asked?.body, body, InvalidPayloadError),
    caller,
    http,
    response,
  };
  const acting = caller === undefined ? context : contextOf(context, caller, http);
  send(response, method, await handler(acting, request as Parameters<Route['handler']>[1]));
}

/** What the caller changes the audit log tells as done by him. */
function contextOf(context: ApiContext, caller: Caller, { id, ip }: Request): ApiContext {
  const database = actingFor(context.database, caller, { requestId: String(id), address: ip ?? null });
  return { ...context, database };
}

function parse(
  schema: z.ZodType | undefined,
  value: unknown,
  Failure: new (reason: string) => InvalidQueryError | InvalidPayloadError,
): unknown {
  if (schema === undefined) return undefined;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Failure(formIssues(parsed.error, value));
}

function send(response: Response, method: Method, answer: Answer): void {
  if (answer.kind === 'written') return;
  response.status(answer.status);
  if (method === 'get' || method === 'search') response.setHeader('cache-control', 'no-cache');
  if (answer.kind === 'empty') response.end();
  else if (answer.kind === 'text') response.type('html').send(answer.body);
  else response.set(answer.headers ?? {}).json(answer.body);
}

function methodsByPath(routes: readonly Route[]): Map<string, Set<Method>> {
  const paths = new Map<string, Set<Method>>();
  for (const { path, method } of routes) {
    const key = expressPath(path);
    paths.set(key, (paths.get(key) ?? new Set()).add(method));
  }
  return paths;
}

function answerOptions(methods: ReadonlySet<Method>): RequestHandler {
  const allow = ALLOW_ORDER.filter((method) => methods.has(method))
    .flatMap((method) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]))
    .join(',');
  return (_request, response) => {
    response.setHeader('allow', allow).type('html').send(allow);
  };
}
