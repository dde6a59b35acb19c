import { query } from './sql';
import { until } from './until';

/** What was accepted and has not ended well yet. */
const UNFINISHED = `
  SELECT b.id::text, b.status, b.error_message FROM batch b
    LEFT JOIN adi_order o ON o.batch_id = b.id
   WHERE b.status NOT IN ('complete', 'cancelled') AND (b.pool_id IS NOT NULL OR o.id IS NOT NULL)
   UNION ALL SELECT id, status, error_message FROM adi_order_event WHERE status <> 'complete'`;

/**
 * Waits until every accepted job, order and event has ended well.
 * @throws Error that names some of those that have not
 */
export async function untilAllComplete(connectionString: string, limitMs: number): Promise<void> {
  const isDone = async () => (await query(connectionString, UNFINISHED)).length === 0;
  await until('all is complete', limitMs, isDone, 200).catch(async (error: Error) => {
    const left = await query(connectionString, `${UNFINISHED} LIMIT 5`);
    throw new Error(`${error.message}: ${JSON.stringify(left)}`);
  });
}
