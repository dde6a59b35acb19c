import {
  CodemintError,
  type JobType,
  type KeyRing,
  type SliceJob,
  UnavailableError,
  ValidationError,
} from '@codemint/shared';
import type { PoolClient } from 'pg';
import type { Client, Database } from '../connection/database';
import { inTransaction } from '../connection/transaction';
import { accountLinkHost } from '../import/importJobs';
import { acceptJobs, type JobLimits, type NewJob } from '../jobs/createJobs';
import { planJob } from '../jobs/planJob';
import { stockOf } from '../reservations/stock';

/** What came of a rule that was short. */
export type Replenished =
  | { outcome: 'made'; job: string; quantity: number; sliceJobs: SliceJob[] }
  /** `isNews`: it could not be met for another reason before, or for none. */
  | { outcome: 'refused'; reason: string; isNews: boolean };

/** A rule's row, locked, and what else decides about its next job. */
interface Rule {
  id: string;
  userId: string | null;
  accountId: string;
  product: string | null;
  domainId: string | null;
  domainName: string | null;
  type: JobType;
  characterSet: string;
  length: number;
  minimum: number;
  target: number;
  hasError: boolean;
  /** Host of the links of its codes, as jobs of the API have it. */
  linkHost: string;
  lastJob: string | null;
  /** Why its latest job failed, unless the rule was updated since. */
  failure: string | null;
}

/**
 * Does what a rule asks for: if fewer codes are unassigned or under way than its minimum, one job makes what its target
 * lacks. All in one transaction under the rule's lock, so one of any number at once makes the job. Why a rule cannot
 * be met is written down in its `error_message`, in a transaction of its own, and taken away when that is over.
 * @returns undefined where nothing is to be done: there is enough, or the rule is paused or gone
 * @throws what may pass by itself, such as an outage; nothing is changed then
 */
export async function replenish(
  database: Database,
  ring: KeyRing,
  ruleId: string,
  limits: JobLimits,
): Promise<Replenished | undefined> {
  try {
    return await inTransaction(database.pool, (client) => makeJob(client, ring, ruleId, limits));
  } catch (error) {
    if (!(error instanceof CodemintError) || error instanceof UnavailableError) throw error;
    const reason = reasonFrom(error);
    return { outcome: 'refused', reason, isNews: await tellReason(database.pool, ruleId, reason) };
  }
}

async function makeJob(
  client: PoolClient,
  ring: KeyRing,
  ruleId: string,
  limits: JobLimits,
): Promise<Replenished | undefined> {
  const rule = await lockRule(client, ruleId);
  if (rule === undefined) return undefined;
  const stock = await stockOfRule(client, rule, limits);
  if (stock >= rule.minimum) {
    if (rule.hasError) await keepOutcome(client, rule);
    return undefined;
  }
  requireSound(rule);
  const quantity = rule.target - stock;
  requireOneJob(quantity, stock, limits);
  const { ids, sliceJobs } = await acceptJobs(client, ring, [jobOf(rule, quantity)], limits);
  const job = ids[0] as string;
  await keepOutcome(client, rule, job);
  return { outcome: 'made', job, quantity, sliceJobs };
}

/** Undefined where it is paused or gone. */
async function lockRule(client: PoolClient, id: string): Promise<Rule | undefined> {
  const { rows } = await client.query<Rule>({
    name: 'lock-rule',
    text: `SELECT r.id, r.user_created AS "userId", r.account AS "accountId", r.product, r.domain AS "domainId",
                  d.domain_name AS "domainName", r.type, r.character_set AS "characterSet", r.length, r.minimum,
                  r.target, r.error_message IS NOT NULL AS "hasError", r.last_job AS "lastJob",
                  coalesce(d.domain_name, ${accountLinkHost('r.account')}) AS "linkHost",
                  (SELECT b.error_message FROM identifier_job j JOIN batch b ON b.id = j.batch_id
                    WHERE j.id = r.last_job AND b.status = 'error'
                      AND (r.date_updated IS NULL OR b.date_completed > r.date_updated)) AS failure
             FROM replenishment_rule r LEFT JOIN domain d ON d.id = r.domain
            WHERE r.id = $1 AND r.status = 'active' FOR UPDATE OF r`,
    values: [id],
  });
  return rows[0];
}

/** By a statement of its own, so that it sees the job of whoever had the rule's lock before. */
async function stockOfRule(client: PoolClient, rule: Rule, { maxQuantity }: JobLimits): Promise<number> {
  const plan = planJob(jobOf(rule, 1), maxQuantity);
  if (plan.kind === 'sscc') throw new Error(`the rule ${rule.id} is of a type that has no stock`);
  const { unassigned, underWay } = await stockOf(client, { ...rule, namespace: plan.namespace });
  return unassigned + underWay;
}

/**
 * A job that failed has used up numbers, and the next one may fail the same way: no more before somebody has looked.
 * @throws ValidationError
 */
function requireSound({ lastJob, failure }: Rule): void {
  if (failure === null) return;
  throw ValidationError.of(
    'last_job',
    'failed',
    `The job "${lastJob}" of this rule failed: ${failure} When the cause is gone, update the rule (its status to "active" will do), and it makes the next one.`,
  );
}

/** @throws ValidationError */
function requireOneJob(quantity: number, stock: number, { maxQuantity }: JobLimits): void {
  if (quantity <= maxQuantity) return;
  const most = stock + maxQuantity;
  throw ValidationError.of(
    'target',
    'lte',
    `${quantity} codes are missing, and a job makes at most ${maxQuantity}: value has to be less than or equal to "${most}" at first.`,
    most,
  );
}

function jobOf(rule: Rule, quantity: number): NewJob {
  return {
    ...rule,
    id: null,
    referenceId: `replenishment_rule/${rule.id}`,
    quantity,
    ssccCompanyPrefix: null,
    ssccExtensionDigit: null,
    ssccStartSerial: 0n,
    epc: null,
  };
}

/** @param job that was made; without it there is enough, and nothing to complain about */
async function keepOutcome(client: PoolClient, { id }: Rule, job: string | null = null): Promise<void> {
  await client.query(
    'UPDATE replenishment_rule SET last_job = coalesce($2, last_job), error_message = NULL WHERE id = $1',
    [id, job],
  );
}

function reasonFrom(error: CodemintError): string {
  if (!(error instanceof ValidationError)) return error.message;
  return error.issues.map(({ field, message }) => `${field}: ${message}`).join(' ');
}

/** @returns whether it is another one than before */
async function tellReason(client: Client, ruleId: string, reason: string): Promise<boolean> {
  const { rowCount } = await client.query(
    `UPDATE replenishment_rule SET error_message = $2
      WHERE id = $1 AND status = 'active' AND error_message IS DISTINCT FROM $2`,
    [ruleId, reason],
  );
  return rowCount === 1;
}
