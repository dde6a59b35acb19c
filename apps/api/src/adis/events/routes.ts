import { findEvent, listEvents, type StoredEvent, type StoredOrder } from '@codemint/db';
import { z } from 'zod';
import type { ApiContext } from '../../context';
import { answerOnce, idempotencyHeaders, keyedBy } from '../../http/idempotency';
import { publicUrl } from '../../http/publicUrl';
import { defineRoute, json, type Route } from '../../http/route';
import { detailsOf, detailsQuery, NO_DETAILS } from '../details';
import { adisDialect } from '../dialect';
import { AdiError } from '../errors';
import { answerPage } from '../lists/answerPage';
import { listQuery, parseListRequest, startOf } from '../lists/listRequest';
import { requireOrder } from '../orders/requireOrder';
import { listAnswer, refusal, refusals, resourceId, TAG, writeRefusals } from '../schemas';
import { acceptEvent, parseEvent } from './createEvent';
import { eventDocument, listedEvent } from './eventDocument';
import { eventDocumentSchema, eventInput } from './eventSchemas';

const COMMON = { tags: [TAG], dialect: adisDialect };
const PATH = '/adis/orders/{id}/events';
const orderParams = z.object({ id: resourceId('Of the order') });
const answer = { description: 'The event', schema: eventDocumentSchema };
const notFound = refusal('80000020, 80000030: there is no such order or event in your account');

const pathOf = (orderId: string) => PATH.replace('{id}', orderId);

const create = defineRoute({
  ...COMMON,
  method: 'post',
  path: PATH,
  summary: 'Give an action to Thngs of an order',
  access: 'writer',
  request: {
    params: orderParams,
    body: z.unknown(),
    describedBody: eventInput,
    headers: idempotencyHeaders,
  },
  responses: {
    201: answer,
    ...writeRefusals,
    404: notFound,
    423: refusal('80000130: the order is not completed'),
  },
  async handler(context, { caller, params, body, http }) {
    const order = await requireOrder(context, caller, params.id);
    const requested = parseEvent(body);
    const path = pathOf(order.id);
    const keyed = keyedBy(http, caller, `POST ${path}`, body);
    return answerOnce(context.database, keyed, {
      status: 201,
      make: async () => [await acceptEvent(context, caller, { order, requested }, keyed)],
      headers: ([id]) => ({ location: `${publicUrl(context, http)}${path}/${id}` }),
      async answer([id = '']) {
        const event = await requireEvent(context, order, id);
        return eventDocument(context, order, event, NO_DETAILS);
      },
    });
  },
});

const list = defineRoute({
  ...COMMON,
  method: 'get',
  path: PATH,
  summary: 'List the events of an order',
  description: 'Filters: `tags`, `purchaseOrder`, `identifiers.<key>`.',
  access: 'token',
  request: { params: orderParams, query: listQuery },
  responses: { 200: listAnswer(eventDocumentSchema), ...refusals, 404: notFound },
  async handler(context, { caller, params, query, http }) {
    const request = parseListRequest(query, ['tags', 'purchaseOrder', 'identifiers']);
    const start = startOf(request);
    const order = await requireOrder(context, caller, params.id);
    const selection = { orderId: order.id, filters: request.filters, ...start };
    return answerPage(context, http, request, {
      path: pathOf(order.id),
      read: (limit) => listEvents(context.database.pool, { ...selection, limit }),
      positionOf: ({ number }) => String(number),
      shape: listedEvent,
    });
  },
});

const read = defineRoute({
  ...COMMON,
  method: 'get',
  path: `${PATH}/{eventId}`,
  summary: 'Read an event of an order',
  access: 'token',
  request: {
    params: orderParams.extend({ eventId: resourceId('Of the event') }),
    query: detailsQuery('Tells the identifiers'),
  },
  responses: { 200: answer, ...refusals, 404: notFound },
  async handler(context, { caller, params, query }) {
    const order = await requireOrder(context, caller, params.id);
    const event = await requireEvent(context, order, params.eventId);
    return json(await eventDocument(context, order, event, detailsOf(query)));
  },
});

async function requireEvent({ database }: ApiContext, order: StoredOrder, id: string): Promise<StoredEvent> {
  const event = await findEvent(database.pool, order.id, id);
  if (event === undefined) throw new AdiError(80000030, 'ADI Order event not found.');
  return event;
}

export const eventRoutes: readonly Route[] = [create, list, read];
