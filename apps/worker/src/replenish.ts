import { claimRound, isDatabaseAway, replenish, shortRules } from '@codemint/db';
import type { WorkerContext } from './context';
import { enqueueSlices } from './enqueue';
import { startRounds } from './rounds';

/** How often a worker looks whether a round is due. */
const LOOK_INTERVAL_MS = 2_000;
/** Between the beginnings of two rounds, whichever workers do them. */
const ROUND_INTERVAL_MS = 5_000;
/** Rules that could not be met are tried again less often: finding out may cost as much as a job. */
const RETRY_INTERVAL_MS = 30_000;

/**
 * Keeps the stocks that rules ask for. Runs in every worker; the database lets one of them do each round.
 * @returns stops it and waits for the rule at hand
 */
export function startReplenishment(context: WorkerContext): () => Promise<void> {
  return startRounds(context.log, 'replenishment', LOOK_INTERVAL_MS, async (signal) => {
    const { pool } = context.database;
    if (!(await claimRound(pool, 'replenishment', ROUND_INTERVAL_MS))) return;
    const withFailing = await claimRound(pool, 'replenishment of failing rules', RETRY_INTERVAL_MS);
    await replenishAll(context, { withFailing, signal });
  });
}

/**
 * One round: a job for each rule that is short, one after the other.
 * @param withFailing also for rules that could not be met before
 * @param signal ends the round after the rule at hand
 * @throws the first error that is nobody's rule: an outage ends the round, any other only spoils its own rule
 */
export async function replenishAll(
  context: WorkerContext,
  { withFailing, signal }: { withFailing: boolean; signal?: AbortSignal },
): Promise<void> {
  const failures: unknown[] = [];
  for (const rule of await shortRules(context.database.pool, withFailing)) {
    if (signal?.aborted) break;
    try {
      await replenishOne(context, rule);
    } catch (error) {
      if (isDatabaseAway(error)) throw error;
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

async function replenishOne(context: WorkerContext, rule: string): Promise<void> {
  const { database, ring, settings, log } = context;
  const { CODEMINT_MAX_QUANTITY: maxQuantity, CODEMINT_SLICE_SIZE: sliceSize } = settings;
  const done = await replenish(database, ring, rule, { maxQuantity, sliceSize });
  if (done?.outcome === 'made') {
    const { job, quantity, sliceJobs } = done;
    log.info({ rule, job, quantity }, 'a job keeps the stock of a rule');
    await enqueueSlices(context, sliceJobs);
  } else if (done?.isNews) {
    log.warn({ rule, reason: done.reason }, 'a rule cannot be met');
  }
}
