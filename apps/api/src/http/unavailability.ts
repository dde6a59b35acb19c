import { isDatabaseAway } from '@codemint/db';
import { PoolKeyError, RestoredDatabaseError } from '@codemint/shared';
import { RETRY_AFTER_SECONDS } from './dialect';

/** That the service cannot do what is asked for now, for no fault of the caller. */
export interface Unavailability {
  message: string;
  /** Where it passes by itself. */
  retryAfterSeconds?: number;
}

/** Whether an error is one for a 503, and what to say of it; undefined if it is not. */
export function unavailability(error: unknown): Unavailability | undefined {
  // For operators; they speak of versions and pools, never of a key.
  if (error instanceof PoolKeyError || error instanceof RestoredDatabaseError) {
    return { message: error.message };
  }
  if (!isDatabaseAway(error)) return undefined;
  return {
    message: 'The database is away for now. Try again later.',
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  };
}
