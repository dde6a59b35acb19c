import type { PoolClient } from 'pg';
import type { Client, Database } from '../connection/database';
import { inTransaction } from '../connection/transaction';
import { findOrder, type StoredOrder } from '../orders/findOrders';
import { suppliedByNumber } from '../orders/orderCodes';
import { placesOfNumbers } from '../orders/ordinals';
import { requireHome } from '../restore/identity';
import { setCodeStatus, setRegisteredStatus } from '../statuses/setCodeStatus';

/** Actions of this type say that codes have been written to their carriers. */
const ENCODINGS = 'encodings';

interface WaitingEvent {
  order_id: string;
  type: string;
  numbers: number[];
}

/**
 * Takes the actions of an event: each of its Thngs that is there has one from then on, and with `encodings` its code
 * is `encoded`. All at once; an event that is done is left alone, so it may be called any time.
 * @returns whether there was anything to do
 */
export async function performEvent(database: Database, eventId: string): Promise<boolean> {
  return inTransaction(database.pool, async (client) => {
    await requireHome(client);
    const event = await lockWaiting(client, eventId);
    const order = event && (await findOrder(client, event.order_id, null));
    if (event === undefined || order === undefined) return false;
    const acted = await numbersWithThng(client, order, event.numbers);
    if (event.type === ENCODINGS) await setEncoded(client, order, acted);
    await client.query(
      `UPDATE adi_order_event SET status = 'complete', date_completed = now(), acted =
         (SELECT coalesce(range_agg(int4range(number, number + 1)), '{}') FROM unnest($2::int[]) AS number)
        WHERE id = $1`,
      [eventId, acted],
    );
    return true;
  });
}

/** Undefined unless the event waits; another runner of it waits until the transaction ends. */
async function lockWaiting(client: PoolClient, eventId: string): Promise<WaitingEvent | undefined> {
  const { rows } = await client.query<WaitingEvent>(
    `SELECT order_id, type, numbers FROM adi_order_event WHERE id = $1 AND status = 'new' FOR UPDATE`,
    [eventId],
  );
  return rows[0];
}

async function numbersWithThng(
  client: Client,
  order: StoredOrder,
  numbers: readonly number[],
): Promise<number[]> {
  if (!order.isSupplied) return numbers.filter((number) => number < order.created);
  return [...(await suppliedByNumber(client, order, numbers)).keys()];
}

/** @param numbers each of a Thng that is there */
async function setEncoded(client: PoolClient, order: StoredOrder, numbers: readonly number[]): Promise<void> {
  if (order.isSupplied) {
    await setRegisteredStatus(client, order.batchId, numbers, 'encoded');
  } else {
    const places = await placesOfNumbers(client, order, numbers);
    await setCodeStatus(client, order.batchId, places, 'encoded');
  }
}

/** Ends a waiting event whose actions cannot be taken with what the operator or caller must know. */
export async function failEvent(client: Client, eventId: string, message: string): Promise<void> {
  await client.query(
    `UPDATE adi_order_event SET status = 'error', error_message = $2, date_completed = now()
      WHERE id = $1 AND status = 'new'`,
    [eventId, message],
  );
}

/**
 * Lets a failed event wait again.
 * @returns whether it had failed
 */
export async function reopenEvent(client: Client, eventId: string): Promise<boolean> {
  const { rowCount } = await client.query(
    `UPDATE adi_order_event SET status = 'new', error_message = NULL, date_completed = NULL, touched_at = now()
      WHERE id = $1 AND status = 'error'`,
    [eventId],
  );
  return rowCount === 1;
}
