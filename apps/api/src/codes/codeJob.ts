import type { Caller, Client } from '@codemint/db';
import { isUuid, type JobStatus, type JobType, SSCC_WIDTH } from '@codemint/shared';

/** An identifier job as its codes are read and written with it. */
export interface CodeJob {
  id: string;
  batchId: bigint;
  type: JobType;
  /** Id of the product, a Digital Link path. */
  product: string | null;
  /** Host of the codes' digital links; for short codes it is their domain. */
  linkHost: string;
  referenceId: string | null;
  status: JobStatus;
  quantity: number;
  /** Codes made by now. */
  created: number;
  /** Bytes a code. */
  width: number;
  userCreated: string | null;
  dateCreated: Date;
}

/** Which jobs: those that the account may see (null: of all accounts), cut down by the rest. */
export interface JobSelection {
  accountId: string | null;
  jobId?: string;
  product?: string;
  batchIds?: readonly bigint[];
}

interface Row {
  id: string;
  batch_id: bigint;
  type: JobType;
  product: string | null;
  link_host: string;
  reference_id: string | null;
  status: JobStatus;
  quantity: number;
  created: number;
  length: number;
  user_created: string | null;
  date_created: Date;
}

const COLUMNS = `id, batch_id, type, product, link_host, reference_id, status, quantity,
  coalesce(quantity_created, 0) AS created, length, user_created, date_created`;

/** Jobs fetched at a time. */
const JOBS_AT_ONCE = 200;

/** A job that the caller may see. */
export async function findCodeJob(client: Client, caller: Caller, id: string): Promise<CodeJob | undefined> {
  if (!isUuid(id)) return undefined;
  const jobs = await findCodeJobs(client, { accountId: caller.accountId, jobId: id });
  return jobs[0];
}

/** The selected jobs in the order in which they were made; for selections of few. */
export async function findCodeJobs(client: Client, selection: JobSelection): Promise<CodeJob[]> {
  const { where, values } = conditions(selection);
  const { rows } = await client.query<Row>(
    `SELECT ${COLUMNS} FROM identifier_job_item WHERE ${where} ORDER BY batch_id`,
    values,
  );
  return rows.map(jobFromRow);
}

/** How many codes the selected jobs have by now. */
export async function countSelectedCodes(client: Client, selection: JobSelection): Promise<number> {
  const { where, values } = conditions(selection);
  const { rows } = await client.query<{ count: bigint }>(
    `SELECT coalesce(sum(quantity_created), 0)::bigint AS count FROM identifier_job_item WHERE ${where}`,
    values,
  );
  return Number(rows[0]?.count ?? 0n);
}

/**
 * The selected jobs that have codes, in the order in which they were made, from the one on that holds the
 * `offset`-th of all their codes; `skip` is how many of a job's codes lie before that.
 */
export async function* jobsFromOffset(
  client: Client,
  selection: JobSelection,
  offset: number,
): AsyncGenerator<{ job: CodeJob; skip: number }> {
  const { where, values } = conditions(selection);
  const afterBatch = `$${values.length + 1}`;
  const before = `$${values.length + 2}`;
  const page = `
    SELECT * FROM (
      SELECT ${COLUMNS}, sum(quantity_created) OVER (ORDER BY batch_id) - quantity_created AS before
        FROM identifier_job_item WHERE ${where} AND quantity_created > 0 AND batch_id > ${afterBatch}
    ) AS job WHERE before + created > ${before} ORDER BY batch_id LIMIT ${JOBS_AT_ONCE}`;
  for (let after = 0n, left = offset; ; left = 0) {
    const { rows } = await client.query<Row & { before: bigint }>(page, [...values, after, left]);
    for (const row of rows) yield { job: jobFromRow(row), skip: Math.max(left - Number(row.before), 0) };
    const last = rows.at(-1);
    if (last === undefined || rows.length < JOBS_AT_ONCE) return;
    after = last.batch_id;
  }
}

function conditions({ accountId, jobId, product, batchIds }: JobSelection) {
  const values: unknown[] = [];
  const parts = ['true'];
  const add = (value: unknown, condition: (place: string) => string) => {
    if (value === undefined || value === null) return;
    values.push(value);
    parts.push(condition(`$${values.length}`));
  };
  add(accountId, (place) => `account = ${place}`);
  add(jobId, (place) => `id = ${place}`);
  add(product, (place) => `product = ${place}`);
  add(batchIds, (place) => `batch_id = ANY (${place}::bigint[])`);
  return { where: parts.join(' AND '), values };
}

function jobFromRow(row: Row): CodeJob {
  return {
    id: row.id,
    batchId: row.batch_id,
    type: row.type,
    product: row.product,
    linkHost: row.link_host,
    referenceId: row.reference_id,
    status: row.status,
    quantity: row.quantity,
    created: row.created,
    width: row.type === 'sscc' ? SSCC_WIDTH : row.length,
    userCreated: row.user_created,
    dateCreated: row.date_created,
  };
}
