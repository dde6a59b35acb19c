import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findEvent } from '@codemint/db';
import { QUEUE_NAMES } from '@codemint/shared';
import { type AppProcess, startAppProcess } from '../../../tests/support/appProcess';
import { describeBackends, LOCAL_BACKENDS } from '../../../tests/support/backends';
import { checkDatabase } from '../../../tests/support/checkDatabase';
import { until } from '../../../tests/support/until';
import { enqueue, Workshop, work } from './support';

describeBackends('a worker process with work of orders', LOCAL_BACKENDS, (start) => {
  const folder = mkdtempSync(join(tmpdir(), 'codemint-killed-test-'));
  let workshop: Workshop;
  let worker: AppProcess | undefined;
  beforeEach(async () => {
    workshop = await Workshop.open(start);
  });
  afterEach(async () => {
    await worker?.stop();
    await workshop.close();
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function startWorker(): AppProcess {
    const { connectionString, redisUrl } = workshop.backend;
    worker = startAppProcess('worker', 'worker', folder, {
      PATH: process.env.PATH ?? '',
      DATABASE_URL: connectionString,
      CODEMINT_MASTER_KEYS: workshop.masterKeys,
      CODEMINT_ADMIN_TOKEN: 'of no use for a worker',
      ...(redisUrl === undefined ? {} : { REDIS_URL: redisUrl }),
    });
    return worker;
  }

  /** An order of the id A and an event of it, both held up by locks until `release`. */
  async function heldUp() {
    const order = await workshop.order({ codes: { kind: 'supplied', ids: ['A'] } });
    const event = await workshop.event(order.id, { numbers: [0] });
    if (order.registration === null) throw new Error('the order has no ids');
    const holder = await workshop.database.pool.connect();
    await holder.query('BEGIN');
    await holder.query('SELECT 1 FROM namespace FOR UPDATE');
    await holder.query('SELECT 1 FROM adi_order_event FOR UPDATE');
    const release = async () => {
      await holder.query('COMMIT');
      holder.release();
    };
    return { order, event, registration: order.registration, release };
  }

  test('that is killed leaves its registration and event to others', async () => {
    const { queue } = workshop.context();
    const { order, event, registration, release } = await heldUp();
    const killed = startWorker();
    await enqueue(queue, [registration, event]);
    await until('both run', 20_000, async () => {
      const counts = await Promise.all([
        queue.counts(QUEUE_NAMES.adiOrders),
        queue.counts(QUEUE_NAMES.adiEvents),
      ]);
      return counts.every(({ active }) => active === 1);
    });
    killed.signal('SIGKILL');
    expect(await killed.ended).toBe('SIGKILL');
    await release();
    work(workshop.context());
    expect(await workshop.untilOrder(order.id, 40_000)).toMatchObject({ created: 1, refused: null });
    const found = async () => findEvent(workshop.database.pool, order.id, event.event);
    await until('the event is completed', 40_000, async () => (await found())?.state === 'completed');
    expect((await found())?.isFailed).toBe(false);
    await checkDatabase(workshop.backend.connectionString);
  });

  test('that is told to stop ends them first, and itself by itself', async () => {
    const { queue } = workshop.context();
    const { order, registration, release } = await heldUp();
    const stopped = startWorker();
    await enqueue(queue, [registration]);
    await until('it runs', 20_000, async () => (await queue.counts(QUEUE_NAMES.adiOrders)).active === 1);
    stopped.signal('SIGTERM');
    await until('it stops', 10_000, () => stopped.log().includes('stopping'));
    await release();
    expect(await stopped.ended).toBe(0);
    expect(stopped.log()).toMatch(/"msg":"stopped"\}\n$/);
    expect(await workshop.storedOrder(order.id)).toMatchObject({ state: 'completed', created: 1 });
    expect(await queue.jobState(registration)).toBe('completed');
  });
});
