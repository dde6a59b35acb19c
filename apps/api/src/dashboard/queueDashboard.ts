import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import { type RequestHandler, Router } from 'express';
import type { ApiContext } from '../context';
import { securityHeaders } from '../http/security';
import { basicAuth } from './basicAuth';

export const DASHBOARD_PATH = '/admin/queues';

/** Bull Board over all queues, for whoever has the admin token. */
export function queueDashboard({ queue, settings }: ApiContext): Router {
  const serverAdapter = new ExpressAdapter();
  serverAdapter.setBasePath(DASHBOARD_PATH);
  createBullBoard({
    queues: Object.values(queue.queues).map((one) => new BullMQAdapter(one)),
    serverAdapter,
    options: { uiConfig: { boardTitle: 'Codemint' } },
  });
  const router = Router();
  router.use(basicAuth(settings.CODEMINT_ADMIN_TOKEN, 'Codemint queues'));
  router.use(refuseForeignPages);
  // Bull Board sets styles on its elements.
  router.use(securityHeaders({ styleSources: ["'unsafe-inline'"] }));
  router.use(serverAdapter.getRouter());
  return router;
}

/** A browser sends the password along whoever's page asks: what changes things must come from the dashboard itself. */
const refuseForeignPages: RequestHandler = (request, response, next) => {
  const from = request.headers['sec-fetch-site'];
  const isReading = request.method === 'GET' || request.method === 'HEAD';
  if (isReading || from === undefined || from === 'same-origin') {
    next();
    return;
  }
  response.status(403).type('text').send('Only the dashboard itself may do this.\n');
};
