import { type Client, countPoints } from '@codemint/db';
import { UnavailableError } from '@codemint/shared';
import { TooManyRequestsError } from '../http/errors';

const SECOND_MS = 1_000;

/** A process takes this share of a second's requests at a time, and what it does not use up is lost to the others. */
const SHARE = 20;

/** A database that does not answer must not keep a request waiting that could be told so. */
const MAX_WAIT_MS = 2_000;

/** Tokens that were heard of long ago are forgotten when there are so many. */
const MOST_KEPT = 10_000;

interface Waiting {
  go(): void;
  refuse(reason: unknown): void;
}

/** A token's second, as far as this process knows. */
interface Second {
  /** In terms of `performance.now()`; never later than in the database. */
  endMs: number;
  /** Requests that may still be served here. */
  left: number;
  /** All are given out, here or elsewhere. */
  isSpent: boolean;
  isAsking: boolean;
  waiting: Waiting[];
}

/**
 * Limits the requests of each token in a second, over all processes of the API: never more are let pass. A process asks
 * the database for a twentieth of them at a time, so most requests cost nothing.
 */
export class RequestRate {
  readonly #seconds = new Map<string, Second>();

  /** @param limit in a second; 0 for none */
  constructor(
    private readonly client: Client,
    private readonly limit: number,
  ) {}

  /**
   * Refuses a token that is known here to have none left, without asking anybody.
   * @throws TooManyRequestsError
   */
  requireSome(tokenId: string): void {
    const second = this.#seconds.get(tokenId);
    if (second !== undefined && isSpent(second)) throw this.#refusal(second);
  }

  /**
   * Counts a request.
   * @throws TooManyRequestsError; UnavailableError, or what the database throws, when it is away
   */
  async take(tokenId: string): Promise<void> {
    if (this.limit === 0) return;
    const second = this.#secondOf(tokenId);
    if (isSpent(second)) throw this.#refusal(second);
    if (second.left > 0 && performance.now() < second.endMs) {
      second.left--;
      return;
    }
    await this.#turn(tokenId, second);
  }

  #secondOf(tokenId: string): Second {
    const kept = this.#seconds.get(tokenId);
    if (kept !== undefined) return kept;
    if (this.#seconds.size >= MOST_KEPT) this.#forgetPast();
    const second = { endMs: 0, left: 0, isSpent: false, isAsking: false, waiting: [] };
    this.#seconds.set(tokenId, second);
    return second;
  }

  #forgetPast(): void {
    const now = performance.now();
    for (const [tokenId, { endMs, isAsking }] of this.#seconds) {
      if (endMs < now && !isAsking) this.#seconds.delete(tokenId);
    }
  }

  #turn(tokenId: string, second: Second): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new UnavailableError('the limits cannot be read')), MAX_WAIT_MS);
      const settle = (settled: () => void) => {
        clearTimeout(timer);
        settled();
      };
      second.waiting.push({
        go: () => settle(resolve),
        refuse: (reason) => settle(() => reject(reason)),
      });
      if (!second.isAsking) void this.#serve(tokenId, second);
    });
  }

  /** Asks until nobody waits. Whoever waited when it asked is served by the answer, so nobody waits for two. */
  async #serve(tokenId: string, second: Second): Promise<void> {
    second.isAsking = true;
    while (second.waiting.length > 0) {
      const served = second.waiting;
      second.waiting = [];
      try {
        await this.#ask(tokenId, second, served);
      } catch (error) {
        for (const { refuse } of served) refuse(error);
      }
    }
    second.isAsking = false;
  }

  async #ask(tokenId: string, second: Second, served: readonly Waiting[]): Promise<void> {
    const { limit } = this;
    const points = Math.max(Math.floor(limit / SHARE), served.length);
    const askedMs = performance.now();
    const counting = { key: `requests ${tokenId}`, points, windowMs: SECOND_MS, limit };
    const { before, leftMs } = await countPoints(this.client, counting);
    const granted = Math.min(Math.max(limit - before, 0), points);
    second.endMs = askedMs + leftMs;
    second.isSpent = before + points >= limit;
    second.left = Math.max(granted - served.length, 0);
    for (const { go } of served.slice(0, granted)) go();
    for (const { refuse } of served.slice(granted)) refuse(this.#refusal(second));
  }

  #refusal({ endMs }: Second): TooManyRequestsError {
    const seconds = Math.max(1, Math.ceil((endMs - performance.now()) / SECOND_MS));
    return new TooManyRequestsError(
      `A token may send ${this.limit} requests a second, and this one has sent them: try again in ${seconds} s.`,
      seconds,
    );
  }
}

function isSpent({ isSpent: wasSpent, left, endMs }: Second): boolean {
  return wasSpent && left === 0 && performance.now() < endMs;
}
