import { createHash } from 'node:crypto';
import type { Client } from '@codemint/db';
import { TooManyRequestsError } from '../http/errors';
import { SharedCount } from './sharedCount';

/** Of an address in a minute: a client with a token that has ended tries about so often before somebody looks. */
const FAILURES = 100;
const WINDOW_MS = 60_000;
const BLOCK_MS = 60_000;

/** Tokens that have worked here; when there are more, the one that came first is looked up as if it were unknown. */
const MOST_KNOWN = 10_000;

/**
 * Stops an address that goes on to send what opens nothing, wrong tokens or links, over all processes: it could not find
 * one in an age, but each try is a question to the database. Tokens that have worked in this process pass all the same,
 * since callers behind one proxy share an address.
 */
export class TokenGuard {
  readonly #failures: SharedCount;
  /** Ids by the tokens' hashes. */
  readonly #known = new Map<string, string>();

  /** @param bucketOf where an address is counted */
  constructor(
    client: Client,
    private readonly bucketOf: (address: string | undefined) => string,
  ) {
    const rules = { name: 'tokens', limit: FAILURES, windowMs: WINDOW_MS, blockMs: BLOCK_MS };
    this.#failures = new SharedCount(client, rules);
  }

  /** The id of a token that has worked here; whether it still does has to be looked up. */
  knownId(token: string): string | undefined {
    return this.#known.get(hashOf(token));
  }

  /** @throws TooManyRequestsError for an address that has failed too often */
  require(address: string | undefined): void {
    refuseFor(this.#failures.waitSeconds(this.bucketOf(address)));
  }

  /** Notes that a token has worked. */
  remember(token: string, id: string): void {
    const hash = hashOf(token);
    if (this.#known.has(hash)) return;
    this.#known.set(hash, id);
    if (this.#known.size <= MOST_KNOWN) return;
    const oldest = this.#known.keys().next();
    if (!oldest.done) this.#known.delete(oldest.value);
  }

  /**
   * Counts that an address has sent what opens nothing.
   * @param token the one that it sent, if it was a token
   * @throws TooManyRequestsError when it has failed too often before
   */
  async fail(address: string | undefined, token?: string): Promise<void> {
    if (token !== undefined) this.#known.delete(hashOf(token));
    refuseFor(await this.#failures.count(this.bucketOf(address), 1));
  }
}

/** What memory shows nobody can use. */
function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64');
}

function refuseFor(waitSeconds: number): void {
  if (waitSeconds === 0) return;
  throw new TooManyRequestsError(
    `Too many requests from your address had no valid token or link: more than ${FAILURES} within a minute. Try again in ${waitSeconds} s.`,
    waitSeconds,
  );
}
