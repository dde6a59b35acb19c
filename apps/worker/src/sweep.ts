import {
  type Client,
  claimStaleEvents,
  claimStaleRegistrations,
  claimStaleSlices,
  failBatch,
  findCancelledBatches,
  findUnsettledBatches,
  nextAttempts,
  nextEventAttempts,
  nextRegistrationAttempts,
  ownerOfBatch,
  removeChunks,
  setFinishedAside,
} from '@codemint/db';
import type { Work } from '@codemint/queue';
import type { EventJob, RegistrationJob, SliceJob } from '@codemint/shared';
import type { WorkerContext } from './context';
import { adviceFor, finalReason } from './finalFailure';
import { settle } from './makeSlice';
import type { WorkName } from './metrics/observeWork';
import { startRounds } from './rounds';

const SWEEP_INTERVAL_MS = 5_000;
/**
 * A worker touches its slice with every chunk, that is many times a second, and registrations and events are single
 * transactions: so long without is a sign.
 */
const WORK_IDLE_MS = 15_000;
/** A worker that stored the last chunk of a short batch settles it at once, unless it died just then. */
const BATCH_IDLE_MS = 5_000;
/** So long a batch may wait until it can be settled: another worker may have the master key for it. */
const SETTLE_PATIENCE_MS = 300_000;
const WORK_AT_ONCE = 500;
const BATCHES_AT_ONCE = 50;
const ENQUEUE_TIMEOUT_MS = 5_000;

/** In these states the queue will hand the work to somebody; in any other it never will, or its worker is stuck. */
const WILL_RUN = new Set<string>(['waiting', 'prioritized', 'delayed']);

/** How work of one kind that nobody does is found in the database. */
interface Kind<Job extends Work> {
  name: WorkName;
  /** Marks it as touched now and passes over what another sweep holds. */
  claimStale(client: Client, idleMs: number, limit: number): Promise<Job[]>;
  /** Numbers the next queue job of what is still to be done. */
  nextAttempts(client: Client, jobs: readonly Job[]): Promise<Job[]>;
}

const SLICES: Kind<SliceJob> = { name: 'slices', claimStale: claimStaleSlices, nextAttempts };
const REGISTRATIONS: Kind<RegistrationJob> = {
  name: 'registrations',
  claimStale: claimStaleRegistrations,
  nextAttempts: nextRegistrationAttempts,
};
const EVENTS: Kind<EventJob> = {
  name: 'events',
  claimStale: claimStaleEvents,
  nextAttempts: nextEventAttempts,
};

/**
 * The queue only says when to look: what it lost, or never had, this finds in the database. Runs in every worker;
 * what one sweep claims another passes over.
 * @returns stops the sweeping and waits for a sweep under way
 */
export function startSweep(context: WorkerContext): () => Promise<void> {
  return startRounds(context.log, 'sweep', SWEEP_INTERVAL_MS, () => sweep(context));
}

/**
 * One round: batches to their end, deleted jobs' codes away, and, where the queue is there, lost work back into it and
 * codes of jobs that a restore interrupted set aside.
 */
export async function sweep(context: WorkerContext): Promise<void> {
  const { database } = context;
  for (const batchId of await findUnsettledBatches(database.pool, BATCH_IDLE_MS, BATCHES_AT_ONCE)) {
    await settleOrFail(context, batchId);
  }
  for (const batchId of await findCancelledBatches(database.pool, BATCHES_AT_ONCE)) {
    await removeChunks(database.pool, batchId);
  }
  // First, so that nothing is claimed, and thereby touched, for a queue that is away.
  await context.queue.ping();
  await requeue(context, SLICES);
  await requeue(context, REGISTRATIONS);
  await requeue(context, EVENTS);
  // Last: nothing that is still to be done waits for it.
  await setFinishedAside(database);
}

async function requeue<Job extends Work>(
  { database, queue, log, metrics }: WorkerContext,
  { name, claimStale, nextAttempts }: Kind<Job>,
): Promise<void> {
  const stale = await claimStale(database.pool, WORK_IDLE_MS, WORK_AT_ONCE);
  const lost: Job[] = [];
  for (const job of stale) {
    if (!WILL_RUN.has(await queue.jobState(job))) lost.push(job);
  }
  if (lost.length === 0) return;
  log.info({ [name]: lost.length }, 'work that nobody does goes back into the queue');
  await queue.add(await nextAttempts(database.pool, lost), { timeoutMs: ENQUEUE_TIMEOUT_MS });
  metrics.workRequeued.inc({ work: name }, lost.length);
}

/** One that cannot be settled keeps no other from it. @throws what may pass: an outage */
async function settleOrFail(context: WorkerContext, batchId: bigint): Promise<void> {
  const { pool } = context.database;
  try {
    await settle(context, batchId);
  } catch (error) {
    const reason = finalReason(error, true);
    if (reason === undefined) throw error;
    context.log.warn(
      { batch: String(batchId), reason: (error as Error).message },
      'a batch cannot be settled here',
    );
    const owner = (await ownerOfBatch(pool, batchId)) ?? '';
    const message = `Codes in place of skipped ones could not be allotted: ${reason} ${adviceFor(owner)}`;
    await failBatch(pool, batchId, message, SETTLE_PATIENCE_MS);
  }
}
