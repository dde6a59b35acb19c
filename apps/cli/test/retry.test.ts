import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { failEvent, failOrder, failSlice } from '@codemint/db';
import { describeBackends, LOCAL_BACKENDS } from '../../../tests/support/backends';
import { checkDatabase } from '../../../tests/support/checkDatabase';
import { until } from '../../../tests/support/until';
import { type AcceptedJob, SLICE_SIZE, Workshop, work } from '../../worker/test/support';
import { codemint, type Outcome } from './support';

describeBackends('codemint retry', LOCAL_BACKENDS, (start) => {
  let workshop: Workshop;
  beforeEach(async () => {
    workshop = await Workshop.open(start);
  });
  afterEach(() => workshop.close());

  function environment(): Record<string, string> {
    const { connectionString, redisUrl = '' } = workshop.backend;
    return { DATABASE_URL: connectionString, REDIS_URL: redisUrl };
  }

  const retry = (...args: string[]): Promise<Outcome> => codemint(environment(), 'retry', ...args);

  /** A job of three slices of which two have failed. */
  async function failedJob(): Promise<AcceptedJob> {
    const job = await workshop.accept({ quantity: 3 * SLICE_SIZE });
    for (const { sliceId } of job.sliceJobs.slice(1)) {
      await failSlice(workshop.database.pool, BigInt(sliceId), 'broken');
    }
    return job;
  }

  test('puts what failed of a job into the queue, once', async () => {
    const job = await failedJob();
    expect(await retry(job.id)).toEqual({ code: 0, out: 'Tried again: 2 slices to be made.\n', err: '' });
    const { queue } = workshop.context();
    const states = job.sliceJobs.map((slice) => queue.jobState({ ...slice, attempt: 1 }));
    expect(await Promise.all(states)).toEqual(['missing', 'prioritized', 'prioritized']);
    expect(await workshop.batch(job.batchId)).toMatchObject({ status: 'in_progress', error_message: null });
    expect(await retry(job.id)).toEqual({
      code: 1,
      out: '',
      err: `codemint: Nothing of "${job.id}" has failed: there is nothing to try again.\n`,
    });
  });

  test('ends orders and events', async () => {
    const order = await workshop.order({ codes: { kind: 'supplied', ids: ['A', 'B'] } });
    await failOrder(workshop.database.pool, order.id, 'broken');
    const { event } = await workshop.event(order.id);
    await failEvent(workshop.database.pool, event, 'broken');
    expect(await retry(order.id)).toMatchObject({ code: 0, out: 'Tried again: its ids to be registered.\n' });
    const answer = await retry(event, '--json');
    expect(answer.code).toBe(0);
    expect(JSON.parse(answer.out)).toEqual({
      slices: 0,
      registrations: 0,
      events: 1,
      unsettled: 0,
      queued: true,
    });
    work(workshop.context());
    await workshop.untilOrder(order.id);
    await until('the event has ended', 10_000, async () => {
      const [stored] = await workshop.database.prisma.adi_order_event.findMany();
      return stored?.status === 'complete';
    });
  });

  test('an id that is none is refused', async () => {
    const { code, out, err } = await retry('00000000-0000-4000-8000-000000000000');
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toBe('codemint: There is no job, order or event "00000000-0000-4000-8000-000000000000".\n');
  });

  test('without the queue the work is found all the same', async () => {
    const job = await failedJob();
    const away = { ...environment(), REDIS_URL: 'redis://127.0.0.1:1' };
    const { code, out, err } = await codemint(away, 'retry', job.id);
    expect({ code, out }).toEqual({ code: 0, out: 'Tried again: 2 slices to be made.\n' });
    expect(err).toMatch(
      /^The queue cannot be reached \(.+\): workers will find the work within 30 seconds\.\n$/,
    );
    expect(await workshop.batch(job.batchId)).toMatchObject({ status: 'in_progress', open_slices: 3 });
  });

  test('works on the local stack', async () => {
    const job = await failedJob();
    const folder = mkdtempSync(join(tmpdir(), 'codemint-retry-'));
    try {
      const { DATABASE_URL: connectionString, REDIS_URL = '' } = environment();
      writeFileSync(join(folder, 'stack.json'), JSON.stringify({ connectionString }));
      const { code } = await codemint({ CODEMINT_DATA_DIR: folder, REDIS_URL }, 'retry', job.id);
      expect(code).toBe(0);
      const context = workshop.context();
      await context.queue.add(job.sliceJobs.slice(0, 1), { timeoutMs: 10_000 });
      work(context);
      await workshop.untilBatch(job.batchId, 'complete');
      await checkDatabase(workshop.backend.connectionString);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
