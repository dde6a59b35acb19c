import { QUEUE_NAMES } from '@codemint/shared';
import { describeBackends, event, Openings, registration, slice, until } from './support';

const FAST = { timeoutMs: 5000 };

describeBackends('emptying the queues', (kind) => {
  const openings = new Openings();
  afterEach(() => openings.close());

  test('all jobs are gone, those that are held too, and consumers go on', async () => {
    const place = await openings.place(kind);
    const producer = openings.backend(place);
    const consumer = openings.backend(place, 'consumer');
    const taken: string[] = [];
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const take = async ({ sliceId }: { sliceId: string }) => {
      taken.push(sliceId);
      if (sliceId === '2') await held;
    };
    consumer.consumeSlices(take, { concurrency: 1 });
    await producer.add([slice(1)], FAST);
    await until(async () => (await producer.jobState(slice(1))) === 'completed', 5000);
    await producer.add([slice(2), slice(3), registration('a'), event('b')], FAST);
    await until(() => taken.length === 2, 5000);

    await producer.empty();
    for (const name of Object.values(QUEUE_NAMES)) {
      const counts = Object.values(await producer.counts(name));
      expect(counts.every((count) => count === 0)).toBe(true);
    }
    release();
    // One that was done before would swallow another of the same number.
    await producer.add([slice(1)], FAST);
    await until(() => taken.length === 3, 15_000);
    expect(taken).toEqual(['1', '2', '1']);
  });
});
