import { findEvent, retryFailed, type StoredEvent } from '@codemint/db';
import { QUEUE_NAMES, type QueueName } from '@codemint/shared';
import { describeBackends, LOCAL_BACKENDS } from '../../../tests/support/backends';
import { checkDatabase } from '../../../tests/support/checkDatabase';
import { until } from '../../../tests/support/until';
import { startConsuming } from '../dist/consume';
import type { WorkerContext } from '../dist/context';
import { sweep } from '../dist/sweep';
import { enqueue, enqueueForTries, newMasterKeys, SLICE_SIZE, Workshop, work } from './support';

describeBackends('work that has failed', LOCAL_BACKENDS, (start) => {
  let workshop: Workshop;
  let context: WorkerContext;
  beforeEach(async () => {
    workshop = await Workshop.open(start);
    context = workshop.context();
  });
  afterEach(() => workshop.close());

  const sql = (text: string) => workshop.database.pool.query(text);
  const counts = (name: QueueName) => context.queue.counts(name);

  async function untilFailed(name: QueueName, jobs: number): Promise<void> {
    await until(
      `${jobs} queue jobs of ${name} failed`,
      20_000,
      async () => (await counts(name)).failed === jobs,
    );
  }

  /** As the button of the dashboard does. */
  async function retryOnDashboard(name: QueueName): Promise<void> {
    for (const job of await context.queue.queues[name].getFailed()) await job.retry();
  }

  async function findState(batchId: bigint) {
    const batch = await workshop.batch(batchId);
    const slices = await workshop.slices(batchId);
    return {
      status: batch.status,
      open: batch.open_slices,
      created: batch.quantity_created,
      message: batch.error_message,
      hasEnded: batch.date_completed !== null,
      slices: slices.map(({ state }) => state),
    };
  }

  test('a slice that fails for good stops no other, and ends its job in error until it is retried', async () => {
    await sql('ALTER TABLE chunk ADD CONSTRAINT broken CHECK (batch_offset <> 1500)');
    const job = await workshop.accept({ quantity: 3 * SLICE_SIZE });
    work(context);
    await enqueue(context.queue, job.sliceJobs);
    await untilFailed(QUEUE_NAMES.identifierJobs, 1);
    await until('the others are made', 20_000, async () => (await findState(job.batchId)).open === 0);
    const failed = {
      status: 'error',
      open: 0,
      created: 2 * SLICE_SIZE + 500,
      message:
        "Slice 2 of the codes could not be made: The database refuses it (SQLSTATE 23514); a worker's log says more. " +
        `Once that is mended, "codemint retry ${job.id}" goes on with it.`,
      hasEnded: true,
      slices: ['done', 'failed', 'done'],
    };
    expect(await findState(job.batchId)).toEqual(failed);
    await checkDatabase(workshop.backend.connectionString);

    // Nobody tries again by himself, however long nothing moves.
    await workshop.age(job.batchId, 3600);
    await sweep(context);
    expect(await counts(QUEUE_NAMES.identifierJobs)).toMatchObject({ prioritized: 0, delayed: 0, active: 0 });
    expect(await findState(job.batchId)).toEqual(failed);
    // Whoever does is told the same again while the cause is there.
    await retryOnDashboard(QUEUE_NAMES.identifierJobs);
    await until('it is at work', 10_000, async () => (await counts(QUEUE_NAMES.identifierJobs)).failed === 0);
    await untilFailed(QUEUE_NAMES.identifierJobs, 1);
    expect(await findState(job.batchId)).toEqual(failed);

    await sql('ALTER TABLE chunk DROP CONSTRAINT broken');
    await retryOnDashboard(QUEUE_NAMES.identifierJobs);
    await workshop.untilBatch(job.batchId, 'complete');
    expect(await findState(job.batchId)).toMatchObject({ open: 0, created: 3 * SLICE_SIZE, message: null });
    expect(new Set(await workshop.codes(job.batchId)).size).toBe(3 * SLICE_SIZE);
    await checkDatabase(workshop.backend.connectionString);
  });

  test('a master key that a worker lacks may come until the last try, and after it with a retry', async () => {
    const keyless = workshop.context({ masterKeys: newMasterKeys(2) });
    const stop = startConsuming(keyless, 2);
    const late = await workshop.accept({ quantity: 10 });
    const hopeless = await workshop.accept({ quantity: 2 * SLICE_SIZE });
    await enqueue(context.queue, late.sliceJobs);
    await enqueueForTries(context.queue, 2, hopeless.sliceJobs);
    await workshop.untilBatch(hopeless.batchId, 'error');
    await untilFailed(QUEUE_NAMES.identifierJobs, 2);
    expect(await findState(hopeless.batchId)).toMatchObject({
      open: 0,
      message: expect.stringMatching(
        /^Slice [12] of the codes could not be made: Master key version 1 is missing from CODEMINT_MASTER_KEYS: /,
      ),
      slices: ['failed', 'failed'],
    });
    for (const queueJob of await context.queue.queues[QUEUE_NAMES.identifierJobs].getFailed()) {
      expect(queueJob).toMatchObject({
        attemptsMade: 2,
        failedReason: expect.stringMatching(/^Master key version 1 is missing/),
      });
    }
    expect(await findState(late.batchId)).toMatchObject({ status: 'new', message: null });
    await stop();

    work(context);
    await workshop.untilBatch(late.batchId, 'complete');
    const retried = await retryFailed(workshop.database, hopeless.id);
    expect(await findState(hopeless.batchId)).toMatchObject({
      status: 'in_progress',
      open: 2,
      message: null,
      hasEnded: false,
    });
    await enqueue(context.queue, retried?.work ?? []);
    await workshop.untilBatch(hopeless.batchId, 'complete');
    expect(await checkDatabase(workshop.backend.connectionString)).toMatchObject({
      codes: 2 * SLICE_SIZE + 10,
    });
  });

  test('ids and events of orders are done at the retry', async () => {
    await sql(`ALTER TABLE registry ADD CONSTRAINT broken CHECK (code <> 'B')`);
    await sql('ALTER TABLE adi_order_event ADD CONSTRAINT broken CHECK (acted IS NULL)');
    const order = await workshop.order({ codes: { kind: 'supplied', ids: ['A', 'B'] } });
    const base = await workshop.order({ codes: { kind: 'supplied', ids: ['C', 'D'] } });
    if (order.registration === null || base.registration === null) throw new Error('the orders have no ids');
    work(context);
    await enqueue(context.queue, [order.registration, base.registration]);
    expect(await workshop.untilOrder(order.id)).toMatchObject({
      created: 0,
      errorMessage: expect.stringMatching(
        new RegExp(`^The ids could not be registered: .*"codemint retry ${order.id}" goes on with it\\.$`),
      ),
    });
    await workshop.untilOrder(base.id);
    const event = await workshop.event(base.id);
    const find = async () => (await findEvent(workshop.database.pool, base.id, event.event)) as StoredEvent;
    await enqueue(context.queue, [event]);
    await untilFailed(QUEUE_NAMES.adiEvents, 1);
    expect(await find()).toMatchObject({
      isFailed: true,
      errorMessage: expect.stringMatching(/^The actions could not be taken: .*"codemint retry /),
    });
    await untilFailed(QUEUE_NAMES.adiOrders, 1);

    await sql('ALTER TABLE registry DROP CONSTRAINT broken');
    await sql('ALTER TABLE adi_order_event DROP CONSTRAINT broken');
    await retryOnDashboard(QUEUE_NAMES.adiOrders);
    await retryOnDashboard(QUEUE_NAMES.adiEvents);
    await until('the event has ended', 20_000, async () => (await find()).acted === 2);
    expect(await find()).toMatchObject({ isFailed: false, errorMessage: null });
    const registered = async () => (await workshop.storedOrder(order.id)).created === 2;
    await until('the ids are registered', 20_000, registered);
    expect(await workshop.storedOrder(order.id)).toMatchObject({ state: 'completed', errorMessage: null });
    await checkDatabase(workshop.backend.connectionString);
  });
});
