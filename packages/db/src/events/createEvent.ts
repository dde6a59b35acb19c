import type { EventJob, KeyRing } from '@codemint/shared';
import type { PoolClient } from 'pg';
import type { Database } from '../connection/database';
import { inTransaction } from '../connection/transaction';
import { makeOnce } from '../idempotency/keptRequests';
import type { KeyedRequest } from '../idempotency/keyedRequest';
import { keyVersionForNew } from '../keys/keyVersionForNew';
import { retiredKeys } from '../keys/retiredKeys';
import type { StoredOrder } from '../orders/findOrders';
import { requireHome } from '../restore/identity';

/** An event that somebody may ask for: its order is completed and its type is there. */
export interface NewEvent {
  id: string;
  order: StoredOrder;
  userId: string | null;
  /** Of its actions. */
  type: string;
  /** The action as it was sent. */
  metadata: object;
  /** Of the Thngs that get the action, distinct, each one of the order's numbers. */
  numbers: readonly number[];
  customFields: object | null;
  identifiers: object | null;
  tags: readonly string[];
}

/**
 * Accepts an event; its actions are taken later, by `performEvent`.
 * @param keyed makes sure that the same request is served once
 * @returns the job to be added to the queue now that all is committed; null where the same request was served before
 * @throws ConflictError, KeyReusedError; PoolKeyError when all master keys are retired
 */
export async function createEvent(
  database: Database,
  ring: KeyRing,
  event: NewEvent,
  keyed?: KeyedRequest,
): Promise<{ id: string; job: EventJob | null }> {
  const { id } = event;
  const create = async (client: PoolClient) => {
    await requireHome(client);
    const keyVersion = await keyVersionForNew(client, ring, await retiredKeys(client));
    return insertEvent(client, event, keyVersion);
  };
  const made = await inTransaction(
    database.pool,
    (client) => makeOnce(client, keyed, [id], () => create(client)),
    database.actor,
  );
  return { id: made.ids[0] ?? id, job: made.result ?? null };
}

async function insertEvent(client: PoolClient, event: NewEvent, keyVersion: number): Promise<EventJob> {
  const { id, order } = event;
  await client.query({
    name: 'insert-event',
    text: `INSERT INTO adi_order_event (id, order_id, user_created, type, metadata, numbers, custom_fields,
             identifiers, tags, key_version)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    values: [
      id, order.id, event.userId, event.type, event.metadata, event.numbers, event.customFields,
      event.identifiers, event.tags, keyVersion,
    ], // biome-ignore format: in the order of the columns
  });
  return { event: id, order: order.id, purchaseOrder: order.purchaseOrder, attempt: 0 };
}
