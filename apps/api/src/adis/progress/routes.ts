import { z } from 'zod';
import { sendProgress } from '../../codes/sendProgress';
import { defineRoute, type Route } from '../../http/route';
import { adisDialect } from '../dialect';
import { requireOrder } from '../orders/requireOrder';
import { refusal, refusals, resourceId, TAG } from '../schemas';
import { orderProgress } from './orderProgress';

const progress = defineRoute({
  method: 'get',
  path: '/adis/orders/{id}/progress',
  summary: 'Progress of an order as server-sent events',
  description:
    'Each event is `{"state", "requested", "created", "pending", "errorsCount", "rate"}`, the current state first, ' +
    'at most four a second; `rate` is in identifiers per second. The last state comes once more as the event `end`, ' +
    'and the stream is over.',
  tags: [TAG],
  access: 'token',
  dialect: adisDialect,
  request: { params: z.object({ id: resourceId('Id of the order') }) },
  responses: {
    200: { description: 'The stream', contentType: 'text/event-stream' },
    ...refusals,
    404: refusal('80000020: there is no such order in your account'),
  },
  async handler(context, { params, caller, http, response }) {
    const order = await requireOrder(context, caller, params.id);
    return sendProgress(context.progress, orderProgress(order.id), http, response);
  },
});

export const progressRoutes: readonly Route[] = [progress];
