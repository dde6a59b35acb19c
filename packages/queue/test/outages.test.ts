import { QUEUE_NAMES, UnavailableError } from '@codemint/shared';
import type { Worker } from 'bullmq';
import { startTcpProxy } from '../../../tests/support/tcpProxy';
import type { Consumer, QueueBackend } from '../src/index';
import {
  describeBackends,
  event,
  Openings,
  type Place,
  progress,
  registration,
  type Server,
  slice,
  startServer,
  until,
} from './support';

const SOON = { timeoutMs: 500 };
const PATIENT = { timeoutMs: 10_000 };

/** What a call that should fail does: the error and how long it took. */
async function failure(call: Promise<unknown>): Promise<{ error: unknown; tookMs: number }> {
  const startedAt = Date.now();
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return { error, tookMs: Date.now() - startedAt };
}

async function expectUnavailable(call: Promise<unknown>, withinMs: number): Promise<void> {
  const { error, tookMs } = await failure(call);
  expect(error).toBeInstanceOf(UnavailableError);
  expect(tookMs).toBeLessThan(withinMs);
}

/** Until the backend takes a new slice: it is back when it does. */
async function addWhenBack(producer: QueueBackend, sliceId: number, limitMs: number): Promise<void> {
  const add = () =>
    producer.add([slice(sliceId)], SOON).then(
      () => true,
      () => false,
    );
  await until(add, limitMs);
}

