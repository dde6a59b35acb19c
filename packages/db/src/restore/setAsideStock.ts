import { randomUUID } from 'node:crypto';
import type { PoolClient } from 'pg';
import type { Client, Database } from '../connection/database';
import { inTransaction } from '../connection/transaction';
import { type NewReservation, reserveOfBatches } from '../reservations/createReservations';

/** Whose stock codes are, as reservations name it. */
interface Owner {
  account_id: string;
  product: string | null;
  domain: string | null;
  domain_name: string | null;
}

/** SQL: the owner of the codes of a batch `b`; none of SSCCs, and none where nobody can reserve them. */
const OWNER = `
  JOIN namespace n ON n.id = b.namespace_id
  LEFT JOIN product p ON p.id = CASE n.kind WHEN 'sgtin' THEN '/01/' || n.key WHEN 'grai' THEN '/8003/0' || n.key END
  LEFT JOIN domain d ON n.kind = 'short_code' AND d.domain_name = n.key`;
const OWNER_COLUMNS = 'b.account_id, p.id AS product, d.id AS domain, d.domain_name';
const HAS_OWNER = 'b.account_id IS NOT NULL AND coalesce(p.id, d.domain_name) IS NOT NULL';

/** Codes that were set aside, as one reservation. */
export interface SetAsideStock {
  reservation: string;
  product: string | null;
  domain: string | null;
  quantity: number;
}

/**
 * Codes that are unassigned in the backup may have been printed since: takes all of them into reservations, one for each
 * product and domain, which an operator deletes when he has looked. Codes of jobs that are not finished follow when
 * they are, by `setFinishedAside`; until then nobody can take them.
 */
export async function setStockAside(client: PoolClient): Promise<SetAsideStock[]> {
  await client.query(
    `WITH unfinished AS (
       UPDATE batch SET unassigned = NULL
        WHERE status IN ('new', 'in_progress', 'error') AND pool_id IS NOT NULL AND unassigned IS NOT NULL
       RETURNING id
     )
     INSERT INTO set_aside_batch (batch_id) SELECT id FROM unfinished ON CONFLICT DO NOTHING`,
  );
  const { rows } = await client.query<Owner & { batches: bigint[]; quantity: bigint }>(
    `SELECT ${OWNER_COLUMNS}, array_agg(b.id ORDER BY b.id) AS batches, sum(b.unassigned)::bigint AS quantity
       FROM batch b ${OWNER} WHERE b.unassigned > 0 AND ${HAS_OWNER} GROUP BY 1, 2, 3, 4 ORDER BY 2, 4, 1`,
  );
  const aside: SetAsideStock[] = [];
  for (const { batches, quantity, ...owner } of rows) {
    aside.push(...(await setAside(client, owner, batches, Number(quantity))));
  }
  return aside;
}

/** What a reservation's quantity holds. */
const MOST = 2 ** 31 - 1;

async function setAside(
  client: PoolClient,
  { account_id: accountId, product, domain, domain_name: name }: Owner,
  batches: readonly bigint[],
  quantity: number,
): Promise<SetAsideStock[]> {
  const aside: SetAsideStock[] = [];
  const reservedFor = await reason(client);
  for (let left = quantity; left > 0; ) {
    const reservation: NewReservation & { id: string } = {
      id: randomUUID(),
      userId: null,
      accountId,
      product,
      domain: domain === null || name === null ? null : { id: domain, name },
      characterSet: null,
      length: null,
      quantity: Math.min(left, MOST),
      allowPartial: true,
      reservedFor,
      referenceId: null,
      purchaseOrder: null,
      exportType: 'csv',
    };
    const taken = await reserveOfBatches(client, reservation, batches);
    aside.push({ reservation: reservation.id, product, domain: name, quantity: taken });
    if (taken < reservation.quantity) break;
    left -= taken;
  }
  return aside;
}

async function reason(client: Client): Promise<string> {
  const { rows } = await client.query<{ date: Date }>('SELECT date_noted AS date FROM installation');
  return `set aside after the restore of ${rows[0]?.date.toISOString().slice(0, 16)}Z`;
}

/**
 * Sets the codes of jobs aside that were unfinished at a restore and are finished by now; of deleted ones nothing is
 * left to do. Safe to call any time, by any number of processes.
 */
export async function setFinishedAside({ pool }: Pick<Database, 'pool'>): Promise<void> {
  const { rows } = await pool.query<{ batch_id: bigint }>(
    `SELECT a.batch_id FROM set_aside_batch a JOIN batch b ON b.id = a.batch_id
      WHERE b.status IN ('complete', 'cancelled') ORDER BY 1`,
  );
  for (const { batch_id: batchId } of rows) {
    await inTransaction(pool, (client) => setBatchAside(client, batchId));
  }
}

async function setBatchAside(client: PoolClient, batchId: bigint): Promise<void> {
  await client.query('SELECT 1 FROM batch WHERE id = $1 FOR NO KEY UPDATE', [batchId]);
  const { rowCount } = await client.query('DELETE FROM set_aside_batch WHERE batch_id = $1', [batchId]);
  if (rowCount === 0) return;
  await client.query(COUNT_UNASSIGNED, [batchId]);
  const { rows } = await client.query<Owner & { quantity: number }>(
    `SELECT ${OWNER_COLUMNS}, b.unassigned AS quantity FROM batch b ${OWNER}
      WHERE b.id = $1 AND b.unassigned > 0 AND ${HAS_OWNER}`,
    [batchId],
  );
  for (const { quantity, ...owner } of rows) await setAside(client, owner, [batchId], quantity);
}

/** Nobody has counted them while they could not be taken. */
const COUNT_UNASSIGNED = `
  UPDATE batch SET free_from = 0, unassigned =
           coalesce((SELECT sum(count) FROM chunk WHERE batch_id = $1), 0)
           - coalesce((SELECT sum(count) FROM code_status WHERE batch_id = $1), 0)
   WHERE id = $1 AND unassigned IS NULL`;
