import { randomUUID } from 'node:crypto';
import {
  GuessChanceError,
  type KeyRing,
  NotUniqueError,
  QUEUE_NAMES,
  type SliceJob,
  SpaceExhaustedError,
  ValidationError,
} from '@codemint/shared';
import type { PoolClient } from 'pg';
import { type Allotment, allotGenerated } from '../allotment/allotGenerated';
import { allotSscc } from '../allotment/allotSscc';
import { createBatch, sliceJobsOf } from '../batches/createBatch';
import type { Database } from '../connection/database';
import { inTransaction, sqlState } from '../connection/transaction';
import { makeOnce } from '../idempotency/keptRequests';
import type { KeyedRequest } from '../idempotency/keyedRequest';
import { type TokenQuota, useQuota } from '../limits/tokenQuota';
import { lockOrder } from '../pools/namespaces';
import { type JobPlan, type JobPlanRequest, planJob } from './planJob';

/** An identifier job that somebody may ask for: references exist and are his. */
export interface NewJob extends JobPlanRequest {
  id: string | null;
  userId: string | null;
  accountId: string;
  referenceId: string | null;
  domainId: string | null;
  linkHost: string;
}

export interface JobLimits {
  maxQuantity: number;
  sliceSize: number;
  /** Absent where no token asks. */
  quota?: TokenQuota;
}

const UNIQUE_VIOLATION = '23505';

export interface CreatedJobs {
  /** In the order of the jobs that were asked for. */
  ids: string[];
  /** To be added to the queue now that all is committed; none where the same request has made the jobs before. */
  sliceJobs: SliceJob[];
}

/** A job with all that decides about it, before any number is given out. */
interface PlannedJob {
  job: NewJob & { id: string };
  plan: JobPlan;
  /** In the order in which namespaces are locked. */
  namespace: string;
}

/**
 * Accepts jobs, all of them or none: numbers, batches, slices and jobs are written in one transaction.
 * @param keyed makes sure that the same request is served once
 * @throws ValidationError, NotUniqueError; PoolKeyError when a pool cannot be decoded; ConflictError, KeyReusedError;
 *   QuotaExceededError
 */
export async function createJobs(
  database: Database,
  ring: KeyRing,
  jobs: readonly NewJob[],
  limits: JobLimits,
  keyed?: KeyedRequest,
): Promise<CreatedJobs> {
  const { ids, planned } = planJobs(jobs, limits);
  const namespaces = planned.map(({ namespace }) => namespace);
  const made = await database.turns.take(namespaces, () =>
    inTransaction(
      database.pool,
      (client) => makeOnce(client, keyed, ids, () => acceptPlanned(client, ring, planned, limits)),
      database.actor,
    ),
  );
  return { ids: made.ids, sliceJobs: made.result ?? [] };
}

/**
 * As createJobs, in the caller's transaction: nothing of it is to be seen, and nothing to be queued, before that
 * commits. It locks the namespaces of the jobs.
 * @throws ValidationError, NotUniqueError, PoolKeyError, QuotaExceededError
 */
export async function acceptJobs(
  client: PoolClient,
  ring: KeyRing,
  jobs: readonly NewJob[],
  limits: JobLimits,
): Promise<CreatedJobs> {
  const { ids, planned } = planJobs(jobs, limits);
  return { ids, sliceJobs: await acceptPlanned(client, ring, planned, limits) };
}

/** @returns `ids` in the order of the jobs; `planned` always in the same one, so that no two wait for each other */
function planJobs(
  jobs: readonly NewJob[],
  { maxQuantity }: JobLimits,
): { ids: string[]; planned: PlannedJob[] } {
  const planned = jobs.map((job) => {
    const plan = planJob(job, maxQuantity);
    return { job: { ...job, id: job.id ?? randomUUID() }, plan, namespace: planOrder(plan) };
  });
  const ids = planned.map(({ job }) => job.id);
  return { ids, planned: planned.sort((a, b) => (a.namespace < b.namespace ? -1 : 1)) };
}

async function acceptPlanned(
  client: PoolClient,
  ring: KeyRing,
  planned: readonly PlannedJob[],
  limits: JobLimits,
): Promise<SliceJob[]> {
  const sliceJobs: SliceJob[] = [];
  for (const { job, plan } of planned) sliceJobs.push(...(await createJob(client, ring, job, plan, limits)));
  if (limits.quota !== undefined) {
    const codes = planned.reduce((sum, { job }) => sum + job.quantity, 0);
    await useQuota(client, limits.quota, codes);
  }
  return sliceJobs;
}

function planOrder(plan: JobPlan): string {
  return plan.kind === 'sscc' ? lockOrder({ kind: 'sscc', key: '' }) : lockOrder(plan.namespace);
}

async function createJob(
  client: PoolClient,
  ring: KeyRing,
  job: NewJob & { id: string },
  plan: JobPlan,
  { sliceSize, quota }: JobLimits,
): Promise<SliceJob[]> {
  const { allotment, startSerial } = await allot(client, ring, job, plan);
  const batch = { ...job, tokenId: quota?.tokenId ?? null };
  const { batchId, slices } = await createBatch(client, batch, 'stock', allotment, sliceSize);
  await insertJob(client, job, batchId, startSerial);
  const { id, referenceId } = job;
  return sliceJobsOf({ batchId, slices }, { queue: QUEUE_NAMES.identifierJobs, job: id, referenceId });
}

async function allot(
  client: PoolClient,
  ring: KeyRing,
  job: NewJob,
  plan: JobPlan,
): Promise<{ allotment: Allotment; startSerial: bigint | null }> {
  try {
    if (plan.kind === 'sscc') {
      const allotment = await allotSscc(client, plan.range);
      return { allotment, startSerial: allotment.startSerial };
    }
    const subject = { accountId: job.accountId, product: job.type === 'short_code' ? null : job.product };
    const allotment = await allotGenerated(client, ring, plan.namespace, plan.shape, job.quantity, subject);
    return { allotment, startSerial: job.ssccStartSerial };
  } catch (error) {
    if (error instanceof SpaceExhaustedError) {
      throw ValidationError.of('quantity', 'lte', error.message, error.left);
    }
    if (error instanceof GuessChanceError) {
      const valid = error.sufficientLength ?? undefined;
      throw ValidationError.of('length', 'guess_probability', error.message, valid);
    }
    throw error;
  }
}

async function insertJob(
  client: PoolClient,
  job: NewJob & { id: string },
  batchId: bigint,
  startSerial: bigint | null,
): Promise<void> {
  try {
    await client.query(
      `INSERT INTO identifier_job (id, user_created, length, quantity, account_id, reference_id, type, product,
         character_set, sscc_start_serial, sscc_extension_digit, sscc_company_prefix, domain, batch_id, epc)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
      [
        job.id, job.userId, job.length, job.quantity, job.accountId, job.referenceId, job.type, job.product,
        job.characterSet, startSerial, job.ssccExtensionDigit, job.ssccCompanyPrefix, job.domainId, batchId, job.epc,
      ], // biome-ignore format: in the order of the columns
    );
  } catch (error) {
    if (sqlState(error) === UNIQUE_VIOLATION) throw new NotUniqueError('identifier_job', 'id', job.id);
    throw error;
  }
}