describeBackends('a queue that goes away', (kind) => {
  const openings = new Openings();
  let server: Server;
  let place: Place;

  beforeEach(async () => {
    ({ server, place } = await startServer(kind));
  });
  afterEach(async () => {
    server.thaw();
    await openings.close();
    await server.stop();
  });

  test('opened while the server is away, it works as soon as the server comes', async () => {
    await server.crash();
    const producer = openings.backend(place);
    const taken: string[] = [];
    openings
      .backend(place, 'consumer')
      .consumeSlices(async (job) => void taken.push(job.sliceId), { concurrency: 2 });
    const heard: number[] = [];
    producer.watchProgress((message) => void heard.push(message.created));
    await expectUnavailable(producer.add([slice(1)], SOON), 900);
    await expectUnavailable(producer.ping(), 1500);
    await server.restart();
    await addWhenBack(producer, 2, 5000);
    await until(() => taken.includes('2'), 5000);
    await producer.ping();
  });

  test('a crash with a slice running and others to come leaves all working afterwards', async () => {
    const producer = openings.backend(place);
    const taken: string[] = [];
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const processor = async (job: { sliceId: string }) => {
      taken.push(job.sliceId);
      if (job.sliceId === '1') await released;
    };
    openings.backend(place, 'consumer').consumeSlices(processor, { concurrency: 2 });
    await producer.add([slice(1)], PATIENT);
    await until(() => taken.length === 1, 5000);

    await server.crash();
    await expectUnavailable(producer.add([slice(2)], SOON), 900);
    await expectUnavailable(producer.ping(), 1500);
    await server.restart();
    release();

    await addWhenBack(producer, 3, 5000);
    await until(() => taken.includes('3'), 5000);
    if (kind === 'postgres') {
      await until(async () => (await producer.jobState(slice(1))) === 'completed', 30_000);
    }
    // Clients tried again dozens of times; each of the two backends tells of it once or, while it flaps, twice.
    expect(openings.messages.length).toBeLessThanOrEqual(10);
    expect(openings.messages).toContain('the queue is away');
    expect(openings.messages).toContain('the queue is back');
  });

  test('an idle consumer and a watcher go on after a crash', async () => {
    const producer = openings.backend(place);
    const heard: number[] = [];
    producer.watchProgress((message) => void heard.push(message.created));
    let reported = 0;
    openings.backend(place, 'consumer').consumeSlices(
      async (_job, { reportProgress }) => {
        reported += 1;
        reportProgress(progress(reported, { batchId: String(reported) }));
      },
      { concurrency: 1 },
    );
    await producer.ping();
    await server.crash();
    await server.restart();
    await addWhenBack(producer, 1, 5000);
    await until(() => reported > 0, 5000);
    let next = 2;
    const report = async () => {
      await producer.add([slice(next++)], PATIENT);
      return heard.length > 0;
    };
    await until(report, 15_000);
  });

  test('a server that stands still makes nobody wait longer than the limit', async () => {
    const producer = openings.backend(place);
    await producer.add([slice(1)], PATIENT);
    server.freeze();
    const openedMeanwhile = openings.backend(place);
    await Promise.all([
      expectUnavailable(producer.add([slice(2)], SOON), 900),
      expectUnavailable(producer.ping(), 1500),
      expectUnavailable(producer.jobState(slice(1)), 2900),
      expectUnavailable(producer.counts(QUEUE_NAMES.adiOrders), 2900),
      expectUnavailable(openedMeanwhile.add([slice(2)], SOON), 900),
    ]);
    server.thaw();
    await addWhenBack(producer, 3, 5000);
    await addWhenBack(openedMeanwhile, 4, 10_000);
  });

  test('closing ends in time, whatever has become of the server', async () => {
    const open = () => {
      const producer = openings.backend(place);
      const consumer = openings.backend(place, 'consumer');
      let started = false;
      const processor = async () => {
        started = true;
      };
      consumer.consumeSlices(processor, { concurrency: 2 });
      producer.watchProgress(() => undefined);
      return { producer, consumer, isBusy: () => started };
    };
    const close = async ({ producer, consumer }: ReturnType<typeof open>, withinMs: number) => {
      const { error, tookMs } = await failure(Promise.all([producer.close(), consumer.close()]));
      expect(error).toBeUndefined();
      expect(tookMs).toBeLessThan(withinMs);
    };
    for (const [sliceId, harm] of (['freeze', 'crash'] as const).entries()) {
      const opened = open();
      await opened.producer.add([slice(sliceId)], PATIENT);
      await until(opened.isBusy, 5000);
      await server[harm]();
      await close(opened, 8000);
      server.thaw();
    }
    await close(open(), 4000);
  });

  test('a worker that takes nothing is replaced, whatever the reason and whatever it is that waits', async () => {
    const producer = openings.backend(place);
    const taken: string[] = [];
    const isTaken = (what: string) => taken.lastIndexOf(what) > 2;

    // Of these nothing comes back any more, though they stay open.
    const proxy = await startTcpProxy(place.redisUrl ?? place.databaseUrl);
    openings.onClose(() => proxy.stop());
    const far = kind === 'redis' ? { ...place, redisUrl: proxy.url } : { databaseUrl: proxy.url };
    const stranded = openings.backend(far, 'consumer');
    stranded.consumeSlices(async (job) => void taken.push(job.sliceId), { concurrency: 2 });

    // The next try of a job is due.
    const near = openings.backend(place, 'consumer');
    const orders = near.consumeOrders(
      async () => {
        taken.push('try');
        if (!isTaken('try')) throw new Error('this passes');
      },
      { concurrency: 1 },
    );
    // One hangs, but there is room for another beside it.
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const events = near.consumeEvents(
      async (job) => {
        taken.push(job.event);
        if (job.event === 'hangs') await released;
      },
      { concurrency: 2 },
    );

    await producer.add([slice(1), registration('a'), event('hangs')], PATIENT);
    await until(() => taken.length === 3, 5000);
    proxy.strand();
    void pause(events);
    await pause(orders);
    await producer.add([slice(2), event('waits')], PATIENT);
    await until(() => isTaken('2') && isTaken('try') && isTaken('waits'), 40_000);
    expect(openings.messages).toContain('jobs wait but none is taken: the queue worker is replaced');
    expect(near.isSilent).toBe(false);
    release();
    await stranded.ping();
  });
});

/** Makes the worker inside fall silent, as some failovers do; fulfilled when it has ended what it is at. */
async function pause<Payload>(consumer: Consumer<Payload>): Promise<void> {
  await (consumer as unknown as { worker: Worker }).worker.pause();
}
