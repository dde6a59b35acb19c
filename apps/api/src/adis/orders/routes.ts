import { listOrders } from '@codemint/db';
import { z } from 'zod';
import { answerOnce, idempotencyHeaders, keyedBy } from '../../http/idempotency';
import { publicUrl } from '../../http/publicUrl';
import { defineRoute, json, type Route } from '../../http/route';
import { detailsOf, detailsQuery, NO_DETAILS } from '../details';
import { adisDialect } from '../dialect';
import { answerPage } from '../lists/answerPage';
import { listQuery, parseListRequest, startOf } from '../lists/listRequest';
import { listAnswer, refusal, refusals, resourceId, TAG, writeRefusals } from '../schemas';
import { acceptOrder } from './createOrder';
import { listedOrder, orderDocument } from './orderDocument';
import { orderDocumentSchema, orderInput } from './orderSchemas';
import { parseOrder } from './parseOrder';
import { requireOrder } from './requireOrder';

const COMMON = { tags: [TAG], dialect: adisDialect };
const PATH = '/adis/orders';
const answer = { description: 'The order', schema: orderDocumentSchema };

const create = defineRoute({
  ...COMMON,
  method: 'post',
  path: PATH,
  summary: 'Order identifiers: generated ones, or those that are sent',
  description:
    'Runs as a batch: it is completed when each identifier is a Thng or has an error. Without `ids` in the answer.',
  access: 'writer',
  request: { body: z.unknown(), describedBody: orderInput, headers: idempotencyHeaders },
  responses: { 201: answer, ...writeRefusals },
  async handler(context, { caller, body, http }) {
    const requested = parseOrder(body);
    const keyed = keyedBy(http, caller, `POST ${PATH}`, body);
    return answerOnce(context.database, keyed, {
      status: 201,
      make: async () => [await acceptOrder(context, caller, requested, keyed)],
      headers: ([id]) => ({ location: `${publicUrl(context, http)}${PATH}/${id}` }),
      async answer([id = '']) {
        const order = await requireOrder(context, caller, id);
        return orderDocument(context, http, order, NO_DETAILS);
      },
    });
  },
});

const list = defineRoute({
  ...COMMON,
  method: 'get',
  path: PATH,
  summary: 'List orders',
  description: 'Filters: `tags`, `purchaseOrder`, `identifiers.<key>`.',
  access: 'token',
  request: { query: listQuery },
  responses: { 200: listAnswer(orderDocumentSchema), ...refusals },
  handler(context, { caller, query, http }) {
    const request = parseListRequest(query, ['tags', 'purchaseOrder', 'identifiers']);
    const { filters } = request;
    const selection = { accountId: caller.accountId, filters, ...startOf(request) };
    return answerPage(context, http, request, {
      path: PATH,
      read: (limit) => listOrders(context.database.pool, { ...selection, limit }),
      positionOf: ({ number }) => String(number),
      shape: listedOrder,
    });
  },
});

const read = defineRoute({
  ...COMMON,
  method: 'get',
  path: `${PATH}/{id}`,
  summary: 'Read an order',
  access: 'token',
  request: {
    params: z.object({ id: resourceId('Of the order') }),
    query: detailsQuery('Tells all identifiers, generated ones once the order is completed'),
  },
  responses: { 200: answer, ...refusals, 404: refusal('80000020: there is no such order in your account') },
  async handler(context, { caller, params, query, http }) {
    const order = await requireOrder(context, caller, params.id);
    return json(await orderDocument(context, http, order, detailsOf(query)));
  },
});

export const orderRoutes: readonly Route[] = [create, list, read];
