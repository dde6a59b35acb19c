import type { SliceJob } from '@codemint/shared';
import type { WorkerContext } from './context';

/** How long the queue may take to accept slices that a worker has made; the sweep adds them otherwise. */
const ENQUEUE_TIMEOUT_MS = 2_000;

/** Tells the queue of slices that are in the database by now: if the queue is away the sweep finds them later. */
export async function enqueueSlices(
  { queue, log }: Pick<WorkerContext, 'queue' | 'log'>,
  slices: readonly SliceJob[],
): Promise<void> {
  await queue.add(slices, { timeoutMs: ENQUEUE_TIMEOUT_MS }).catch((error: Error) => {
    const batch = slices[0]?.batchId;
    log.warn({ batch, reason: error.message }, 'slices wait for the sweep to enqueue them');
  });
}
