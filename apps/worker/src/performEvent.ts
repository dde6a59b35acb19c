import { type Database, failEvent, performEvent, reopenEvent } from '@codemint/db';
import type { Run } from '@codemint/queue';
import type { EventJob } from '@codemint/shared';
import type { WorkerContext } from './context';
import { endingInFailure } from './finalFailure';

/**
 * Takes the actions of an event, all in one transaction. Nothing happens where that is done; where it has failed it is
 * tried again.
 * @throws UnrecoverableError for what no further try mends; the event then says so
 */
export async function takeActions(
  { database, log }: WorkerContext,
  { order, event }: EventJob,
  { isLastTry }: Run,
): Promise<void> {
  const jobLog = log.child({ order, event });
  await endingInFailure(jobLog, {
    what: 'The actions could not be taken',
    owner: event,
    isLastTry,
    work: () => perform(database, event),
    fail: (message) => failEvent(database.pool, event, message),
  });
  jobLog.debug('actions taken');
}

async function perform(database: Database, event: string): Promise<void> {
  if (await performEvent(database, event)) return;
  if (await reopenEvent(database.pool, event)) await performEvent(database, event);
}
