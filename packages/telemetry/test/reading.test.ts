import { setTimeout as delay } from 'node:timers/promises';
import { Reading } from '../src/metrics/reading';

describe('a reading', () => {
  /** What is read next comes when it is told to. */
  class Source {
    readonly asked: { answer: (value: number) => void; fail: (error: Error) => void }[] = [];
    readonly read = () =>
      new Promise<number>((answer, fail) => {
        this.asked.push({ answer, fail });
      });
  }

  test('is made once for all who ask meanwhile, and kept for a while', async () => {
    const source = new Source();
    const reading = new Reading(source.read, { keptMs: 60_000, limitMs: 60_000 });
    const asked = [reading.get(), reading.get(), reading.get()];
    source.asked[0]?.answer(7);
    expect(await Promise.all(asked)).toEqual([7, 7, 7]);
    expect(await reading.get()).toBe(7);
    expect(source.asked).toHaveLength(1);
  });

  test('is made anew when it is old', async () => {
    let value = 0;
    const reading = new Reading(async () => ++value, { keptMs: 0, limitMs: 60_000 });
    expect([await reading.get(), await reading.get()]).toEqual([1, 2]);
  });

  test('that hangs holds nobody up, is not begun a second time, and serves whoever asks when it is there', async () => {
    const source = new Source();
    const reading = new Reading(source.read, { keptMs: 60_000, limitMs: 5 });
    expect([await reading.get(), await reading.get()]).toEqual([undefined, undefined]);
    expect(source.asked).toHaveLength(1);
    source.asked[0]?.answer(7);
    await delay(0);
    expect(await reading.get()).toBe(7);
  });

  test('that fails is none, and tried again', async () => {
    const source = new Source();
    const reading = new Reading(source.read, { keptMs: 60_000, limitMs: 60_000 });
    const failing = reading.get();
    source.asked[0]?.fail(new Error('away'));
    expect(await failing).toBeUndefined();
    const better = reading.get();
    source.asked[1]?.answer(7);
    expect(await better).toBe(7);
  });
});
