import { deleteJobs, loadSlice, retryFailed, writeChunk } from '@codemint/db';
import { QUEUE_NAMES, UnavailableError } from '@codemint/shared';
import { checkDatabase } from '../../../tests/support/checkDatabase';
import { until } from '../../../tests/support/until';
import type { WorkerContext } from '../dist/context';
import { startSweep, sweep } from '../dist/sweep';
import { type AcceptedJob, enqueue, newMasterKeys, SLICE_SIZE, Workshop, work } from './support';

const LONG_AGO_S = 60;

describe('the sweep', () => {
  let workshop: Workshop;
  let context: WorkerContext;
  beforeEach(async () => {
    workshop = await Workshop.open();
    context = workshop.context();
  });
  afterEach(() => workshop.close());

  const counts = () => context.queue.counts(QUEUE_NAMES.identifierJobs);
  const attempts = async (job: AcceptedJob) =>
    (await workshop.slices(job.batchId)).map(({ attempt }) => attempt);

  test('puts slices into the queue that it never had', async () => {
    const job = await workshop.accept({ quantity: 3 * SLICE_SIZE, referenceId: 'BATCH-7' });
    await workshop.age(job.batchId, LONG_AGO_S);
    await sweep(context);
    expect(await counts()).toMatchObject({ prioritized: 3 });
    expect(await attempts(job)).toEqual([1, 1, 1]);
    const queueJob = await context.queue.queues[QUEUE_NAMES.identifierJobs].getJob(
      `slice-${job.sliceJobs[2]?.sliceId}-1`,
    );
    expect(queueJob).toMatchObject({
      name: 'BATCH-7',
      priority: 3,
      data: { ...job.sliceJobs[2], attempt: 1 },
    });
    work(context);
    await workshop.untilBatch(job.batchId, 'complete');
    await checkDatabase(workshop.backend.connectionString);
  });

  test('leaves those alone that somebody works on or that wait in the queue', async () => {
    const fresh = await workshop.accept({ quantity: 2 * SLICE_SIZE });
    const waiting = await workshop.accept({ quantity: 2 * SLICE_SIZE });
    await enqueue(context.queue, waiting.sliceJobs);
    await workshop.age(waiting.batchId, LONG_AGO_S);
    await sweep(context);
    expect(await counts()).toMatchObject({ prioritized: 2 });
    expect([...(await attempts(fresh)), ...(await attempts(waiting))]).toEqual([0, 0, 0, 0]);
  });

  test('tries those again whose queue job ended without making them', async () => {
    const job = await workshop.accept({ quantity: SLICE_SIZE });
    const queue = context.queue.queues[QUEUE_NAMES.identifierJobs];
    await enqueue(context.queue, job.sliceJobs);
    await workshop.age(job.batchId, LONG_AGO_S);
    const idle = workshop.context();
    const consumer = idle.queue.consumeSlices(async () => undefined, { concurrency: 1 });
    await until('the queue job has ended', 10_000, async () => (await queue.getCompletedCount()) === 1);
    await consumer.close();
    await sweep(context);
    expect(await attempts(job)).toEqual([1]);
    work(context);
    await workshop.untilBatch(job.batchId, 'complete');
  });

  test('by two at once puts each slice in once', async () => {
    const job = await workshop.accept({ quantity: 20 * SLICE_SIZE });
    await workshop.age(job.batchId, LONG_AGO_S);
    await Promise.all([sweep(context), sweep(workshop.context()), sweep(context)]);
    expect(await counts()).toMatchObject({ prioritized: 20 });
    expect(await attempts(job)).toEqual(Array(20).fill(1));
  });

  test('claims nothing for a queue that is away', async () => {
    const job = await workshop.accept({ quantity: SLICE_SIZE });
    await workshop.age(job.batchId, LONG_AGO_S);
    const before = await workshop.slices(job.batchId);
    const away = workshop.context({ redisUrl: 'redis://127.0.0.1:1' });
    await expect(sweep(away)).rejects.toThrow(UnavailableError);
    expect(await workshop.slices(job.batchId)).toEqual(before);
  });

  test('gives a batch that came out short what it lacks', async () => {
    const job = await workshop.accept({ quantity: SLICE_SIZE });
    await storeSliceSkipping(workshop, context, job, 40);
    await workshop.age(job.batchId, LONG_AGO_S);
    expect(await workshop.batch(job.batchId)).toMatchObject({
      status: 'in_progress',
      open_slices: 0,
      quantity_created: SLICE_SIZE - 40,
    });
    await sweep(context);
    expect((await workshop.slices(job.batchId)).map(({ count }) => count)).toEqual([SLICE_SIZE, 40]);
    expect(await counts()).toMatchObject({ prioritized: 1 });
    await sweep(context);
    expect(await counts()).toMatchObject({ prioritized: 1 });
    work(context);
    await workshop.untilBatch(job.batchId, 'complete');
    await checkDatabase(workshop.backend.connectionString);
  });

  test('fails a batch that came out short when its key is gone, and ends others', async () => {
    const job = await workshop.accept({ quantity: SLICE_SIZE });
    await storeSliceSkipping(workshop, context, job, 40);
    const other = await workshop.accept({ quantity: SLICE_SIZE });
    await deleteJobs(workshop.database, [other.id]);
    await workshop.age(job.batchId, LONG_AGO_S);
    const keyless = workshop.context({ masterKeys: newMasterKeys(2) });
    await sweep(keyless);
    // Another worker may have the key.
    expect(await workshop.batch(job.batchId)).toMatchObject({ status: 'in_progress', error_message: null });
    await workshop.age(job.batchId, 10 * LONG_AGO_S);
    await sweep(keyless);
    expect(await workshop.batch(job.batchId)).toMatchObject({
      status: 'error',
      error_message: expect.stringMatching(
        new RegExp(`: Master key version 1 is missing .*"codemint retry ${job.id}" goes on with it\\.$`),
      ),
    });
    expect(await retryFailed(workshop.database, job.id)).toEqual({ work: [], unsettled: 1 });
    await sweep(keyless);
    work(context);
    await sweep(context);
    await workshop.untilBatch(job.batchId, 'complete');
    await checkDatabase(workshop.backend.connectionString);
  });

  test('removes the codes of deleted jobs, and no others', async () => {
    const deleted = await workshop.accept({ quantity: SLICE_SIZE });
    const kept = await workshop.accept({ quantity: SLICE_SIZE });
    await storeSliceSkipping(workshop, context, deleted, 10);
    await storeSliceSkipping(workshop, context, kept, 0);
    await deleteJobs(workshop.database, [deleted.id]);
    expect((await workshop.codes(deleted.batchId)).length).toBe(SLICE_SIZE - 10);
    await sweep(context);
    expect(await workshop.codes(deleted.batchId)).toEqual([]);
    expect(await workshop.batch(deleted.batchId)).toMatchObject({ status: 'cancelled', quantity_created: 0 });
    expect((await workshop.codes(kept.batchId)).length).toBe(SLICE_SIZE);
  });

  test('goes on by itself until it is stopped', async () => {
    const stop = startSweep(context);
    try {
      const job = await workshop.accept({ quantity: SLICE_SIZE });
      await workshop.age(job.batchId, LONG_AGO_S);
      await until('it is in the queue', 15_000, async () => (await counts()).prioritized === 1);
    } finally {
      await stop();
    }
  });
});

/** Stores the only slice of a job as one whose first codes somebody else owned, and leaves it at that. */
async function storeSliceSkipping(
  { database }: Workshop,
  { generator }: WorkerContext,
  job: AcceptedJob,
  skip: number,
): Promise<void> {
  const slice = await loadSlice(database.pool, BigInt(job.sliceJobs[0]?.sliceId as string));
  if (slice === undefined || slice.pool.algorithm === 'sscc') throw new Error('no such slice');
  const { firstIndex, count: span, pool } = slice;
  const registered = Array.from({ length: skip }, (_, i) => Number(firstIndex) + i);
  const chunk = await generator.make({ pool, siblings: [], firstIndex, span, registered });
  const codes = Buffer.from(chunk.codes);
  await writeChunk(database.pool, { sliceId: slice.id, progress: 0, span, ...chunk, codes });
}
