import { type Client, removeExpiredCounts } from '@codemint/db';
import type { KeyRing, ServiceSettings } from '@codemint/shared';
import type { Logger } from 'pino';
import { SlotsByKey } from '../http/slots';
import { GuessLimit } from '../redirects/guessLimit';
import type { Health } from '../server/health';
import { MissLimit } from '../verify/missLimit';
import { addressBuckets } from './addressBucket';
import { Joined } from './joined';
import { RequestRate } from './requestRate';
import { TokenGuard } from './tokenGuard';

/**
 * A download whose reader is slow holds a chunk as it is sent, up to some 2 MB: one token shall not take all memory, nor
 * all that the database can do.
 */
const MOST_AT_ONCE = 250;

/** Counts that are over take room and do no other harm. */
const CLEANING_MS = 300_000;

/** What callers may do so often, counted over all processes of the API. */
export class Limits {
  /** Requests of a token. */
  readonly requests: RequestRate;
  /** Requests of a token that this process serves at a time. */
  readonly atOnce = new SlotsByKey(MOST_AT_ONCE);
  /** Wrong tokens of an address. */
  readonly tokens: TokenGuard;
  /** Verifications of codes that were not issued. */
  readonly misses: MissLimit;
  /** Short links that lead nowhere. */
  readonly guesses: GuessLimit;

  /** Anybody may ask for it, and each answer takes several questions to the database. */
  readonly health = new Joined<Health>();

  constructor(
    private readonly client: Client,
    ring: KeyRing,
    settings: ServiceSettings,
  ) {
    const bucketOf = addressBuckets(ring);
    this.requests = new RequestRate(client, settings.CODEMINT_TOKEN_REQUESTS_PER_SECOND);
    this.tokens = new TokenGuard(client, bucketOf);
    this.misses = new MissLimit(client);
    this.guesses = new GuessLimit(client, bucketOf);
  }

  /** Removes what is over from the database now and then. @returns what stops it */
  startCleaning(log: Pick<Logger, 'warn'>): () => void {
    const clean = () =>
      removeExpiredCounts(this.client).catch((err: unknown) =>
        log.warn({ err }, 'old counts are kept for now'),
      );
    const timer = setInterval(() => void clean(), CLEANING_MS);
    return () => clearInterval(timer);
  }
}
