import { isResourceId } from '@codemint/shared';
import type { Client } from '../connection/database';
import { filterCondition, type ListFilter } from './listFilters';
import { type ListPage, pageClause } from './listPage';

export type OrderState = 'pending' | 'in_progress' | 'completed';

/** Numbers of the supplied ids that were refused. */
export interface RefusedIds {
  /** Given out or supplied before. */
  taken: number[];
  /** Brought in by an import. */
  imported: number[];
}

/** An order with how far it has come, but for the ids that were supplied with it. */
export interface StoredOrder {
  id: string;
  number: bigint;
  accountId: string;
  dateCreated: Date;
  dateUpdated: Date;
  purchaseOrder: string;
  quantity: number;
  identifierKey: string;
  product: string | null;
  project: string | null;
  batchId: bigint;
  shortBatchId: bigint | null;
  shortDomain: string | null;
  defaultRedirectUrl: string | null;
  metadata: Record<string, unknown>;
  idGeneration: Record<string, unknown> | null;
  isSupplied: boolean;
  /** Null where none was. */
  refused: RefusedIds | null;
  customFields: Record<string, unknown> | null;
  identifiers: Record<string, unknown> | null;
  tags: string[];
  fileMetadata: Record<string, unknown> | null;
  keyVersion: number;
  state: OrderState;
  /** Thngs that are there, or will be once the order is completed. */
  created: number;
  errorMessage: string | null;
  linkHost: string;
}

/** Of the view adi_order_item, as `o`. */
const ORDER_COLUMNS = `o.id, o.number, o.account_id AS "accountId", o.date_created AS "dateCreated",
  o.date_updated AS "dateUpdated", o.purchase_order AS "purchaseOrder", o.quantity,
  o.identifier_key AS "identifierKey", o.product, o.project, o.batch_id AS "batchId",
  o.short_batch_id AS "shortBatchId", o.short_domain AS "shortDomain", o.default_redirect_url AS "defaultRedirectUrl",
  o.metadata, o.id_generation AS "idGeneration", o.is_supplied AS "isSupplied", o.refused,
  o.custom_fields AS "customFields", o.identifiers, o.tags, o.file_metadata AS "fileMetadata",
  o.key_version AS "keyVersion", o.state, o.created, o.error_message AS "errorMessage", o.link_host AS "linkHost"`;

const VISIBLE = '($2::uuid IS NULL OR o.account_id = $2)';

/**
 * The order with this id, whatever text that is.
 * @param accountId whose it has to be; null: anybody's
 */
export async function findOrder(
  client: Client,
  id: string,
  accountId: string | null,
): Promise<StoredOrder | undefined> {
  if (!isResourceId(id)) return undefined;
  const { rows } = await client.query<StoredOrder>({
    name: 'find-order',
    text: `SELECT ${ORDER_COLUMNS} FROM adi_order_item o WHERE o.id = $1 AND ${VISIBLE}`,
    values: [id, accountId],
  });
  return rows[0];
}

/** The order whose codes a batch has; the batch of its short ids leads to none. */
export async function findOrderOfBatch(
  client: Client,
  batchId: bigint,
  accountId: string | null,
): Promise<StoredOrder | undefined> {
  const { rows } = await client.query<StoredOrder>({
    name: 'find-order-of-batch',
    text: `SELECT ${ORDER_COLUMNS} FROM adi_order_item o WHERE o.batch_id = $1 AND ${VISIBLE}`,
    values: [batchId, accountId],
  });
  return rows[0];
}

export interface OrderSelection extends ListPage {
  /** Null: every account. */
  accountId: string | null;
  filters: readonly ListFilter[];
}

/** A page of orders by their numbers. */
export async function listOrders(
  client: Client,
  { accountId, filters, ...page }: OrderSelection,
): Promise<StoredOrder[]> {
  const values: unknown[] = [];
  const condition = filterCondition(filters, 'o', values);
  return readOrders(client, { accountId, condition, page }, values);
}

/** @param condition on an order `o`, with `values` from `$1` on */
export async function readOrders(
  client: Client,
  { accountId, condition, page }: { accountId: string | null; condition: string; page: ListPage },
  values: unknown[],
): Promise<StoredOrder[]> {
  // An account has an index of its own for them; with "IS NULL OR" a plan would pass over it.
  const isVisible = accountId === null ? 'true' : `o.account_id = $${values.push(accountId)}`;
  const { rows } = await client.query<StoredOrder>(
    `SELECT ${ORDER_COLUMNS} FROM adi_order_item o
      WHERE ${condition} AND ${isVisible} AND ${pageClause('o.number', page, values)}`,
    values,
  );
  return rows;
}

/** How far an order has come. */
export async function orderProgress(
  client: Client,
  id: string,
): Promise<Pick<StoredOrder, 'state' | 'quantity' | 'created'> | undefined> {
  const { rows } = await client.query<Pick<StoredOrder, 'state' | 'quantity' | 'created'>>({
    name: 'order-progress',
    text: 'SELECT state, quantity, created FROM adi_order_item WHERE id = $1',
    values: [id],
  });
  return rows[0];
}

/** The ids that came with an order, by number; none where they are generated. */
export async function suppliedIds(client: Client, orderId: string): Promise<string[]> {
  const { rows } = await client.query<{ ids: string[] | null }>('SELECT ids FROM adi_order WHERE id = $1', [
    orderId,
  ]);
  return rows[0]?.ids ?? [];
}
