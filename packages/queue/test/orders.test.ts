import { QUEUE_NAMES } from '@codemint/shared';
import { UnrecoverableError, type Work } from '../src/index';
import { describeBackends, event, Openings, registration, slice, until } from './support';

const FAST = { timeoutMs: 5000 };
const ONE = { concurrency: 1 };

describeBackends('work of orders', (kind) => {
  const openings = new Openings();
  afterEach(() => openings.close());

  async function open() {
    const place = await openings.place(kind);
    return { producer: openings.backend(place), consumer: openings.backend(place, 'consumer') };
  }

  const sliceOfOrder = (sliceId: number, rest: Parameters<typeof slice>[1] = {}) =>
    slice(sliceId, {
      queue: QUEUE_NAMES.adiOrders,
      job: 'UKGwQrgHq3QaqsRa',
      referenceId: 'PO 4711',
      ...rest,
    });

  test('each piece of work goes to its queue and to nobody else', async () => {
    const { producer, consumer } = await open();
    const taken: Record<string, Work[]> = { slices: [], orders: [], events: [] };
    consumer.consumeSlices(async (work) => void taken.slices?.push(work), ONE);
    consumer.consumeOrders(async (work) => void taken.orders?.push(work), ONE);
    consumer.consumeEvents(async (work) => void taken.events?.push(work), ONE);
    await producer.add([slice(1), sliceOfOrder(2), slice(3), sliceOfOrder(4, { ordinal: 1 })], FAST);
    const added = () => Object.values(taken).flat().length;
    await until(() => added() === 4, 5000);
    await producer.add([registration('a')], FAST);
    await producer.add([event('b')], FAST);
    await until(() => added() === 6, 5000);
    const byId = (work: Work[] = []) =>
      [...work].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? 1 : -1));
    expect(byId(taken.slices)).toEqual([slice(3), slice(1)]);
    expect(byId(taken.orders)).toEqual([sliceOfOrder(4, { ordinal: 1 }), sliceOfOrder(2), registration('a')]);
    expect(taken.events).toEqual([event('b')]);
  });

  test('queue jobs are named by the purchase order and keep their own ids', async () => {
    const { producer } = await open();
    await producer.add([registration('a', { attempt: 2 })], FAST);
    await producer.add([event('b', { attempt: 3 })], FAST);
    const { [QUEUE_NAMES.adiOrders]: orders, [QUEUE_NAMES.adiEvents]: events } = producer.queues;
    expect(await orders.getJob('ids-a-2')).toMatchObject({
      name: 'PO 4711',
      data: registration('a', { attempt: 2 }),
    });
    expect(await events.getJob('event-b-3')).toMatchObject({
      name: 'PO 4711',
      data: event('b', { attempt: 3 }),
    });
    expect(await producer.jobState(registration('a', { attempt: 2 }))).toBe('prioritized');
    expect(await producer.jobState(event('b', { attempt: 3 }))).toBe('prioritized');
    expect(await producer.jobState(event('b', { attempt: 4 }))).toBe('missing');
  });

  test('much work of all kinds is added at once, each piece a single time', async () => {
    const { producer, consumer } = await open();
    const work: Work[] = Array.from({ length: 60 }, (_, i) =>
      [slice(i), sliceOfOrder(i), registration(`r${i}`), event(`e${i}`)].slice(0, i % 2 === 0 ? 4 : 2),
    ).flat();
    await producer.add(work, FAST);
    await Promise.all([producer.add(work, FAST), producer.add([event('e0')], FAST)]);
    let taken = 0;
    const count = async () => void taken++;
    consumer.consumeSlices(count, { concurrency: 4 });
    consumer.consumeOrders(count, { concurrency: 4 });
    consumer.consumeEvents(count, { concurrency: 4 });
    const waiting = async () =>
      (await Promise.all(Object.values(QUEUE_NAMES).map((name) => producer.counts(name)))).reduce(
        (sum, { prioritized = 0, active = 0 }) => sum + prioritized + active,
        0,
      );
    await until(async () => (await waiting()) === 0, 20_000);
    // A slice of the same number is another piece of work in the other queue.
    expect(taken).toBe(work.length);
  });

  test('the ids of an order come before later slices of others', async () => {
    const { producer, consumer } = await open();
    await producer.add(
      [0, 1, 2].map((ordinal) => sliceOfOrder(10 + ordinal, { ordinal })),
      FAST,
    );
    await producer.add([registration('a')], FAST);
    const order: string[] = [];
    consumer.consumeOrders(async (work) => void order.push('order' in work ? work.order : work.sliceId), ONE);
    await until(() => order.length === 4, 5000);
    expect(order).toEqual(['10', 'a', '11', '12']);
  });

  test('a failure that passes is tried again, one that cannot is not', async () => {
    const { producer, consumer } = await open();
    const runs: string[] = [];
    consumer.consumeOrders(async (work) => {
      if (!('order' in work)) return;
      runs.push(work.order);
      if (work.order === 'bad') throw new UnrecoverableError('the key is missing');
      if (runs.filter((order) => order === work.order).length === 1) throw new Error('the database is away');
    }, ONE);
    await producer.add([registration('bad')], FAST);
    await producer.add([registration('good')], FAST);
    await until(async () => (await producer.jobState(registration('good'))) === 'completed', 10_000);
    expect(await producer.jobState(registration('bad'))).toBe('failed');
    expect(runs.sort()).toEqual(['bad', 'good', 'good']);
  });

  test('what is no work of its queue fails for good and holds nothing up', async () => {
    const { producer, consumer } = await open();
    const { [QUEUE_NAMES.adiOrders]: orders, [QUEUE_NAMES.adiEvents]: events } = producer.queues;
    await orders.add('by hand', { order: 12 }, { jobId: 'by-hand', attempts: 5 });
    await events.add('by hand', registration('r'), { jobId: 'by-hand', attempts: 5 });
    await producer.add([registration('a'), event('b')], FAST);
    const taken: Work[] = [];
    consumer.consumeOrders(async (work) => void taken.push(work), ONE);
    consumer.consumeEvents(async (work) => void taken.push(work), ONE);
    await until(() => taken.length === 2, 5000);
    await until(async () => (await orders.getJobState('by-hand')) === 'failed', 5000);
    await until(async () => (await events.getJobState('by-hand')) === 'failed', 5000);
    // Says what both kinds of work lack.
    expect((await orders.getJob('by-hand'))?.failedReason).toMatch(
      /^unreadable payload: .*batchId.* or .*purchaseOrder/s,
    );
    expect((await events.getJob('by-hand'))?.failedReason).toMatch(/^unreadable payload: .*event/s);
  });

  test('watchers hear of orders too, also of what ends at once', async () => {
    const { producer, consumer } = await open();
    const heard: string[] = [];
    producer.watchProgress(({ job, created }) => void heard.push(`${job} ${created}`));
    consumer.consumeOrders(async (work, { reportProgress }) => {
      if ('order' in work) reportProgress({ batchId: '7', job: work.order, created: 3, quantity: 4 });
    }, ONE);
    // The reader hears only what comes after its start.
    let next = 0;
    const add = async () => {
      await producer.add([registration(`order${next++}`)], FAST);
      return heard.length > 0;
    };
    await until(add, 15_000);
    expect(heard[0]).toMatch(/^order\d+ 3$/);
  });

  test('finished queue jobs are kept, but not for ever', async () => {
    const { producer, consumer } = await open();
    const total = 1600;
    await producer.add(
      Array.from({ length: total }, (_, i) => event(`e${i}`)),
      { timeoutMs: 20_000 },
    );
    let taken = 0;
    consumer.consumeEvents(async () => void taken++, { concurrency: 4 });
    await until(() => taken === total, 30_000);
    const counts = () => producer.counts(QUEUE_NAMES.adiEvents);
    await until(async () => (await counts()).active === 0, 5000);
    const { completed = 0 } = await counts();
    expect(completed).toBeGreaterThanOrEqual(1000);
    expect(completed).toBeLessThan(1400);
  });
});
