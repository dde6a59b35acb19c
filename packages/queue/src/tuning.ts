import type { JobsOptions } from 'bullmq';
import type { WorkerTuning } from './transport';

/** An event reader looks again after this time: the Postgres backend misses notifications now and then. */
export const EVENT_WAIT_MS = 1000;

/** BullMQ's largest priority; a batch of more slices than that only loses its order at the very end. */
export const MAX_PRIORITY = 2_097_151;

const BACKOFF = 'capped-exponential';
const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 30_000;

/** Retries go on for about eight minutes; after that the sweep makes a new queue job out of the database. */
export const SLICE_JOB_OPTIONS = {
  attempts: 20,
  backoff: { type: BACKOFF },
  removeOnComplete: { age: 24 * 3600, count: 1000 },
  removeOnFail: { age: 24 * 3600, count: 1000 },
} satisfies JobsOptions;

/**
 * Short locks and stall checks: running a slice twice is safe, waiting for a dead worker is not. A stall never
 * fails a job, so its count has no limit in practice.
 */
export const SLICE_WORKER_TUNING = {
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
