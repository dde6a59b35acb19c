import type { EventJob } from '@codemint/shared';
import type { Client } from '../connection/database';

/** A queue job for an event `e` of the order `o`. */
const JOB_COLUMNS = 'e.id AS event, o.id AS "order", o.purchase_order AS "purchaseOrder", e.attempt';

/**
 * Waiting events that nobody has touched for `idleMs`, the oldest first, at most `limit`; as claimStaleSlices.
 */
export async function claimStaleEvents(client: Client, idleMs: number, limit: number): Promise<EventJob[]> {
  const { rows } = await client.query<EventJob>(
    `WITH stale AS (
       SELECT id FROM adi_order_event
        WHERE status = 'new' AND touched_at < now() - $1 * interval '1 millisecond'
        ORDER BY number LIMIT $2 FOR UPDATE SKIP LOCKED
     )
     UPDATE adi_order_event e SET touched_at = now() FROM stale, adi_order o
      WHERE e.id = stale.id AND o.id = e.order_id
     RETURNING ${JOB_COLUMNS}`,
    [idleMs, limit],
  );
  return rows;
}

/** Numbers the next queue job of each event that still waits: a kept job of the old number would swallow it. */
export async function nextEventAttempts(client: Client, jobs: readonly EventJob[]): Promise<EventJob[]> {
  if (jobs.length === 0) return [];
  const { rows } = await client.query<EventJob>(
    `UPDATE adi_order_event e SET attempt = e.attempt + 1 FROM adi_order o
      WHERE e.id = ANY ($1::text[]) AND e.status = 'new' AND o.id = e.order_id
     RETURNING ${JOB_COLUMNS}`,
    [jobs.map(({ event }) => event)],
  );
  return rows;
}
