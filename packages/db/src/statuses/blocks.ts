/** What a code is used for; generated ones are `unassigned` until they are set to something else. */
export type CodeStatus = 'unassigned' | 'reserved' | 'assigned' | 'encoded';

/** Positions of a batch that share their rows of statuses. */
export const BLOCK_SIZE = 10_000;

/** Positions side by side within one block. */
export interface Run {
  from: number;
  /** Behind the last. */
  to: number;
}

/** Positions in any order as runs, ascending. */
export function runsOf(places: readonly number[]): Run[] {
  const runs: Run[] = [];
  let run: Run | undefined;
  for (const place of Float64Array.from(places).sort()) {
    if (run !== undefined && (place < run.to || (place === run.to && place % BLOCK_SIZE !== 0))) {
      run.to = place + 1;
    } else {
      run = { from: place, to: place + 1 };
      runs.push(run);
    }
  }
  return runs;
}

/** Numbers as Postgres reads an array, in one go: the driver writes one by one, which counts with a million. */
export function arrayOf(numbers: readonly (number | bigint)[]): string {
  return `{${numbers.join()}}`;
}
