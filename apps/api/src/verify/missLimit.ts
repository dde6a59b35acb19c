import type { Client } from '@codemint/db';
import { TooManyRequestsError } from '../http/errors';
import { SharedCount } from '../limits/sharedCount';

/**
 * Well-formed codes that were not issued, for each account in an hour: ten requests of nothing else. A dock that scans
 * the wrong pallets survives that; where one in 10,000 guesses would be right a guesser finds ten codes an hour.
 */
export const MISSES_AN_HOUR = 100_000;

const HOUR_MS = 3_600_000;

/**
 * Counts each account's misses among the codes that it asks for, over all processes. One with too many is told nothing
 * until its hour is over, hits neither.
 */
export class MissLimit {
  readonly #misses: SharedCount;

  constructor(client: Client) {
    this.#misses = new SharedCount(client, { name: 'codes', limit: MISSES_AN_HOUR, windowMs: HOUR_MS });
  }

  /** Spares the work for a caller who is known to have missed too often. @throws TooManyRequestsError */
  require(caller: string): void {
    refuseFor(this.#misses.waitSeconds(caller));
  }

  /**
   * Counts the misses of a request, before it is answered: of many requests at a time only one passes the limit.
   * @throws TooManyRequestsError when the limit had been reached before
   */
  async count(caller: string, misses: number): Promise<void> {
    refuseFor(await this.#misses.count(caller, misses));
  }
}

function refuseFor(waitSeconds: number): void {
  if (waitSeconds === 0) return;
  throw new TooManyRequestsError(
    `More than ${MISSES_AN_HOUR} codes that were asked for within an hour were not issued. Try again later.`,
    waitSeconds,
  );
}
