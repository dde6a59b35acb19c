import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import { TooManyRequestsError } from '../http/errors';

/**
 * Well-formed codes that were not issued, for each account in an hour: ten requests of nothing else. A dock that scans
 * the wrong pallets survives that; where one in 10,000 guesses would be right a guesser finds ten codes an hour.
 */
export const MISSES_AN_HOUR = 100_000;

const HOUR_SECONDS = 3_600;

/**
 * Counts each account's misses among the codes that it asks for. One with too many is told nothing until its hour is
 * over, hits neither. Each process counts for itself.
 */
export class MissLimit {
  readonly #limiter = new RateLimiterMemory({ points: MISSES_AN_HOUR, duration: HOUR_SECONDS });

  /** @throws TooManyRequestsError when the caller has missed too often */
  async require(caller: string): Promise<void> {
    const counted = await this.#limiter.get(caller);
    if (counted !== null && counted.consumedPoints >= MISSES_AN_HOUR) throw tooMany(counted);
  }

  /**
   * Counts the misses of a request, before it is answered: of many requests at a time only one passes the limit.
   * @throws TooManyRequestsError when others have reached the limit meanwhile
   */
  async count(caller: string, misses: number): Promise<void> {
    if (misses === 0) return await this.require(caller);
    // It refuses what passes the limit by rejecting, with the same value.
    const counted = await this.#limiter.consume(caller, misses).catch((refused: RateLimiterRes) => refused);
    if (counted.consumedPoints - misses >= MISSES_AN_HOUR) throw tooMany(counted);
  }
}

function tooMany({ msBeforeNext }: RateLimiterRes): TooManyRequestsError {
  return new TooManyRequestsError(
    `More than ${MISSES_AN_HOUR} codes that were asked for within an hour were not issued. Try again later.`,
    Math.max(1, Math.ceil(msBeforeNext / 1_000)),
  );
}
