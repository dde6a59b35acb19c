import { UnrecoverableError, WaitingError } from '@codemint/queue';
import type { SpanAttributes } from '@codemint/telemetry';
import type { WorkerContext } from '../context';

/** What the queues hold. */
export type WorkName = 'slices' | 'registrations' | 'events';

/**
 * Does a piece of work in a span of its own and counts how it ended.
 * @throws what the work throws
 */
export async function observeWork(
  { metrics, tracing }: Pick<WorkerContext, 'metrics' | 'tracing'>,
  work: WorkName,
  attributes: SpanAttributes,
  perform: () => Promise<void>,
): Promise<void> {
  try {
    await tracing.span(`work on ${work}`, attributes, perform);
    metrics.workEnded.inc({ work, outcome: 'done' });
  } catch (error) {
    metrics.workEnded.inc({ work, outcome: outcomeOf(error) });
    throw error;
  }
}

function outcomeOf(error: unknown): 'failed' | 'given_back' | 'retried' {
  if (error instanceof UnrecoverableError) return 'failed';
  return error instanceof WaitingError ? 'given_back' : 'retried';
}
