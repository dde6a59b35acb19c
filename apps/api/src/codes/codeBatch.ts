import type { Caller, Client } from '@codemint/db';
import { isUuid, type JobStatus, type JobType, SSCC_WIDTH } from '@codemint/shared';
import { sql } from 'kysely';

/** What codes are read and written with: an identifier job, or codes that were imported for none. */
export interface CodeBatch {
  batchId: bigint;
  /** Its codes came from outside: they stand in the registry, each with an id and a status of its own. */
  isSupplied: boolean;
  /** Id of the job, if it is one. */
  jobId: string | null;
  type: JobType;
  /** Id of the product, a Digital Link path. */
  product: string | null;
  /** Host of the codes' digital links; for short codes it is their domain. */
  linkHost: string;
  referenceId: string | null;
  status: JobStatus;
  quantity: number;
  /** Codes made by now; of supplied ones the former system's number, which need not be how many are here. */
  created: number;
  /** Bytes a generated code. */
  width: number;
  userCreated: string | null;
  dateCreated: Date | null;
}

/** Which batches: those that the account may see (null: of all accounts), and of these only the given ones. */
export interface BatchSelection {
  accountId: string | null;
  batchIds: readonly bigint[] | null;
}

interface Row {
  batch_id: bigint;
  is_supplied: boolean;
  identifier_job: string | null;
  type: JobType;
  product: string | null;
  link_host: string;
  reference_id: string | null;
  status: JobStatus;
  quantity: number | null;
  created: number;
  length: number | null;
  user_created: string | null;
  date_created: Date | null;
}

/**
 * SQL: all batches whose codes are told. Two branches, so that a filter on the job or its product goes by the index of
 * jobs and leaves the other branch out.
 */
const CODE_BATCHES = `
  SELECT b.id AS batch_id, b.account_id AS account, b.pool_id IS NULL AS is_supplied, j.id AS identifier_job, j.type,
         j.product, b.link_host, j.reference_id, b.status, b.quantity, b.quantity_created AS created, j.length,
         j.user_created, j.date_created
    FROM identifier_job j JOIN batch b ON b.id = j.batch_id
   UNION ALL
  SELECT b.id, b.account_id, true, NULL, n.kind,
         CASE n.kind WHEN 'sgtin' THEN '/01/' || n.key WHEN 'grai' THEN '/8003/0' || n.key END,
         b.link_host, NULL, b.status, b.quantity, b.quantity_created, NULL, NULL, NULL
    FROM batch b JOIN namespace n ON n.id = b.namespace_id
   WHERE b.pool_id IS NULL AND b.status <> 'cancelled' AND n.kind IN ('sgtin', 'grai', 'short_code')
     AND NOT EXISTS (SELECT 1 FROM identifier_job j WHERE j.batch_id = b.id)`;

/** The same for queries that Kysely builds. */
export const codeBatchTable = sql.raw(CODE_BATCHES);

/** Batches fetched at a time. */
const BATCHES_AT_ONCE = 200;

/** The batch of a job that the caller may see. */
export async function findJobBatch(
  client: Client,
  { accountId }: Caller,
  jobId: string,
): Promise<CodeBatch | undefined> {
  if (!isUuid(jobId)) return undefined;
  const { rows } = await client.query<Row>(
    `SELECT * FROM (${CODE_BATCHES}) AS code_batch
      WHERE identifier_job = $1 AND ($2::uuid IS NULL OR account = $2)`,
    [jobId, accountId],
  );
  return rows[0] && batchFromRow(rows[0]);
}

/** The selected batches in the order in which they were made; for selections of few. */
export async function findBatches(client: Client, selection: BatchSelection): Promise<CodeBatch[]> {
  const { where, values } = conditions(selection);
  const { rows } = await client.query<Row>(
    `SELECT * FROM (${CODE_BATCHES}) AS code_batch WHERE ${where} ORDER BY batch_id`,
    values,
  );
  return rows.map(batchFromRow);
}

