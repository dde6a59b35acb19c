import type { JobsOptions } from 'bullmq';
import type { WorkerTuning } from './transport';

/** An event reader looks again after this time: the Postgres backend misses notifications now and then. */
export const EVENT_WAIT_MS = 1000;

/** BullMQ's largest priority; a batch of more slices than that only loses its order at the very end. */
export const MAX_PRIORITY = 2_097_151;

/**
 * From so many jobs on they are added in bulk: on Postgres that makes temporary tables, which take the time of
 * eight single additions.
 */
export const BULK_FROM = 8;

const BACKOFF = 'capped-exponential';
const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 30_000;

/** Finished jobs are kept for a day, and about so many of a queue. */
const KEPT = { age: 24 * 3600, count: 1000 };
/**
 * One job in so many clears away, as it completes, the older ones that are too many: on Postgres this reads all that
 * are kept and takes longer than the rest of a job's way through the queue.
 */
const CLEARING_ODDS = 32;

/** Retries go on for about eight minutes; after that the sweep makes a new queue job out of the database. */
export function jobOptions(): JobsOptions {
  return {
    attempts: 20,
    backoff: { type: BACKOFF },
    removeOnComplete: Math.random() * CLEARING_ODDS < 1 ? KEPT : false,
    removeOnFail: KEPT,
  };
}

/**
 * Short locks and stall checks: doing anything twice is safe, waiting for a dead worker is not. A stall never
 * fails a job, so its count has no limit in practice.
 */
export const WORKER_TUNING = {
  lockDuration: 10_000,
  stalledInterval: 5000,
  maxStalledCount: 1_000_000,
  drainDelay: 1,
  runRetryDelay: 1000,
  settings: { backoffStrategy: (attemptsMade) => backoffMs(attemptsMade) },
} satisfies WorkerTuning;

/** 1 s, 2 s, 4 s … 30 s, a quarter of it at random so that the jobs of one outage do not return all at once. */
function backoffMs(attemptsMade: number): number {
  const fullMs = Math.min(FIRST_RETRY_MS * 2 ** (attemptsMade - 1), LAST_RETRY_MS);
  return Math.round(fullMs * (0.75 + Math.random() / 4));
}
