import type { ApiContext } from './context';

/** How long a caller may be kept waiting for the queue; without it the work starts a little later. */
const ENQUEUE_LIMIT_MS = 500;

/**
 * Tells the queue of work that is in the database by now: if the queue is away the sweep finds it later.
 * @param work what to name in the log then
 */
export async function enqueue(
  { log }: ApiContext,
  work: object,
  add: (limit: { timeoutMs: number }) => Promise<void>,
): Promise<void> {
  try {
    await add({ timeoutMs: ENQUEUE_LIMIT_MS });
  } catch (error) {
    log.warn({ err: error, ...work }, 'work waits for the queue');
  }
}
