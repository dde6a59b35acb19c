import { UnavailableError } from '@codemint/shared';
import { Turns } from '../src/connection/turns';

/** Work that ends when it is told to. */
function open(): { done: Promise<void>; end: () => void } {
  let end: () => void = () => undefined;
  const done = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { done, end };
}

describe('turns', () => {
  it('of one name come one after the other, in the order of asking', async () => {
    const turns = new Turns(10_000);
    const log: string[] = [];
    const works = [1, 2, 3].map((n) =>
      turns.take(['a'], async () => {
        log.push(`${n} begins`);
        await new Promise((resolve) => setImmediate(resolve));
        log.push(`${n} ends`);
        return n;
      }),
    );
    expect(await Promise.all(works)).toEqual([1, 2, 3]);
    expect(log).toEqual(['1 begins', '1 ends', '2 begins', '2 ends', '3 begins', '3 ends']);
  });

  it('of other names do not wait', async () => {
    const turns = new Turns(10_000);
    const { done, end } = open();
    const first = turns.take(['a', 'c'], () => done);
    expect(await turns.take(['b'], async () => 'at once')).toBe('at once');
    end();
    await first;
  });

  it('go on after work that failed', async () => {
    const turns = new Turns(10_000);
    const failing = turns.take(['a'], () => Promise.reject(new Error('broken')));
    const next = turns.take(['a'], async () => 'next');
    await expect(failing).rejects.toThrow('broken');
    expect(await next).toBe('next');
  });

  it('are given up after the limit, and those behind still wait for the one before', async () => {
    const turns = new Turns(20);
    const { done, end } = open();
    let isRunning = true;
    const first = turns.take(['a'], async () => {
      await done;
      isRunning = false;
    });
    await expect(turns.take(['b', 'a'], async () => 'never')).rejects.toThrow(UnavailableError);
    expect(await turns.take(['b'], async () => 'free')).toBe('free');
    const last = turns.take(['a'], async () => isRunning);
    end();
    await first;
    expect(await last).toBe(false);
  });

  it('for several names at once do not block one another for ever', async () => {
    const turns = new Turns(10_000);
    const works = Array.from({ length: 50 }, (_, i) =>
      turns.take(i % 2 === 0 ? ['a', 'b'] : ['a', 'a', 'c'], async () => i),
    );
    expect(await Promise.all(works)).toHaveLength(50);
  });
});
