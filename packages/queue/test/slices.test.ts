import { QUEUE_NAMES } from '@codemint/shared';
import { UnrecoverableError } from '../src/index';
import { describeBackends, Openings, progress, slice, until } from './support';

const FAST = { timeoutMs: 5000 };

describeBackends('slices', (kind) => {
  const openings = new Openings();
  afterEach(() => openings.close());

  async function open() {
    const place = await openings.place(kind);
    return { producer: openings.backend(place), consumer: openings.backend(place, 'consumer') };
  }

  test('a slice that is added is processed with its payload', async () => {
    const { producer, consumer } = await open();
    const taken: unknown[] = [];
    consumer.consumeSlices(async (job) => void taken.push(job), { concurrency: 2 });
    await producer.add([slice(1), slice(2, { ordinal: 1, referenceId: null })], FAST);
    await until(() => taken.length === 2, 5000);
    expect(taken).toEqual([slice(1), slice(2, { ordinal: 1, referenceId: null })]);
    await until(async () => (await producer.jobState(slice(2))) === 'completed', 5000);
    expect(await producer.jobState(slice(3))).toBe('missing');
  });

  test('the queue job is named for people and keeps its own id', async () => {
    const { producer } = await open();
    await producer.add([slice(12, { attempt: 3 })], FAST);
    const queue = producer.queues[QUEUE_NAMES.identifierJobs];
    const job = await queue.getJob('slice-12-3');
    expect(job?.name).toBe('Jon Demo 4');
    expect(job?.data).toEqual(slice(12, { attempt: 3 }));
    expect(await producer.counts(QUEUE_NAMES.identifierJobs)).toMatchObject({ prioritized: 1, active: 0 });
  });

  test('first slices of all batches come before later slices of any', async () => {
    const { producer, consumer } = await open();
    const big = [0, 1, 2, 3].map((ordinal) => slice(10 + ordinal, { ordinal }));
    await producer.add(big, FAST);
    await producer.add([slice(20, { batchId: '8' })], FAST);
    await producer.add([slice(31, { batchId: '9', ordinal: 1 })], FAST);
    const order: string[] = [];
    consumer.consumeSlices(async (job) => void order.push(job.sliceId), { concurrency: 1 });
    await until(() => order.length === 6, 5000);
    expect(order).toEqual(['10', '20', '11', '31', '12', '13']);
  });

  test('the same slice and attempt is queued once, the next attempt again', async () => {
    const { producer, consumer } = await open();
    await producer.add([slice(1), slice(1)], FAST);
    await producer.add([slice(1)], FAST);
    const taken: number[] = [];
    consumer.consumeSlices(async (job) => void taken.push(job.attempt), { concurrency: 1 });
    await until(async () => (await producer.jobState(slice(1))) === 'completed', 5000);
    await producer.add([slice(1), slice(1, { attempt: 1 })], FAST);
    await until(async () => (await producer.jobState(slice(1, { attempt: 1 }))) === 'completed', 5000);
    expect(taken).toEqual([0, 1]);
  });

  test('a failure that passes is tried again after a while', async () => {
    const { producer, consumer } = await open();
    const startedAt: number[] = [];
    const processor = async () => {
      startedAt.push(Date.now());
      if (startedAt.length === 1) throw new Error('the database is restarting');
    };
    consumer.consumeSlices(processor, { concurrency: 1 });
    await producer.add([slice(1)], FAST);
    await until(async () => (await producer.jobState(slice(1))) === 'completed', 10_000);
    expect(startedAt).toHaveLength(2);
    const [first = 0, second = 0] = startedAt;
    expect(second - first).toBeGreaterThanOrEqual(700);
  });

  test('what cannot pass is failed at once', async () => {
    const { producer, consumer } = await open();
    let runs = 0;
    const processor = async () => {
      runs += 1;
      throw new UnrecoverableError('the key is missing');
    };
    consumer.consumeSlices(processor, { concurrency: 1 });
    await producer.add([slice(1)], FAST);
    await until(async () => (await producer.jobState(slice(1))) === 'failed', 5000);
    expect(runs).toBe(1);
  });

  test('a payload that cannot be read fails for good and holds nothing up', async () => {
    const { producer, consumer } = await open();
    const queue = producer.queues[QUEUE_NAMES.identifierJobs];
    await queue.add('by hand', { sliceId: 12 }, { jobId: 'by-hand', attempts: 5 });
    await producer.add([slice(1)], FAST);
    const taken: string[] = [];
    consumer.consumeSlices(async (job) => void taken.push(job.sliceId), { concurrency: 1 });
    await until(async () => (await queue.getJobState('by-hand')) === 'failed', 5000);
    await until(() => taken.length === 1, 5000);
    expect((await queue.getJob('by-hand'))?.failedReason).toMatch(/^unreadable payload: .*batchId/s);
  });

  test('a consumer that closes stops its slices and gives them to another', async () => {
    const place = await openings.place(kind);
    const producer = openings.backend(place);
    const other = openings.backend(place, 'consumer');
    let started = false;
    const closing = openings.backend(place, 'consumer').consumeSlices(
      async (_job, { signal, giveBack }) => {
        started = true;
        await until(() => signal.aborted, 10_000);
        return giveBack();
      },
      { concurrency: 1 },
    );
    await producer.add([slice(1)], FAST);
    await until(() => started, 5000);
    await closing.close();
    expect(await producer.jobState(slice(1))).toBe('prioritized');
    other.consumeSlices(async () => undefined, { concurrency: 1 });
    await until(async () => (await producer.jobState(slice(1))) === 'completed', 5000);
    expect((await producer.queues[QUEUE_NAMES.identifierJobs].getJob('slice-1-0'))?.attemptsMade).toBe(1);
  });

  test('progress wakes watchers, at most four times a second, the last word included', async () => {
    const { producer, consumer } = await open();
    const heard: number[] = [];
    producer.watchProgress(() => {
      throw new Error('a broken listener disturbs nobody');
    });
    producer.watchProgress((message) => void heard.push(message.created));
    // The reader hears only what comes after its start, so the slice goes on until it has been heard.
    let reported = 0;
    consumer.consumeSlices(
      async (_job, { reportProgress }) => {
        const deadline = Date.now() + 15_000;
        const startedAt = Date.now();
        while ((heard.length < 3 || Date.now() < startedAt + 1000) && Date.now() < deadline) {
          reported += 1;
          reportProgress(progress(reported));
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
        expect(heard.length).toBeLessThanOrEqual(2 + (4 * (Date.now() - startedAt)) / 1000);
      },
      { concurrency: 1 },
    );
    await producer.add([slice(1)], FAST);
    await until(async () => (await producer.jobState(slice(1))) === 'completed', 20_000);
    await until(() => heard.at(-1) === reported, 5000);
    expect(heard.length).toBeLessThan(reported);
    expect(heard).toEqual([...heard].sort((a, b) => a - b));
  });
});
