import { failEvent, performEvent } from '@codemint/db';
import type { EventJob } from '@codemint/shared';
import type { WorkerContext } from './context';
import { endingInFailure } from './finalFailure';

/**
 * Takes the actions of an event, all in one transaction. Nothing happens where that is done.
 * @throws UnrecoverableError for what no retry mends; the event then says so
 */
export async function takeActions({ database, log }: WorkerContext, job: EventJob): Promise<void> {
  const jobLog = log.child({ order: job.order, event: job.event });
  await endingInFailure(
    jobLog,
    () => performEvent(database, job.event),
    (reason) => failEvent(database.pool, job.event, reason),
  );
  jobLog.debug('actions taken');
}
