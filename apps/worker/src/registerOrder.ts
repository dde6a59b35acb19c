import {
  type Database,
  failOrder,
  type RegistrationOutcome,
  registerOrder,
  reopenRegistration,
} from '@codemint/db';
import type { Run } from '@codemint/queue';
import type { KeyRing, RegistrationJob } from '@codemint/shared';
import type { WorkerContext } from './context';
import { endingInFailure } from './finalFailure';

/**
 * Registers the supplied ids of an order, all in one transaction, and so ends it. Nothing happens where that is done;
 * where it has failed it is tried again.
 * @throws UnrecoverableError for what no further try mends; the order then says so
 */
export async function registerIds(
  { database, ring, log }: WorkerContext,
  { order }: RegistrationJob,
  run: Run,
): Promise<void> {
  const jobLog = log.child({ order });
  const outcome = await endingInFailure(jobLog, {
    what: 'The ids could not be registered',
    owner: order,
    isLastTry: run.isLastTry,
    work: () => register(database, ring, order),
    fail: (message) => failOrder(database.pool, order, message),
  });
  jobLog.debug('ids registered');
  if (outcome === undefined) return;
  const { batchId, created, quantity } = outcome;
  run.reportProgress({ batchId: String(batchId), job: order, created, quantity });
}

async function register(
  database: Database,
  ring: KeyRing,
  order: string,
): Promise<RegistrationOutcome | undefined> {
  const outcome = await registerOrder(database, ring, order);
  if (outcome !== undefined || !(await reopenRegistration(database, order))) return outcome;
  return registerOrder(database, ring, order);
}
