import { QuotaExceededError } from '@codemint/shared';
import type { PoolClient } from 'pg';

/** By which token codes are asked for, and how many it may have; 0 where nothing limits it. */
export interface TokenQuota {
  tokenId: string;
  /** Jobs and orders that are new or in progress. */
  jobsRunning: number;
  /** Codes from one midnight to the next, UTC. */
  codesPerDay: number;
}

/** Jobs end at no time that anybody knows. */
const RETRY_AFTER_SECONDS = 5;

/**
 * Counts what a request takes of its token's limits. To be called last in the transaction that accepts it, when its
 * batches are written: the token's row stays locked until the end, and nothing may be locked behind it.
 * @param codes that it asks for
 * @throws QuotaExceededError when it is too much; the transaction is to be rolled back then
 */
export async function useQuota(
  client: PoolClient,
  { tokenId, jobsRunning, codesPerDay }: TokenQuota,
  codes: number,
): Promise<void> {
  if (jobsRunning === 0 && codesPerDay === 0) return;
  const { rows } = await client.query<Use>({
    name: 'use-token',
    // A function, so that the batches are counted when the token's row is locked, without another round trip.
    text: `SELECT running, codes::float8, seconds_left AS "secondsLeft" FROM codemint_use_token($1, $2, $3)`,
    values: [tokenId, codes, jobsRunning > 0],
  });
  const use = rows[0] as Use;
  if (codesPerDay > 0 && use.codes > codesPerDay) throw tooManyCodes(use, codes, codesPerDay);
  if (jobsRunning > 0 && use.running > jobsRunning) throw tooManyJobs(use, jobsRunning);
}

/** All of a token, this request's included. */
interface Use {
  running: number;
  codes: number;
  /** Until midnight. */
  secondsLeft: number;
}

function tooManyCodes({ codes: used, secondsLeft }: Use, codes: number, most: number): QuotaExceededError {
  return new QuotaExceededError(
    `A token may ask for ${grouped(most)} codes a day. This one has asked for ${grouped(used - codes)} since midnight UTC, and this request asks for ${grouped(codes)} more: ${grouped(most - used + codes)} are left until the next midnight UTC.`,
    secondsLeft,
  );
}

function tooManyJobs({ running }: Use, most: number): QuotaExceededError {
  return new QuotaExceededError(
    `A token may have ${grouped(most)} jobs and orders that are not done. With this request this one would have ${grouped(running)}: try again when some of them are done.`,
    RETRY_AFTER_SECONDS,
  );
}

function grouped(count: number): string {
  return Math.max(0, count).toLocaleString('en-US');
}
