import type { Work } from '@codemint/queue';
import type { ApiContext } from './context';

/** How long a caller may be kept waiting for the queue; without it the work starts a little later. */
const ENQUEUE_LIMIT_MS = 500;

/**
 * Tells the queue of work that is in the database by now: if the queue is away the sweep finds it later.
 * @param owner what to name in the log then
 */
export async function enqueue(
  { queue, log, tracing }: Pick<ApiContext, 'queue' | 'log' | 'tracing'>,
  work: readonly Work[],
  owner: object,
): Promise<void> {
  try {
    await tracing.span('enqueue', { jobs: work.length }, () =>
      queue.add(work, { timeoutMs: ENQUEUE_LIMIT_MS }),
    );
  } catch (error) {
    log.warn({ err: error, ...owner }, 'work waits for the queue');
  }
}
