import type { EventJob, KeyRing } from '@codemint/shared';
import type { Database } from '../connection/database';
import { inTransaction } from '../connection/transaction';
import { claimKey, keepMade } from '../idempotency/keptRequests';
import type { KeyedRequest } from '../idempotency/keyedRequest';
import type { StoredOrder } from '../orders/findOrders';

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
 * @throws ConflictError, KeyReusedError
 */
export async function createEvent(
  database: Database,
  ring: KeyRing,
  event: NewEvent,
  keyed?: KeyedRequest,
): Promise<{ id: string; job: EventJob | null }> {
  const { id, order } = event;
  return inTransaction(database.pool, async (client) => {
    const before = keyed && (await claimKey(client, keyed));
    if (before !== undefined) return { id: before.made[0] ?? id, job: null };
    const json = (value: object | null) => (value === null ? null : JSON.stringify(value));
    await client.query({
      name: 'insert-event',
      text: `INSERT INTO adi_order_event (id, order_id, user_created, type, metadata, numbers, custom_fields,
               identifiers, tags, key_version)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      values: [
        id, order.id, event.userId, event.type, json(event.metadata), event.numbers, json(event.customFields),
        json(event.identifiers), event.tags, ring.currentVersion,
      ], // biome-ignore format: in the order of the columns
    });
    if (keyed !== undefined) await keepMade(client, keyed, [id]);
    return { id, job: { event: id, order: order.id, purchaseOrder: order.purchaseOrder, attempt: 0 } };
  });
}
