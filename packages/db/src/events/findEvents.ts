import type { Client } from '../connection/database';
import { filterCondition, type ListFilter } from '../orders/listFilters';

/** An event with how far it has come, but for the numbers of its Thngs. */
export interface StoredEvent {
  id: string;
  number: bigint;
  orderId: string;
  dateCreated: Date;
  dateUpdated: Date;
  /** Of its actions. */
  type: string;
  /** The action as it was sent. */
  metadata: Record<string, unknown>;
  /** For how many Thngs it was sent. */
  requested: number;
  /** How many of them have the action; null until it is completed, and where it failed as a whole. */
  acted: number | null;
  state: 'pending' | 'completed';
  /** Completed without any action, for the reason that errorMessage gives. */
  isFailed: boolean;
  errorMessage: string | null;
  customFields: Record<string, unknown> | null;
  identifiers: Record<string, unknown> | null;
  tags: string[];
  /** Of the master key that the actions' ids are made with. */
  keyVersion: number;
}

/** Of the table adi_order_event, as `e`. */
const COLUMNS = `e.id, e.number, e.order_id AS "orderId", e.date_created AS "dateCreated",
  coalesce(e.date_completed, e.date_created) AS "dateUpdated", e.type, e.metadata,
  cardinality(e.numbers) AS requested,
  CASE WHEN e.acted IS NOT NULL
       THEN (SELECT coalesce(sum(upper(part) - lower(part)), 0)::int FROM unnest(e.acted) AS part) END AS acted,
  CASE e.status WHEN 'new' THEN 'pending' ELSE 'completed' END AS state, e.status = 'error' AS "isFailed",
  e.error_message AS "errorMessage", e.custom_fields AS "customFields", e.identifiers, e.tags,
  e.key_version AS "keyVersion"`;

/** An event of an order. */
export async function findEvent(
  client: Client,
  orderId: string,
  eventId: string,
): Promise<StoredEvent | undefined> {
  const { rows } = await client.query<StoredEvent>({
    name: 'find-event',
    text: `SELECT ${COLUMNS} FROM adi_order_event e WHERE e.id = $1 AND e.order_id = $2`,
    values: [eventId, orderId],
  });
  return rows[0];
}

/** A page of a list by the events' numbers. */
export interface EventPage {
  /** Number of the last event of the page before; null for the first page. */
  after: bigint | null;
  /** The newest first. */
  descending: boolean;
  limit: number;
}

export interface EventSelection extends EventPage {
  orderId: string;
  filters: readonly ListFilter[];
}

/** A page of an order's events. */
export async function listEvents(
  client: Client,
  { orderId, filters, ...page }: EventSelection,
): Promise<StoredEvent[]> {
  const values: unknown[] = [];
  const columns = { tags: 'e.tags', purchaseOrder: 'o.purchase_order', identifiers: 'e.identifiers' };
  const condition = filterCondition(filters, columns, values);
  return readPage(client, orderId, page, condition, values);
}

/**
 * A page of the actions on a Thng: completed events that acted on it.
 * @param number of the Thng in its order
 * @param page `type`: those of one type alone
 */
export async function listActions(
  client: Client,
  orderId: string,
  number: number,
  { type, ...page }: EventPage & { type?: string },
): Promise<StoredEvent[]> {
  const condition = 'e.acted @> $1::int AND ($2::text IS NULL OR e.type = $2)';
  return readPage(client, orderId, page, condition, [number, type ?? null]);
}

/** @param condition on an event `e` of the order `o`, with `values` from `$1` on */
async function readPage(
  client: Client,
  orderId: string,
  { after, descending, limit }: EventPage,
  condition: string,
  values: readonly unknown[],
): Promise<StoredEvent[]> {
  const [order, isBehind] = descending ? ['DESC', '<'] : ['ASC', '>'];
  const at = values.length;
  const { rows } = await client.query<StoredEvent>(
    `SELECT ${COLUMNS} FROM adi_order_event e JOIN adi_order o ON o.id = e.order_id
      WHERE ${condition} AND e.order_id = $${at + 1}
        AND ($${at + 2}::bigint IS NULL OR e.number ${isBehind} $${at + 2})
      ORDER BY e.number ${order} LIMIT $${at + 3}`,
    [...values, orderId, after, limit],
  );
  return rows;
}

/** Numbers of an event's Thngs, as they were sent. */
export async function eventNumbers(client: Client, eventId: string): Promise<number[]> {
  const { rows } = await client.query<{ numbers: number[] }>(
    'SELECT numbers FROM adi_order_event WHERE id = $1',
    [eventId],
  );
  return rows[0]?.numbers ?? [];
}

/** Numbers of an event's Thngs that have no action though it is over, ascending. Unless it failed they are not there. */
export async function unactedNumbers(client: Client, eventId: string): Promise<number[]> {
  const { rows } = await client.query<{ number: number }>(
    `SELECT unnest(numbers) AS number FROM adi_order_event WHERE id = $1 AND status <> 'new'
     EXCEPT
     SELECT generate_series(lower(part), upper(part) - 1)
       FROM adi_order_event CROSS JOIN LATERAL unnest(acted) AS part WHERE id = $1
      ORDER BY number`,
    [eventId],
  );
  return rows.map(({ number }) => number);
}