/** What the selected batches hold, told by their counters alone. */
export interface BatchTotals {
  /** Codes made by now. */
  generated: number;
  /** Of the batches that have such codes, the first and the last; null if none has. */
  first: bigint | null;
  last: bigint | null;
  /** Batches of supplied codes. */
  supplied: bigint[];
}

export async function totalsOf(client: Client, selection: BatchSelection): Promise<BatchTotals> {
  const { where, values } = conditions(selection);
  const isMade = 'NOT is_supplied AND created > 0';
  const { rows } = await client.query<{
    generated: bigint;
    first: bigint | null;
    last: bigint | null;
    supplied: bigint[] | null;
  }>(
    `SELECT coalesce(sum(created) FILTER (WHERE ${isMade}), 0)::bigint AS generated,
            min(batch_id) FILTER (WHERE ${isMade}) AS first, max(batch_id) FILTER (WHERE ${isMade}) AS last,
            array_agg(batch_id) FILTER (WHERE is_supplied) AS supplied
       FROM (${CODE_BATCHES}) AS code_batch WHERE ${where}`,
    values,
  );
  const { generated = 0n, first = null, last = null, supplied = null } = rows[0] ?? {};
  return { generated: Number(generated), first, last, supplied: supplied ?? [] };
}

/**
 * The selected batches that have generated codes, in the order in which they were made or backwards, from the one on
 * that holds the `offset`-th of all their codes; `skip` is how many of a batch's codes lie before that.
 */
export async function* batchesFromOffset(
  client: Client,
  selection: BatchSelection,
  { offset, descending }: { offset: number; descending: boolean },
): AsyncGenerator<{ batch: CodeBatch; skip: number }> {
  const { where, values } = conditions(selection);
  const [order, isBehind] = descending ? ['DESC', '<'] : ['ASC', '>'];
  const bookmark = `$${values.length + 1}::bigint`;
  const before = `$${values.length + 2}::bigint`;
  const page = `
    SELECT * FROM (
      SELECT *, sum(created) OVER (ORDER BY batch_id ${order}) - created AS before FROM (${CODE_BATCHES}) AS code_batch
       WHERE ${where} AND NOT is_supplied AND created > 0 AND (${bookmark} IS NULL OR batch_id ${isBehind} ${bookmark})
    ) AS placed WHERE before + created > ${before} ORDER BY batch_id ${order} LIMIT ${BATCHES_AT_ONCE}`;
  for (let last: bigint | null = null, left = offset; ; left = 0) {
    const { rows }: { rows: (Row & { before: bigint })[] } = await client.query(page, [
      ...values,
      last,
      left,
    ]);
    for (const row of rows) {
      yield { batch: batchFromRow(row), skip: Math.max(left - Number(row.before), 0) };
    }
    last = rows.at(-1)?.batch_id ?? null;
    if (rows.length < BATCHES_AT_ONCE) return;
  }
}

function conditions({ accountId, batchIds }: BatchSelection) {
  const values: unknown[] = [];
  const parts = ['true'];
  const add = (value: unknown, condition: (place: string) => string) => {
    if (value === null) return;
    values.push(value);
    parts.push(condition(`$${values.length}`));
  };
  add(accountId, (place) => `account = ${place}`);
  add(batchIds, (place) => `batch_id = ANY (${place}::bigint[])`);
  return { where: parts.join(' AND '), values };
}

function batchFromRow(row: Row): CodeBatch {
  return {
    batchId: row.batch_id,
    isSupplied: row.is_supplied,
    jobId: row.identifier_job,
    type: row.type,
    product: row.product,
    linkHost: row.link_host,
    referenceId: row.reference_id,
    status: row.status,
    quantity: row.quantity ?? 0,
    created: row.created,
    width: row.type === 'sscc' ? SSCC_WIDTH : (row.length ?? 0),
    userCreated: row.user_created,
    dateCreated: row.date_created,
  };
}
