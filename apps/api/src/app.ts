import express, { type Express } from 'express';
import { parse } from 'qs';
import { ADI_ROOTS, adisDialect } from './adis/dialect';
import type { ApiContext } from './context';
import { DASHBOARD_PATH, queueDashboard } from './dashboard/queueDashboard';
import { describeOnce } from './docs/openapi';
import { docsReader } from './docs/reader';
import { unknownCollection } from './http/authenticate';
import { answerErrors, refuseUnknownRoute } from './http/finish';
import { itemsDialect } from './http/itemsDialect';
import { mountRoutes } from './http/mount';
import { publicUrl } from './http/publicUrl';
import { requestLog } from './http/requestLog';
import { securityHeaders } from './http/security';
import { observeRequests } from './metrics/observeRequests';
import { METRICS_PATH, serveMetrics } from './metrics/serveMetrics';
import { redirectHosts } from './redirects/hosts';
import { routes } from './routes';

/** Of the query strings that Directus takes. */
const QUERY_DEPTH = 10;
const QUERY_ARRAY_LIMIT = 500;

/** The server bounds the address; of a number of parameters the rest would be passed over, and with it a condition. */
const QUERY_PARAMETERS = Number.POSITIVE_INFINITY;

/** With these anything may be asked of a collection; what it does not allow is forbidden, others are no route. */
const ITEM_METHODS = new Set(['GET', 'HEAD', 'SEARCH', 'POST', 'PATCH', 'DELETE']);

/** Besides these the API has paths of more than one segment. */
const OWN_PATHS: ReadonlySet<string> = new Set([
  '/docs',
  '/openapi.json',
  METRICS_PATH,
  ...routes.map(({ path }) => path),
]);

/** Makes the app; it listens to nothing and starts nothing. */
export function createApp(context: ApiContext): Express {
  const app = express();
  app.disable('x-powered-by');
  // What no handler answers Express does, elsewhere with the stack.
  app.set('env', 'production');
  // Answers change from one moment to the next: comparing them would cost a hash of each.
  app.disable('etag');
  const queryOptions = {
    depth: QUERY_DEPTH,
    arrayLimit: QUERY_ARRAY_LIMIT,
    parameterLimit: QUERY_PARAMETERS,
  };
  app.set('query parser', (query: string) => parse(query, queryOptions));
  // By whom a request came, and to which host.
  app.set('trust proxy', context.settings.TRUST_PROXY);
  app.use(observeRequests(context));
  app.use(requestLog(context.log));
  app.use(redirectHosts(context, OWN_PATHS));
  app.use(DASHBOARD_PATH, queueDashboard(context));
  app.use('/docs', docsReader());
  app.use(securityHeaders());
  const describe = describeOnce(routes);
  app.get('/openapi.json', (request, response) => {
    response.json(describe(publicUrl(context, request)));
  });
  app.get(METRICS_PATH, serveMetrics(context));
  mountRoutes(app, routes, context);
  app.all(['/items/:collection', '/items/:collection/:id'], ({ method, params }, _response, next) => {
    if (!ITEM_METHODS.has(method)) return next();
    throw unknownCollection(params.collection as string);
  });
  app.use(ADI_ROOTS, refuseUnknownRoute, answerErrors(adisDialect));
  app.use(refuseUnknownRoute, answerErrors(itemsDialect));
  return app;
}
