import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import { ADMINISTRATOR_ID, actingFor, recordAudit } from '@codemint/db';
import { type Express, type RequestHandler, Router } from 'express';
import type { Logger } from 'pino';
import type { ApiContext } from '../context';
import { securityHeaders } from '../http/security';
import { basicAuth } from './basicAuth';
import { isReading, refuseForeignPages } from './ownPages';

export const DASHBOARD_PATH = '/admin/queues';

/** Bull Board over all queues, for whoever has the admin token. */
export function queueDashboard(context: ApiContext): Router {
  const { limits, log, queue, settings } = context;
  const serverAdapter = new ExpressAdapter();
  serverAdapter.setBasePath(DASHBOARD_PATH);
  createBullBoard({
    queues: Object.values(queue.queues).map((one) => new BullMQAdapter(one)),
    serverAdapter,
    options: { uiConfig: { boardTitle: 'Codemint' } },
  });
  serverAdapter.setErrorHandler((error) => boardError(log, error));
  const router = Router();
  // Bull Board sets styles on its elements.
  router.use(securityHeaders({ styleSources: ["'unsafe-inline'"] }));
  router.use(basicAuth(settings.CODEMINT_ADMIN_TOKEN, 'Codemint queues', limits.tokens));
  router.use(refuseForeignPages);
  router.use(recordChanges(context));
  const board = serverAdapter.getRouter() as Express;
  board.disable('x-powered-by');
  board.set('env', 'production');
  router.use(board);
  return router;
}

/** What the dashboard shows of an error: what it says of the service's inside goes to the log. */
function boardError(log: Logger, error: Error & { statusCode?: number }) {
  const { statusCode = 500 } = error;
  const isInternal = statusCode >= 500;
  if (isInternal) log.error({ err: error }, 'the dashboard failed');
  const message = isInternal ? 'The log of the API says why.' : 'The request is wrong.';
  const body = { error: { key: 'ERRORS.INTERNAL_SERVER_ERROR' }, message };
  return { status: isInternal ? 500 : 400, body } as const;
}

/** Tells the audit log of what is about to be changed in a queue, by its path below the dashboard. */
function recordChanges({ database }: Pick<ApiContext, 'database'>): RequestHandler {
  return async (request, _response, next) => {
    if (isReading(request)) return next();
    const { id, ip, method, path } = request;
    const administrator = { userId: ADMINISTRATOR_ID, tokenId: ADMINISTRATOR_ID };
    const { actor } = actingFor(database, administrator, { requestId: String(id), address: ip ?? null });
    await recordAudit(database.pool, actor, {
      action: 'update',
      collection: 'queue',
      item: path,
      accountId: null,
      details: { method },
    });
    next();
  };
}
