import {
  type Caller,
  createEvent,
  isActionType,
  type KeyedRequest,
  numbersOfIds,
  requireIdList,
  type StoredOrder,
} from '@codemint/db';
import { newResourceId } from '@codemint/shared';
import type { z } from 'zod';
import type { ApiContext } from '../../context';
import { enqueue } from '../../enqueue';
import { checkBody, requireStorable } from '../checkBody';
import { AdiError } from '../errors';
import { requireProject } from '../orders/references';
import { eventInput } from './eventSchemas';

type RequestedEvent = z.output<typeof eventInput>;

/**
 * Reads the body of an event.
 * @throws ValidationError
 */
export function parseEvent(sent: unknown): RequestedEvent {
  requireStorable(sent);
  const body = checkBody(eventInput, sent);
  requireIdList(body.ids);
  return body;
}

/**
 * Accepts an event of an order and tells the queue of it.
 * @param keyed the request, where its caller may repeat it: then it is served once
 * @returns the event's id
 * @throws AdiError, ConflictError, KeyReusedError
 */
export async function acceptEvent(
  context: ApiContext,
  caller: Caller,
  { order, requested }: { order: StoredOrder; requested: RequestedEvent },
  keyed: KeyedRequest | undefined,
): Promise<string> {
  const { database, ring, tracing } = context;
  const { metadata, ids, customFields = null, identifiers = null, tags = [] } = requested;
  if (!(await isActionType(database.pool, metadata.type))) {
    throw new AdiError(
      80000070,
      `metadata.type: There is no action type ${JSON.stringify(metadata.type)}; new ones are added by "codemint action-type add".`,
    );
  }
  await requireProject(database.pool, order.accountId, metadata.project);
  const event = {
    id: newResourceId(),
    order,
    userId: caller.userId,
    type: metadata.type,
    metadata: order.project === null ? metadata : { ...metadata, project: order.project },
    numbers: await numbersIn(context, order, ids),
    customFields,
    identifiers,
    tags,
  };
  const { id, job } = await tracing.span('accept event', { event: event.id }, () =>
    createEvent(database, ring, event, keyed),
  );
  if (job !== null) await enqueue(context, [job], { event: id });
  return id;
}

async function numbersIn(
  { database }: ApiContext,
  order: StoredOrder,
  ids: readonly string[],
): Promise<number[]> {
  if (order.state !== 'completed') {
    throw new AdiError(
      80000130,
      'The ADI Order is in progress: its events can be sent when it is completed.',
    );
  }
  const numbers = await numbersOfIds(database.pool, order, ids);
  const place = numbers.indexOf(undefined);
  if (place < 0) return numbers as number[];
  throw new AdiError(80000080, `ids[${place}]: The order has no identifier ${JSON.stringify(ids[place])}.`);
}
