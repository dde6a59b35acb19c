import type { Run } from '../statuses/blocks';

/** A chunk without its codes: positions from `from` on, below `to`, but for the holes. */
export interface ChunkOutline extends Run {
  /** Positions without a code, ascending. */
  holes: readonly number[];
}

export interface Found {
  /** Positions side by side whose codes are free, ascending; none of them goes over the end of a chunk. */
  runs: Run[];
  /** How many codes these are. */
  count: number;
  /** Where in the chunks the search ended: all free codes before are in the runs. */
  end: number;
}

/**
 * The first free codes among chunks.
 * @param chunks ascending
 * @param marked positions that are not free, ascending, none twice
 * @param from look at positions from here on
 * @param wanted at most so many codes, above 0
 */
export function findFree(
  chunks: readonly ChunkOutline[],
  marked: readonly Run[],
  from: number,
  wanted: number,
): Found {
  const runs: Run[] = [];
  let count = 0;
  let next = 0;
  for (const chunk of chunks) {
    let at = Math.max(from, chunk.from);
    let hole = 0;
    while (at < chunk.to) {
      while ((marked[next]?.to ?? Number.POSITIVE_INFINITY) <= at) next++;
      while ((chunk.holes[hole] ?? Number.POSITIVE_INFINITY) < at) hole++;
      const range = marked[next];
      if (range !== undefined && range.from <= at) at = range.to;
      else if (chunk.holes[hole] === at) at++;
      else {
        const until = Math.min(range?.from ?? chunk.to, chunk.holes[hole] ?? chunk.to, chunk.to);
        const to = Math.min(until, at + wanted - count);
        runs.push({ from: at, to });
        count += to - at;
        if (count === wanted) return { runs, count, end: to };
        at = to;
      }
    }
  }
  return { runs, count, end: Math.max(from, chunks.at(-1)?.to ?? from) };
}
