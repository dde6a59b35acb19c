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
  /** All of them in the order in which they were made, where they are few and known already. */
  batches?: readonly CodeBatch[];
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

/** Batches fetched at a time; a selection of no more is held. */
export const BATCHES_AT_ONCE = 200;

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

/** Number of a job's batch, whoever may see it. */
export async function findBatchId(client: Client, jobId: string): Promise<bigint | undefined> {
  const { rows } = await client.query<{ batch_id: bigint }>({
    name: 'batch-of-job',
    text: 'SELECT batch_id FROM identifier_job WHERE id = $1',
    values: [jobId],
  });
  return rows[0]?.batch_id;
}

/** The selected batches in the order in which they were made; for selections of few. */
export async function findBatches(client: Client, selection: BatchSelection): Promise<readonly CodeBatch[]> {
  if (selection.batches !== undefined) return selection.batches;
  const { where, values } = conditions(selection);
  const { rows } = await client.query<Row>({
    // Planning takes longer than finding one.
    name: `code-batches${selection.accountId && '-account'}${selection.batchIds && '-ids'}`,
    text: `SELECT * FROM (${CODE_BATCHES}) AS code_batch WHERE ${where} ORDER BY batch_id`,
    values,
  });
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
  if (selection.batches !== undefined) return totalsOfFew(selection.batches);
  const { where, values } = conditions(selection);
  const made = 'NOT is_supplied AND created > 0';
  const { rows } = await client.query<{
    generated: bigint;
    first: bigint | null;
    last: bigint | null;
    supplied: bigint[] | null;
  }>(
    `SELECT coalesce(sum(created) FILTER (WHERE ${made}), 0)::bigint AS generated,
            min(batch_id) FILTER (WHERE ${made}) AS first, max(batch_id) FILTER (WHERE ${made}) AS last,
            array_agg(batch_id) FILTER (WHERE is_supplied) AS supplied
       FROM (${CODE_BATCHES}) AS code_batch WHERE ${where}`,
    values,
  );
  const { generated = 0n, first = null, last = null, supplied = null } = rows[0] ?? {};
  return { generated: Number(generated), first, last, supplied: supplied ?? [] };
}

function totalsOfFew(batches: readonly CodeBatch[]): BatchTotals {
  const made = batches.filter(isMade);
  return {
    generated: made.reduce((sum, { created }) => sum + created, 0),
    first: made[0]?.batchId ?? null,
    last: made.at(-1)?.batchId ?? null,
    supplied: batches.filter(({ isSupplied }) => isSupplied).map(({ batchId }) => batchId),
  };
}

function isMade({ isSupplied, created }: CodeBatch): boolean {
  return !isSupplied && created > 0;
}

interface Place {
  batch: CodeBatch;
  /** How many of the batch's codes lie before the wanted ones. */
  skip: number;
}

interface From {
  offset: number;
  descending: boolean;
}

/**
 * The selected batches that have generated codes, in the order in which they were made or backwards, from the one on
 * that holds the `offset`-th of all their codes.
 */
export async function* batchesFromOffset(
  client: Client,
  selection: BatchSelection,
  from: From,
): AsyncGenerator<Place> {
  if (selection.batches !== undefined) yield* fewFromOffset(selection.batches, from);
  else yield* manyFromOffset(client, selection, from);
}

function* fewFromOffset(batches: readonly CodeBatch[], { offset, descending }: From): Generator<Place> {
  const made = batches.filter(isMade);
  let skip = offset;
  for (const batch of descending ? made.toReversed() : made) {
    if (skip < batch.created) yield { batch, skip };
    skip = Math.max(skip - batch.created, 0);
  }
}

async function* manyFromOffset(
  client: Client,
  selection: BatchSelection,
  { offset, descending }: From,
): AsyncGenerator<Place> {
  const { where, values: selected } = conditions(selection);
  const [order, isBehind] = descending ? ['DESC', '<'] : ['ASC', '>'];
  const bookmark = `$${selected.length + 1}::bigint`;
  const before = `$${selected.length + 2}::bigint`;
  // Counting on from the first batch takes a look at each: only where codes are passed over.
  const page = (isCounted: boolean) => `
    SELECT batch_id, before FROM (
      SELECT batch_id, created, ${isCounted ? `sum(created) OVER (ORDER BY batch_id ${order}) - created` : 0} AS before
        FROM (SELECT b.id AS batch_id, b.account_id AS account, b.quantity_created AS created
                FROM identifier_job j JOIN batch b ON b.id = j.batch_id WHERE b.pool_id IS NOT NULL) AS made
       WHERE ${where} AND created > 0 AND (${bookmark} IS NULL OR batch_id ${isBehind} ${bookmark})
    ) AS placed WHERE before + created > ${before} ORDER BY batch_id ${order} LIMIT ${BATCHES_AT_ONCE}`;
  for (let last: bigint | null = null, left = offset; ; left = 0) {
    const values: unknown[] = [...selected, last, left];
    const { rows } = await client.query<{ batch_id: bigint; before: bigint | number }>(
      page(left > 0),
      values,
    );
    const passed = new Map(rows.map((row) => [row.batch_id, Number(row.before)]));
    const batches = await findBatches(client, { accountId: null, batchIds: [...passed.keys()] });
    for (const batch of descending ? batches.toReversed() : batches) {
      yield { batch, skip: Math.max(left - (passed.get(batch.batchId) as number), 0) };
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
