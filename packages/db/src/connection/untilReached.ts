import { setTimeout as delay } from 'node:timers/promises';
import { isDatabaseAway } from './transaction';

const RETRY_MS = 1000;

/**
 * Does what a process needs of the database before it can begin. While the database is away it is tried again, without
 * a limit.
 * @param log told once of each reason
 * @param signal ends the waiting; the promise is then rejected with the signal's reason
 * @throws what `work` throws for any other reason
 */
export async function untilReached<Result>(
  { log, signal }: { log: (line: string) => void; signal: AbortSignal },
  work: () => Promise<Result>,
): Promise<Result> {
  let said = '';
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isDatabaseAway(error)) throw error;
      const { message } = error as Error;
      if (message !== said) log(`Waiting for the database, which cannot be reached: ${message}`);
      said = message;
      await delay(RETRY_MS, undefined, { signal });
    }
  }
}
