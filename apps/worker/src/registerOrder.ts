import { failOrder, registerOrder } from '@codemint/db';
import type { Run } from '@codemint/queue';
import type { RegistrationJob } from '@codemint/shared';
import type { WorkerContext } from './context';
import { endingInFailure } from './finalFailure';

/**
 * Registers the supplied ids of an order, all in one transaction, and so ends it. Nothing happens where that is done.
 * @throws UnrecoverableError for what no retry mends; the order then says so
 */
export async function registerIds(
  { database, ring, log }: WorkerContext,
  job: RegistrationJob,
  run: Run,
): Promise<void> {
  const jobLog = log.child({ order: job.order });
  const outcome = await endingInFailure(
    jobLog,
    () => registerOrder(database, ring, job.order),
    (reason) => failOrder(database.pool, job.order, reason),
  );
  jobLog.debug('ids registered');
  if (outcome === undefined) return;
  const { batchId, created, quantity } = outcome;
  run.reportProgress({ batchId: String(batchId), job: job.order, created, quantity });
}
