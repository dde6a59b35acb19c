import type { KeyRing, RegistrationJob } from '@codemint/shared';
import type { PoolClient } from 'pg';
import { allotSupplied, type SuppliedCode } from '../allotment/allotSupplied';
import { reopenBatch } from '../batches/reopenBatch';
import { failBatch } from '../batches/settleBatch';
import type { Client, Database } from '../connection/database';
import { inTransaction } from '../connection/transaction';
import { lockOrder, type NamespaceKey } from '../pools/namespaces';
import type { RefusedIds } from './findOrders';

interface Registration {
  key: NamespaceKey;
  batchId: bigint;
  userCreated: string | null;
  dateCreated: Date;
  ids: string[];
}

/** Whether the ids of an order `o` with the batch `b` are still to be registered. */
const WAITS = `o.ids IS NOT NULL AND b.status IN ('new', 'in_progress')`;

/** Somebody else has ended the order meanwhile: what was done is to be undone. */
class EndedMeanwhile extends Error {}

/** How far the batch of an order is after its ids were registered. */
export interface RegistrationOutcome {
  batchId: bigint;
  created: number;
  quantity: number;
}

/**
 * Enters the supplied ids of an order into its namespace and so ends its batch; those that are somebody's already are
 * kept as refused. Does nothing to an order that is done, so it may be called any time.
 * @param where as takeSequence
 * @returns undefined where there was nothing to do
 * @throws PoolKeyError when a pool of the namespace cannot be decoded: nobody could tell which ids are taken
 */
export async function registerOrder(
  database: Database,
  ring: KeyRing,
  orderId: string,
  where?: 'home' | 'anywhere',
): Promise<RegistrationOutcome | undefined> {
  const order = await unregistered(database.pool, orderId);
  if (order === undefined) return undefined;
  const quantity = order.ids.length;
  const register = async (client: PoolClient) => {
    const { refused } = await allotSupplied(client, ring, order.key, order.batchId, suppliedBy(order), where);
    await keepRefused(client, orderId, order, refused);
    const { rowCount } = await client.query({
      name: 'end-registration',
      text: `UPDATE batch SET status = 'complete', quantity_created = quantity - $2, date_completed = now()
              WHERE id = $1 AND status IN ('new', 'in_progress')`,
      values: [order.batchId, refused.length],
    });
    if (rowCount === 0) throw new EndedMeanwhile();
    return { batchId: order.batchId, created: quantity - refused.length, quantity };
  };
  try {
    return await database.turns.take([lockOrder(order.key)], () => inTransaction(database.pool, register));
  } catch (error) {
    if (!(error instanceof EndedMeanwhile)) throw error;
    return undefined;
  }
}

/** Undefined unless the ids are still to be registered. */
async function unregistered(client: Client, orderId: string): Promise<Registration | undefined> {
  const { rows } = await client.query<Omit<Registration, 'key'> & NamespaceKey>({
    name: 'unregistered-order',
    text: `SELECT n.kind, n.key, o.batch_id AS "batchId", o.user_created AS "userCreated",
                  o.date_created AS "dateCreated", o.ids
             FROM adi_order o JOIN batch b ON b.id = o.batch_id JOIN namespace n ON n.id = b.namespace_id
            WHERE o.id = $1 AND ${WAITS}`,
    values: [orderId],
  });
  return rows.map(({ kind, key, ...order }) => ({ ...order, key: { kind, key } }))[0];
}

function suppliedBy({ ids, userCreated, dateCreated }: Registration): SuppliedCode[] {
  return ids.map((code, place) => ({ code, place, userCreated, dateCreated: dateCreated.toISOString() }));
}

/** Keeps the numbers of the refused ids, apart by whether an import brought them here or somebody was given them. */
async function keepRefused(
  client: PoolClient,
  orderId: string,
  { ids, batchId }: Registration,
  refused: readonly string[],
): Promise<void> {
  if (refused.length === 0) return;
  const imported = await importedOf(client, batchId, refused);
  const numbers = new Map(ids.map((id, number) => [id, number]));
  const numbersOf = (codes: readonly string[]) => codes.map((code) => numbers.get(code) as number);
  const byReason: RefusedIds = {
    taken: numbersOf(refused.filter((code) => !imported.has(code))),
    imported: numbersOf(refused.filter((code) => imported.has(code))),
  };
  await client.query('UPDATE adi_order SET refused = $2 WHERE id = $1', [orderId, JSON.stringify(byReason)]);
}

async function importedOf(
  client: PoolClient,
  batchId: bigint,
  codes: readonly string[],
): Promise<Set<string>> {
  const { rows } = await client.query<{ code: string }>(
    `SELECT r.code FROM registry r LEFT JOIN adi_order o ON o.batch_id = r.batch_id
      WHERE r.namespace_id = (SELECT namespace_id FROM batch WHERE id = $1) AND r.code = ANY ($2::text[])
        AND o.id IS NULL`,
    [batchId, codes],
  );
  return new Set(rows.map(({ code }) => code));
}

/** Ends an order whose ids cannot be registered with what the operator or caller must know. */
export async function failOrder(client: Client, orderId: string, message: string): Promise<void> {
  const { rows } = await client.query<{ batch_id: bigint }>('SELECT batch_id FROM adi_order WHERE id = $1', [
    orderId,
  ]);
  if (rows[0] !== undefined) await failBatch(client, rows[0].batch_id, message);
}

/**
 * Lets the registration of an order's ids be tried again.
 * @returns whether it had failed
 */
export async function reopenRegistration(database: Database, orderId: string): Promise<boolean> {
  const { rows } = await database.pool.query<{ batch_id: bigint }>(
    `SELECT o.batch_id FROM adi_order o JOIN batch b ON b.id = o.batch_id
      WHERE o.id = $1 AND o.ids IS NOT NULL AND b.status = 'error'`,
    [orderId],
  );
  return rows[0] !== undefined && (await reopenBatch(database, rows[0].batch_id)) !== undefined;
}

/** A queue job for an order `o`. */
const JOB_COLUMNS = 'o.id AS "order", o.purchase_order AS "purchaseOrder", o.attempt';

/**
 * Orders whose ids wait to be registered and that nobody has touched for `idleMs`, the oldest first, at most `limit`;
 * as claimStaleSlices.
 */
export async function claimStaleRegistrations(
  client: Client,
  idleMs: number,
  limit: number,
): Promise<RegistrationJob[]> {
  const { rows } = await client.query<RegistrationJob>(
    `WITH stale AS (
       SELECT o.id FROM batch b JOIN adi_order o ON o.batch_id = b.id
        WHERE ${WAITS} AND o.touched_at < now() - $1 * interval '1 millisecond'
        ORDER BY o.number LIMIT $2 FOR UPDATE OF o SKIP LOCKED
     )
     UPDATE adi_order o SET touched_at = now() FROM stale WHERE o.id = stale.id
     RETURNING ${JOB_COLUMNS}`,
    [idleMs, limit],
  );
  return rows;
}

/** Numbers the next queue job of each order that still waits: a kept job of the old number would swallow it. */
export async function nextRegistrationAttempts(
  client: Client,
  jobs: readonly RegistrationJob[],
): Promise<RegistrationJob[]> {
  if (jobs.length === 0) return [];
  const { rows } = await client.query<RegistrationJob>(
    `UPDATE adi_order o SET attempt = o.attempt + 1 FROM batch b
      WHERE o.id = ANY ($1::text[]) AND b.id = o.batch_id AND ${WAITS}
     RETURNING ${JOB_COLUMNS}`,
    [jobs.map(({ order }) => order)],
  );
  return rows;
}
