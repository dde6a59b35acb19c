import type { WorkerContext } from './context';
import { makeSlice } from './makeSlice';
import { takeActions } from './performEvent';
import { registerIds } from './registerOrder';

/**
 * Starts to take work from all queues, at most `concurrency` pieces of each at a time.
 * @returns takes no more and waits for what runs, as `Consumer.close`
 */
export function startConsuming(context: WorkerContext, concurrency: number): () => Promise<void> {
  const { queue } = context;
  const options = { concurrency };
  const consumers = [
    queue.consumeSlices((job, run) => makeSlice(context, job, run), options),
    queue.consumeOrders(
      (job, run) => ('sliceId' in job ? makeSlice(context, job, run) : registerIds(context, job, run)),
      options,
    ),
    queue.consumeEvents((job) => takeActions(context, job), options),
  ];
  return async () => {
    await Promise.all(consumers.map((consumer) => consumer.close()));
  };
}
