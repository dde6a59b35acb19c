import { createHmac, randomBytes } from 'node:crypto';
import { RateLimiterMemory } from 'rate-limiter-flexible';

/** So many misses a minute may be typing errors or old links. */
const MISSES = 30;
const WINDOW_SECONDS = 60;
/** From the first miss too many on. */
const BLOCKED_SECONDS = 60;

/**
 * Counts each address's misses among short links. One with too many is told nothing for a while, hits neither: whoever
 * guesses learns nothing. Each process counts for itself.
 */
export class GuessLimit {
  readonly #limiter = new RateLimiterMemory({
    points: MISSES,
    duration: WINDOW_SECONDS,
    blockDuration: BLOCKED_SECONDS,
  });
  readonly #salt = randomBytes(32);

  /** How long a caller has to wait; 0 if he need not. */
  async waitSeconds(bucket: number): Promise<number> {
    const counted = await this.#limiter.get(bucket);
    if (counted === null || counted.consumedPoints <= MISSES) return 0;
    return Math.max(0, Math.ceil(counted.msBeforeNext / 1_000));
  }

  async countMiss(bucket: number): Promise<void> {
    // It refuses by rejecting; `waitSeconds` says so as well.
    await this.#limiter.consume(bucket).catch(() => undefined);
  }

  /**
   * Where an address is counted: one of 65,536 buckets that all share, so that memory is bounded whoever calls. The
   * salt keeps callers from choosing whose they share, and to fill those of all they would have to miss 30,000 times
   * a second.
   */
  bucketOf(address: string): number {
    return createHmac('sha256', this.#salt).update(ownerOf(address)).digest().readUInt16BE(0);
  }
}

/** Of an IPv6 address the first 64 bits: one caller has all that begin so (RFC 6177). */
function ownerOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!address.includes(':')) return address;
  const [before = '', after] = address.split('::');
  const groups = before === '' ? [] : before.split(':');
  const missing = after === undefined ? 0 : 8 - groups.length - after.split(':').length;
  return [...groups, ...new Array<string>(Math.max(0, missing)).fill('0')].slice(0, 4).join(':');
}
