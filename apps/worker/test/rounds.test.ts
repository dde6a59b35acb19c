import { pino } from 'pino';
import { until } from '../../../tests/support/until';
import { startRounds } from '../src/rounds';

/** Longer than any test: a round that comes all the same was not waited for. */
const LONG_MS = 600_000;

describe('rounds', () => {
  let lines: { msg: string; reason: string }[];
  beforeEach(() => {
    lines = [];
  });
  const log = () => pino({ level: 'info' }, { write: (line: string) => lines.push(JSON.parse(line)) });

  test('go on whatever comes of one, and an outage is told once', async () => {
    let rounds = 0;
    const stop = startRounds(log(), 'mending', 1, async () => {
      rounds++;
      if (rounds !== 4) throw new Error(`no ${rounds}`);
    });
    await until('there are ten', 5_000, () => rounds >= 10);
    await stop();
    expect(lines.map(({ msg, reason }) => [msg, reason])).toEqual([
      ['mending failed, will go on trying', 'no 1'],
      ['mending failed, will go on trying', 'no 5'],
    ]);
  });

  test('end at once between two of them', async () => {
    let rounds = 0;
    const stop = startRounds(log(), 'mending', LONG_MS, async () => {
      rounds++;
    });
    await until('the first is done', 5_000, () => rounds === 1);
    await stop();
    expect(rounds).toBe(1);
  });

  test('end after one under way, which is told of it', async () => {
    let ended = false;
    const stop = startRounds(log(), 'mending', 1, async (signal) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      ended = true;
    });
    await stop();
    expect(ended).toBe(true);
  });
});
