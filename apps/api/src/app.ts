import express, { type Express, type Request } from 'express';
import { parse } from 'qs';
import type { ApiContext } from './context';
import { DASHBOARD_PATH, queueDashboard } from './dashboard/queueDashboard';
import { describeRoutes } from './docs/openapi';
import { docsReader } from './docs/reader';
import { unknownCollection } from './http/authenticate';
import { answerError, refuseUnknownRoute } from './http/finish';
import { mountRoutes } from './http/mount';
import { requestLog } from './http/requestLog';
import { securityHeaders } from './http/security';
import { routes } from './routes';

/** Of the query strings that Directus takes. */
const QUERY_DEPTH = 10;
const QUERY_ARRAY_LIMIT = 500;

/** With these anything may be asked of a collection; what it does not allow is forbidden, others are no route. */
const ITEM_METHODS = new Set(['GET', 'HEAD', 'SEARCH', 'POST', 'PATCH', 'DELETE']);

/** Makes the app; it listens to nothing and starts nothing. */
export function createApp(context: ApiContext): Express {
  const app = express();
  app.disable('x-powered-by');
  // Answers change from one moment to the next: comparing them would cost a hash of each.
  app.disable('etag');
  app.set('query parser', (query: string) =>
    parse(query, { depth: QUERY_DEPTH, arrayLimit: QUERY_ARRAY_LIMIT }),
  );
  app.use(requestLog(context.log));
  app.use(DASHBOARD_PATH, queueDashboard(context));
  app.use('/docs', docsReader());
  app.use(securityHeaders());
  app.get('/openapi.json', (request, response) => {
    const { PUBLIC_URL } = context.settings;
    response.json(describeRoutes(routes, PUBLIC_URL ?? ownUrl(request)));
  });
  mountRoutes(app, routes, context);
  app.all(['/items/:collection', '/items/:collection/:id'], ({ method, params }, _response, next) => {
    if (!ITEM_METHODS.has(method)) return next();
    throw unknownCollection(params.collection as string);
  });
  app.use(refuseUnknownRoute);
  app.use(answerError);
  return app;
}

function ownUrl(request: Request): string {
  return `${request.protocol}://${request.headers.host ?? 'localhost'}`;
}
