import { CHARACTER_SETS, PoolCipher, type PoolDescriptor } from '@codemint/shared';
import type { Row } from './report';
import { median, timeMs } from './timing';

const CODES = 1_000_000;
const CHUNK = 10_000;
const RUNS = 5;

interface Case {
  set: keyof typeof CHARACTER_SETS;
  length: number;
  algorithm?: PoolDescriptor['algorithm'];
  leastPerSecond: number | undefined;
}

const CASES: Case[] = [
  { set: 'AN-47', length: 8, leastPerSecond: 1_500_000 },
  { set: 'alphanumeric', length: 8, leastPerSecond: undefined },
  { set: 'GS1-64w', length: 20, leastPerSecond: 400_000 },
  { set: 'numeric', length: 12, algorithm: 'ff1-aes256-sgtin96-1', leastPerSecond: undefined },
];

/** Codes a second of one thread, chunk by chunk as the workers make them. */
export async function benchGenerator(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { set, length, algorithm = 'ff1-aes256-1', leastPerSecond } of CASES) {
    const cipher = new PoolCipher(Buffer.alloc(32, 1), descriptor(CHARACTER_SETS[set], length, algorithm));
    const runs: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      runs.push(
        await timeMs(() => {
          for (let first = 0; first < CODES; first += CHUNK) cipher.encode(first, CHUNK);
        }),
      );
    }
    const perSecond = (CODES / median(runs)) * 1000;
    rows.push({
      what: `Generator, one thread, ${set} length ${length}${algorithm === 'ff1-aes256-1' ? '' : ', for SGTIN-96'}`,
      measured: `${millions(perSecond)} codes/s`,
      target: leastPerSecond === undefined ? '' : `≥ ${millions(leastPerSecond)} codes/s`,
      met: leastPerSecond === undefined ? undefined : perSecond >= leastPerSecond,
    });
  }
  return rows;
}

function descriptor(
  alphabet: string,
  length: number,
  algorithm: PoolDescriptor['algorithm'],
): PoolDescriptor {
  return {
    namespaceKind: 'sgtin',
    namespaceKey: '09312345551927',
    prefix: '',
    alphabet,
    length,
    suffix: '',
    keyVersion: 1,
    algorithm,
  };
}

function millions(value: number): string {
  return `${(value / 1e6).toFixed(2)}M`;
}
