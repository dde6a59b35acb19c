import { isResourceId } from '@codemint/shared';
import { couldBeActionType } from '../access/actionTypes';
import type { Client } from '../connection/database';
import { filterCondition, type ListFilter } from '../orders/listFilters';
import { type ListPage, pageClause } from '../orders/listPage';

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

/** The event of an order with this id, whatever text that is. */
export async function findEvent(
  client: Client,
  orderId: string,
  eventId: string,
): Promise<StoredEvent | undefined> {
  if (!isResourceId(eventId)) return undefined;
  const { rows } = await client.query<StoredEvent>({
    name: 'find-event',
    text: `SELECT ${COLUMNS} FROM adi_order_event e WHERE e.id = $1 AND e.order_id = $2`,
    values: [eventId, orderId],
  });
  return rows[0];
}

export interface EventSelection extends ListPage {
  orderId: string;
  filters: readonly ListFilter[];
}

/** A page of an order's events by their numbers. */
export async function listEvents(
  client: Client,
  { orderId, filters, ...page }: EventSelection,
): Promise<StoredEvent[]> {
  const values: unknown[] = [];
  const condition = filterCondition(filters, 'e', values);
  return readPage(client, orderId, page, condition, values);
}

/**
 * A page of the actions on a Thng, by the numbers of their events: completed ones that acted on it.
 * @param number of the Thng in its order
 * @param page `type`: those of one type alone, whatever text that is
 */
export async function listActions(
  client: Client,
  orderId: string,
  number: number,
  { type, ...page }: ListPage & { type?: string },
): Promise<StoredEvent[]> {
  if (type !== undefined && !couldBeActionType(type)) return [];
  const condition = 'e.acted @> $1::int AND ($2::text IS NULL OR e.type = $2)';
  return readPage(client, orderId, page, condition, [number, type ?? null]);
}

/** @param condition on an event `e` of the order `o`, with `values` from `$1` on */
async function readPage(
  client: Client,
  orderId: string,
  page: ListPage,
  condition: string,
  values: unknown[],
): Promise<StoredEvent[]> {
  const isOfOrder = `e.order_id = $${values.push(orderId)}`;
  const { rows } = await client.query<StoredEvent>(
    `SELECT ${COLUMNS} FROM adi_order_event e JOIN adi_order o ON o.id = e.order_id
      WHERE ${condition} AND ${isOfOrder} AND ${pageClause('e.number', page, values)}`,
    values,
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
