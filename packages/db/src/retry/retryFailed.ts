import type { EventJob, RegistrationJob, SliceJob } from '@codemint/shared';
import { reopenBatch } from '../batches/reopenBatch';
import type { Database } from '../connection/database';
import { nextEventAttempts } from '../events/claimStaleEvents';
import { reopenEvent } from '../events/performEvent';
import { nextRegistrationAttempts } from '../orders/registerOrder';
import { nextAttempts, sliceJobsById } from '../slices/claimStaleSlices';
import { batchesOfJobOrOrder } from '../verification/verifyStock';

/** What is tried again. */
export interface RetriedWork {
  /** To be put into the queue; where that fails the sweep does it. */
  work: (SliceJob | RegistrationJob | EventJob)[];
  /** How many batches lack codes though all their slices are done: the next sweep allots the rest. */
  unsettled: number;
}

/**
 * Lets what has failed of an identifier job, an ADI order or an event be tried again. What has not failed is left
 * alone, so it may be called any time.
 * @returns undefined if there is nothing with this id
 */
export async function retryFailed(database: Database, id: string): Promise<RetriedWork | undefined> {
  const batches = await batchesOfJobOrOrder(database, id);
  if (batches.length === 0) return retryEvent(database, id);
  const retried: RetriedWork = { work: [], unsettled: 0 };
  for (const batchId of batches) {
    const slices = await reopenBatch(database, batchId);
    if (slices === undefined) continue;
    const work = [
      ...(await nextAttempts(database.pool, await sliceJobsById(database.pool, slices))),
      ...(await registrationOf(database, batchId)),
    ];
    retried.work.push(...work);
    if (work.length === 0) retried.unsettled += 1;
  }
  return retried;
}

/** The queue job of an order whose ids are to be registered in this batch, if it is one. */
async function registrationOf({ pool }: Database, batchId: bigint): Promise<RegistrationJob[]> {
  const { rows } = await pool.query<RegistrationJob>(
    `SELECT id AS "order", purchase_order AS "purchaseOrder", attempt FROM adi_order
      WHERE batch_id = $1 AND ids IS NOT NULL`,
    [batchId],
  );
  return nextRegistrationAttempts(pool, rows);
}

async function retryEvent({ pool }: Database, id: string): Promise<RetriedWork | undefined> {
  const { rows } = await pool.query<EventJob>(
    `SELECT e.id AS event, o.id AS "order", o.purchase_order AS "purchaseOrder", e.attempt
       FROM adi_order_event e JOIN adi_order o ON o.id = e.order_id WHERE e.id = $1`,
    [id],
  );
  if (rows.length === 0) return undefined;
  const isFailed = await reopenEvent(pool, id);
  return { work: isFailed ? await nextEventAttempts(pool, rows) : [], unsettled: 0 };
}
