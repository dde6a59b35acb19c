import type { Client } from '@codemint/db';
import { SharedCount } from '../limits/sharedCount';

/** So many misses a minute may be typing errors or old links. */
const MISSES = 30;
const WINDOW_MS = 60_000;
/** From the first miss too many on. */
const BLOCK_MS = 60_000;

/**
 * Counts each address's misses among short links, over all processes. One with too many is told nothing for a while, hits
 * neither: whoever guesses learns nothing. A hit costs no question to the database, so a process goes on to answer hits
 * of an address that others have blocked until it misses there too: at most one miss more for each process.
 */
export class GuessLimit {
  readonly #misses: SharedCount;

  /** @param bucketOf where an address is counted */
  constructor(
    client: Client,
    readonly bucketOf: (address: string | undefined) => string,
  ) {
    const rules = { name: 'links', limit: MISSES, windowMs: WINDOW_MS, blockMs: BLOCK_MS };
    this.#misses = new SharedCount(client, rules);
  }

  /** How long a caller has to wait; 0 if he need not. */
  waitSeconds(bucket: string): number {
    return this.#misses.waitSeconds(bucket);
  }

  /** Counts a miss. @returns how long the caller has to wait before he is told of it; 0 if he may be told */
  countMiss(bucket: string): Promise<number> {
    return this.#misses.count(bucket, 1);
  }
}
