import { randomUUID } from 'node:crypto';
import {
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
}

const UNIQUE_VIOLATION = '23505';

export interface CreatedJobs {
  /** In the order of the jobs that were asked for. */
  ids: string[];
  /** To be added to the queue now that all is committed; none where the same request has made the jobs before. */
  sliceJobs: SliceJob[];
}

/**
 * Accepts jobs, all of them or none: numbers, batches, slices and jobs are written in one transaction.
 * @param keyed makes sure that the same request is served once
 * @throws ValidationError, NotUniqueError; PoolKeyError when a pool cannot be decoded; ConflictError, KeyReusedError
 */
export async function createJobs(
  database: Database,
  ring: KeyRing,
  jobs: readonly NewJob[],
  limits: JobLimits,
  keyed?: KeyedRequest,
): Promise<CreatedJobs> {
  const planned = jobs.map((job) => ({
    job,
    id: job.id ?? randomUUID(),
    plan: planJob(job, limits.maxQuantity),
  }));
  const ids = planned.map(({ id }) => id);
  // Always in the same order, so that two requests never wait for each other's namespaces.
  const sorted = [...planned].sort((a, b) => (planOrder(a.plan) < planOrder(b.plan) ? -1 : 1));
  const create = async (client: PoolClient): Promise<SliceJob[]> => {
    const sliceJobs: SliceJob[] = [];
    for (const { job, id, plan } of sorted)
      sliceJobs.push(...(await createJob(client, ring, { ...job, id }, plan, limits)));
    return sliceJobs;
  };
  const namespaces = sorted.map(({ plan }) => planOrder(plan));
  const made = await database.turns.take(namespaces, () =>
    inTransaction(database.pool, (client) => makeOnce(client, keyed, ids, () => create(client))),
  );
  return { ids: made.ids, sliceJobs: made.result ?? [] };
}

function planOrder(plan: JobPlan): string {
  return plan.kind === 'sscc' ? lockOrder({ kind: 'sscc', key: '' }) : lockOrder(plan.namespace);
}

async function createJob(
  client: PoolClient,
  ring: KeyRing,
  job: NewJob & { id: string },
  plan: JobPlan,
  { sliceSize }: JobLimits,
): Promise<SliceJob[]> {
  const { allotment, startSerial } = await allot(client, ring, job, plan);
  const { batchId, slices } = await createBatch(client, job, allotment, sliceSize);
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
    const allotment = await allotGenerated(client, ring, plan.namespace, plan.shape, job.quantity);
    return { allotment, startSerial: job.ssccStartSerial };
  } catch (error) {
    if (error instanceof SpaceExhaustedError) {
      throw ValidationError.of('quantity', 'lte', error.message, error.left);
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
         character_set, sscc_start_serial, sscc_extension_digit, sscc_company_prefix, domain, batch_id)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
      [
        job.id, job.userId, job.length, job.quantity, job.accountId, job.referenceId, job.type, job.product,
        job.characterSet, startSerial, job.ssccExtensionDigit, job.ssccCompanyPrefix, job.domainId, batchId,
      ], // biome-ignore format: in the order of the columns
    );
  } catch (error) {
    if (sqlState(error) === UNIQUE_VIOLATION) throw new NotUniqueError('identifier_job', 'id', job.id);
    throw error;
  }
}
