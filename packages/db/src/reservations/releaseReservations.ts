import { ConflictError } from '@codemint/shared';
import type { PoolClient } from 'pg';
import type { Client, Database } from '../connection/database';
import { inTransaction } from '../connection/transaction';

/**
 * Deletes reservations, all or none, and gives their codes back: they are `unassigned` again. Ones that are not there
 * are passed over.
 * @throws ConflictError where a code of one is used by now
 */
export async function releaseReservations(database: Database, ids: readonly string[]): Promise<void> {
  const release = async (client: PoolClient) => {
    const numbers = await lockReservations(client, ids);
    await requireUnused(client, numbers);
    await client.query(GIVE_BACK, [numbers]);
    await client.query(GIVE_BACK_REGISTERED, [numbers]);
    await client.query('DELETE FROM code_reservation WHERE number = ANY ($1::bigint[])', [numbers]);
  };
  await inTransaction(database.pool, release, database.actor);
}

/** Batches first, as everywhere; no code leaves a reservation or is used meanwhile. */
async function lockReservations(client: PoolClient, ids: readonly string[]): Promise<bigint[]> {
  await client.query(
    `SELECT 1 FROM batch WHERE id IN (
       SELECT s.batch_id FROM code_reservation r JOIN code_status s ON s.reservation = r.number AND s.reservation > 0
        WHERE r.id = ANY ($1::uuid[])
        UNION
       SELECT c.batch_id FROM code_reservation r JOIN registry c ON c.reservation = r.number AND c.reservation > 0
        WHERE r.id = ANY ($1::uuid[]))
      ORDER BY id FOR NO KEY UPDATE`,
    [ids],
  );
  const { rows } = await client.query<{ number: bigint }>(
    'SELECT number FROM code_reservation WHERE id = ANY ($1::uuid[]) ORDER BY number FOR UPDATE',
    [ids],
  );
  return rows.map((row) => row.number);
}

async function requireUnused(client: Client, numbers: readonly bigint[]): Promise<void> {
  const { rows } = await client.query<{ id: string; count: bigint }>(
    `SELECT r.id, sum(used.count)::bigint AS count
       FROM (SELECT reservation, count FROM code_status
              WHERE reservation = ANY ($1::bigint[]) AND reservation > 0 AND status <> 'reserved'
              UNION ALL
             SELECT reservation, 1 FROM registry
              WHERE reservation = ANY ($1::bigint[]) AND reservation > 0 AND status <> 'reserved') AS used
       JOIN code_reservation r ON r.number = used.reservation GROUP BY r.id ORDER BY r.id`,
    [numbers],
  );
  const [first] = rows;
  if (first === undefined) return;
  throw new ConflictError(
    `${first.count} codes of the reservation "${first.id}" are assigned or encoded by now, so it cannot be deleted. ` +
      'Set them to "reserved" or "unassigned" first.',
  );
}

const GIVE_BACK = `
  WITH freed AS (
    DELETE FROM code_status WHERE reservation = ANY ($1::bigint[]) AND reservation > 0
    RETURNING batch_id, count, lower(places) AS first
  )
  UPDATE batch b SET unassigned = unassigned + of_batch.count, free_from = least(free_from, first)
    FROM (SELECT batch_id, sum(count)::int AS count, min(first) AS first FROM freed GROUP BY batch_id) AS of_batch
   WHERE b.id = of_batch.batch_id`;

const GIVE_BACK_REGISTERED = `
  WITH freed AS (
    UPDATE registry SET status = 'unassigned', reservation = 0
     WHERE reservation = ANY ($1::bigint[]) AND reservation > 0 RETURNING batch_id, place
  )
  UPDATE batch b SET unassigned = unassigned + of_batch.count, free_from = least(free_from, first)
    FROM (SELECT batch_id, count(*)::int AS count, min(place) AS first FROM freed GROUP BY batch_id) AS of_batch
   WHERE b.id = of_batch.batch_id`;
