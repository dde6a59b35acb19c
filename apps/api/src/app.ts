import express, { type Express } from 'express';
import { parse } from 'qs';
import { ADI_ROOTS, adisDialect } from './adis/dialect';
import type { ApiContext } from './context';
import { DASHBOARD_PATH, queueDashboard } from './dashboard/queueDashboard';
import { describeRoutes } from './docs/openapi';
import { docsReader } from './docs/reader';
import { unknownCollection } from './http/authenticate';
import { answerErrors, refuseUnknownRoute } from './http/finish';
import { itemsDialect } from './http/itemsDialect';
import { mountRoutes } from './http/mount';
import { publicUrl } from './http/publicUrl';
import { requestLog } from './http/requestLog';
import { securityHeaders } from './http/security';
import { redirectHosts } from './redirects/hosts';
import { routes } from './routes';

/** Of the query strings that Directus takes. */
const QUERY_DEPTH = 10;
const QUERY_ARRAY_LIMIT = 500;

/** With these anything may be asked of a collection; what it does not allow is forbidden, others are no route. */
const ITEM_METHODS = new Set(['GET', 'HEAD', 'SEARCH', 'POST', 'PATCH', 'DELETE']);

/** Besides these the API has paths of more than one segment. */
const OWN_PATHS: ReadonlySet<string> = new Set(['/docs', '/openapi.json', ...routes.map(({ path }) => path)]);

/** Makes the app; it listens to nothing and starts nothing. */
export function createApp(context: ApiContext): Express {
  const app = express();
  app.disable('x-powered-by');
  // Answers change from one moment to the next: comparing them would cost a hash of each.
  app.disable('etag');
  app.set('query parser', (query: string) =>
    parse(query, { depth: QUERY_DEPTH, arrayLimit: QUERY_ARRAY_LIMIT }),
  );
  // By whom a request came, and to which host.
  app.set('trust proxy', context.settings.TRUST_PROXY);
  app.use(requestLog(context.log));
  app.use(redirectHosts(context, OWN_PATHS));
  app.use(DASHBOARD_PATH, queueDashboard(context));
  app.use('/docs', docsReader());
  app.use(securityHeaders());
  app.get('/openapi.json', (request, response) => {
    response.json(describeRoutes(routes, publicUrl(context, request)));
  });
  mountRoutes(app, routes, context);
  app.all(['/items/:collection', '/items/:collection/:id'], ({ method, params }, _response, next) => {
    if (!ITEM_METHODS.has(method)) return next();
    throw unknownCollection(params.collection as string);
  });
  app.use(ADI_ROOTS, refuseUnknownRoute, answerErrors(adisDialect));
  app.use(refuseUnknownRoute, answerErrors(itemsDialect));
  return app;
}
