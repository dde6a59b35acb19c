import type { Pool } from 'pg';
import { inTransaction } from '../connection/transaction';
import { isHome } from '../restore/identity';

/** What the installation has before it, and what has gone wrong in it. */
export interface Backlog {
  /** Of unfinished batches, without a code yet. */
  slicesWaiting: number;
  /** Of unfinished batches, with some of their codes. */
  slicesStarted: number;
  /** Whom no retry mends; their batches say why. */
  slicesFailed: number;
  /** Of the slice that has waited longest for its first codes; 0 if none waits. */
  oldestWaitingSeconds: number;
  batchesInError: number;
  /** Active replenishment rules that could not be met when they were last tried. */
  rulesUnmet: number;
  /** False where the database was restored, promoted or copied: nothing is given out before `afterRestore`. */
  isHome: boolean;
}

/** Every part is read by an index that has nothing but such rows, and the rules, which are few. */
const BACKLOG = `
  SELECT open.waiting AS "slicesWaiting", open.started AS "slicesStarted",
         coalesce(greatest(0, extract(epoch FROM now() - open.since)), 0)::float8 AS "oldestWaitingSeconds",
         (SELECT count(*)::int FROM slice WHERE state = 'failed') AS "slicesFailed",
         (SELECT count(*)::int FROM batch WHERE status = 'error') AS "batchesInError",
         (SELECT count(*)::int FROM replenishment_rule
           WHERE status = 'active' AND error_message IS NOT NULL) AS "rulesUnmet"
    FROM (SELECT count(*) FILTER (WHERE s.progress = 0)::int AS waiting,
                 count(*) FILTER (WHERE s.progress > 0)::int AS started,
                 min(b.date_created) FILTER (WHERE s.progress = 0) AS since
            FROM slice s JOIN batch b ON b.id = s.batch_id
           WHERE s.state = 'open' AND b.status IN ('new', 'in_progress')) AS open`;

/** @throws an error of Postgres after `limitMs` a statement at the latest, as long as the server answers at all */
export function readBacklog(pool: Pool, limitMs: number): Promise<Backlog> {
  return inTransaction(pool, async (client) => {
    await client.query(`SET LOCAL statement_timeout = ${limitMs}`);
    const { rows } = await client.query<Omit<Backlog, 'isHome'>>({ name: 'backlog', text: BACKLOG });
    return { ...(rows[0] as Omit<Backlog, 'isHome'>), isHome: await isHome(client) };
  });
}
