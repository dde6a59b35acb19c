import type { Run } from '@codemint/queue';
import type { SliceJob } from '@codemint/shared';
import type { WorkerContext } from './context';
import { makeSlice } from './makeSlice';
import { observeWork } from './metrics/observeWork';
import { takeActions } from './performEvent';
import { registerIds } from './registerOrder';

/**
 * Starts to take work from all queues, at most `concurrency` pieces of each at a time.
 * @returns takes no more and waits for what runs, as `Consumer.close`
 */
export function startConsuming(context: WorkerContext, concurrency: number): () => Promise<void> {
  const { queue } = context;
  const options = { concurrency };
  const takeSlice = (job: SliceJob, run: Run) => {
    const { sliceId: slice, batchId: batch, job: owner } = job;
    return observeWork(context, 'slices', { slice, batch, owner }, () => makeSlice(context, job, run));
  };
  const consumers = [
    queue.consumeSlices(takeSlice, options),
    queue.consumeOrders(
      (job, run) =>
        'sliceId' in job
          ? takeSlice(job, run)
          : observeWork(context, 'registrations', { order: job.order }, () => registerIds(context, job, run)),
      options,
    ),
    queue.consumeEvents(
      (job, run) =>
        observeWork(context, 'events', { event: job.event }, () => takeActions(context, job, run)),
      options,
    ),
  ];
  return async () => {
    await Promise.all(consumers.map((consumer) => consumer.close()));
  };
}
