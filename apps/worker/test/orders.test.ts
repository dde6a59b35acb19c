import { findEvent, type StoredEvent } from '@codemint/db';
import { type EventJob, QUEUE_NAMES } from '@codemint/shared';
import { describeBackends, LOCAL_BACKENDS } from '../../../tests/support/backends';
import { checkDatabase } from '../../../tests/support/checkDatabase';
import { until } from '../../../tests/support/until';
import type { WorkerContext } from '../dist/context';
import { sweep } from '../dist/sweep';
import { enqueue, enqueueForTries, newMasterKeys, SLICE_SIZE, Workshop, work } from './support';

const LONG_AGO_S = 60;
const SHORT = { domain: 'go.example.com', defaultRedirectUrl: 'https://example.com/{shortId}' };

function supplied(...ids: string[]) {
  return { kind: 'supplied', ids } as const;
}

function generated(quantity: number) {
  return { kind: 'generated', prefix: '', suffix: '', characterSet: 'AN-47', length: 8, quantity } as const;
}

describeBackends('work of orders', LOCAL_BACKENDS, (start) => {
  let workshop: Workshop;
  let context: WorkerContext;
  beforeEach(async () => {
    workshop = await Workshop.open(start);
    context = workshop.context();
  });
  afterEach(() => workshop.close());

  const ordersQueue = () => context.queue.counts(QUEUE_NAMES.adiOrders);
  const eventsQueue = () => context.queue.counts(QUEUE_NAMES.adiEvents);

  async function untilEvent({ order, event }: EventJob, limitMs = 20_000): Promise<StoredEvent> {
    const find = async () => (await findEvent(workshop.database.pool, order, event)) as StoredEvent;
    await until('the event is completed', limitMs, async () => (await find()).state === 'completed');
    return find();
  }

  /** An order of these ids that is completed. */
  async function completed(...ids: string[]): Promise<string> {
    const { id, registration } = await workshop.order({ codes: supplied(...ids) });
    if (registration === null) throw new Error('the order has no ids');
    await enqueue(context.queue, [registration]);
    await workshop.untilOrder(id);
    return id;
  }

  test('makes codes and short ids, and tells watchers of the order', async () => {
    work(context);
    const heard = new Set<string>();
    workshop.context().queue.watchProgress(({ job }) => void heard.add(job));
    // The reader hears only what comes after its start: orders come until one has been heard.
    await until('an order is heard of', 20_000, async () => {
      const { id, sliceJobs } = await workshop.order({ codes: generated(2 * SLICE_SIZE + 50), short: SHORT });
      expect(sliceJobs.map(({ queue, job }) => [queue, job])).toEqual(
        sliceJobs.map(() => [QUEUE_NAMES.adiOrders, id]),
      );
      await enqueue(context.queue, sliceJobs);
      expect(await workshop.untilOrder(id)).toMatchObject({
        created: 2 * SLICE_SIZE + 50,
        errorMessage: null,
      });
      return heard.has(id);
    });
    await checkDatabase(workshop.backend.connectionString);
  });

  test('registers ids, those that are taken excepted, and tells watchers', async () => {
    work(context);
    await completed('A', 'B');
    const heard: string[] = [];
    workshop.context().queue.watchProgress(({ job, created }) => void heard.push(`${job} ${created}`));
    await until('an order is heard of', 20_000, async () => {
      const id = await completed('B', `C${heard.length}-${Date.now()}`);
      const order = await workshop.storedOrder(id);
      expect(order).toMatchObject({ created: 1, quantity: 2, refused: { taken: [0], imported: [] } });
      return heard.includes(`${id} 1`);
    });
    await checkDatabase(workshop.backend.connectionString);
  });

  test('the same registration and event several times at once are done once', async () => {
    const { id, registration } = await workshop.order({ codes: supplied('A', 'B', 'C') });
    if (registration === null) throw new Error('the order has no ids');
    const three = <Job>(job: Job) => [0, 1, 2].map((attempt) => ({ ...job, attempt }));
    await enqueue(context.queue, three(registration));
    work(context);
    work(workshop.context());
    await until('all runs have ended', 20_000, async () => (await ordersQueue()).completed === 3);
    expect(await workshop.storedOrder(id)).toMatchObject({ state: 'completed', created: 3, refused: null });

    const event = await workshop.event(id, { numbers: [0, 2] });
    await enqueue(context.queue, three(event));
    await until('all runs have ended', 20_000, async () => (await eventsQueue()).completed === 3);
    expect(await untilEvent(event)).toMatchObject({ acted: 2, isFailed: false });
    expect(await checkDatabase(workshop.backend.connectionString)).toBeDefined();
  });

  test('ids that nobody can check for want of the key fail the order with its last try', async () => {
    const first = await workshop.order();
    const { id, registration } = await workshop.order({ codes: supplied('Abcdefgh') });
    if (registration === null || first.sliceJobs[0] === undefined) throw new Error('nothing to be queued');
    const keyless = workshop.context({ masterKeys: newMasterKeys(2) });
    work(keyless);
    await enqueueForTries(context.queue, 2, [registration]);
    const order = await workshop.untilOrder(id);
    expect(order).toMatchObject({
      created: 0,
      errorMessage: expect.stringMatching(/Master key version 1 is missing/),
    });
    await until('its queue job failed', 10_000, async () => (await ordersQueue()).failed === 1);
    const [failed] = await context.queue.queues[QUEUE_NAMES.adiOrders].getFailed();
    expect(failed).toMatchObject({
      attemptsMade: 2,
      failedReason: expect.stringMatching(/^Master key version 1 is missing/),
    });
    await workshop.ageOrders(3600);
    await sweep(context);
    expect(await ordersQueue()).toMatchObject({ prioritized: 0, delayed: 0, active: 0 });
  });

  test('the sweep puts registrations and events into the queue that it never had, each once', async () => {
    const order = await workshop.order({ codes: supplied('A', 'B') });
    const base = await workshop.order();
    const events = await Promise.all([0, 1, 2].map(() => workshop.event(base.id)));
    await sweep(context);
    expect(await ordersQueue()).toMatchObject({ prioritized: 0 });
    await workshop.ageOrders(LONG_AGO_S);
    await Promise.all([sweep(context), sweep(workshop.context()), sweep(context)]);
    expect(await ordersQueue()).toMatchObject({ prioritized: 1 });
    expect(await eventsQueue()).toMatchObject({ prioritized: 3 });
    const queueJob = await context.queue.queues[QUEUE_NAMES.adiOrders].getJob(`ids-${order.id}-1`);
    expect(queueJob).toMatchObject({ name: 'PO-1', data: { ...order.registration, attempt: 1 } });

    // What waits in the queue is left there.
    await workshop.ageOrders(LONG_AGO_S);
    await sweep(context);
    expect(await ordersQueue()).toMatchObject({ prioritized: 1 });
    expect(await eventsQueue()).toMatchObject({ prioritized: 3 });
    work(context);
    expect(await workshop.untilOrder(order.id)).toMatchObject({ created: 2 });
    for (const event of events) await untilEvent(event);
  });

  test('the sweep tries again what the queue gave up or lost', async () => {
    const order = await workshop.order({ codes: supplied('A') });
    if (order.registration === null) throw new Error('the order has no ids');
    const lost = await workshop.order();
    const event = await workshop.event(lost.id);
    await enqueue(context.queue, [order.registration, event, ...lost.sliceJobs]);
    const idle = workshop.context().queue;
    const consumer = idle.consumeOrders(async () => undefined, { concurrency: 1 });
    await until('the queue jobs have ended', 10_000, async () => (await ordersQueue()).completed === 2);
    await consumer.close();
    await context.queue.queues[QUEUE_NAMES.adiEvents].obliterate({ force: true });
    await workshop.ageOrders(LONG_AGO_S);
    await workshop.age(BigInt(lost.sliceJobs[0]?.batchId as string), LONG_AGO_S);
    await sweep(context);
    expect(await ordersQueue()).toMatchObject({ prioritized: 2 });
    expect(await eventsQueue()).toMatchObject({ prioritized: 1 });
    work(context);
    expect(await workshop.untilOrder(order.id)).toMatchObject({ created: 1 });
    expect(await workshop.untilOrder(lost.id)).toMatchObject({ created: 10 });
    await untilEvent(event);
    await checkDatabase(workshop.backend.connectionString);
  });
});
