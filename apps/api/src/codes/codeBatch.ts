import type { Caller, Client, CodeStatus } from '@codemint/db';
import { isUuid, type JobStatus, type JobType, SSCC_WIDTH } from '@codemint/shared';
import { sql } from 'kysely';
import type { MarkCondition } from './codeStatus';

/** What codes are read and written with: an identifier job, an ADI order, or codes that were imported for none. */
export interface CodeBatch {
  batchId: bigint;
  /** Null only for jobs that were brought in from elsewhere. */
  accountId: string | null;
  /** Its codes came from outside: they stand in the registry, each with an id and a status of its own. */
  isSupplied: boolean;
  /** Id of the job, if it is one. */
  jobId: string | null;
  type: JobType;
  /** Id of the product, a Digital Link path. */
  product: string | null;
  /** Of the codes' GTIN or asset type, as it stands in their links; most often the product's id. */
  path: string | null;
  /** Host of the codes' digital links; for short codes it is their domain. */
  linkHost: string;
  referenceId: string | null;
  status: JobStatus;
  quantity: number;
  /** Codes made by now; of supplied ones the former system's number, which need not be how many are here. */
  created: number;
  /** Bytes a generated code. */
  width: number;
  /** Generated codes have unreserved characters of RFC 3986 alone, which stand for themselves wherever they are. */
  isPlain: boolean;
  /**
   * How many generated codes have each status but `unassigned`; null where none has another one. Of a selection with
   * reservations those alone count that one of them took.
   */
  marked: Readonly<Partial<Record<CodeStatus, number>>> | null;
  userCreated: string | null;
  dateCreated: Date | null;
}

/** Which batches: those that the account may see (null: of all accounts), and of these only the given ones. */
interface BatchSelection {
  accountId: string | null;
  batchIds: readonly bigint[] | null;
  /** All of them in the order in which they were made, where they are few and known already. */
  batches?: readonly CodeBatch[];
}

/** Which codes: all that some batches have, or those with some marks. */
export interface CodeSelection extends BatchSelection {
  marks?: MarkCondition;
}

interface Row {
  batch_id: bigint;
  account: string | null;
  is_supplied: boolean;
  identifier_job: string | null;
  type: JobType;
  product: string | null;
  path: string | null;
  link_host: string;
  reference_id: string | null;
  status: JobStatus;
  quantity: number | null;
  created: number;
  width: number | null;
  is_plain: boolean | null;
  marked: CodeBatch['marked'];
  user_created: string | null;
  date_created: Date | null;
}

/**
 * SQL: `CodeBatch.marked` of the batch `b`, which most often takes one look.
 * @param rows condition of the rows `s` of code_status that count
 */
const markedBy = (rows: string) => `
         CASE WHEN EXISTS (SELECT 1 FROM code_status s WHERE ${rows})
              THEN (SELECT jsonb_object_agg(status, codes)
                      FROM (SELECT status, sum(count) AS codes FROM code_status s WHERE ${rows}
                             GROUP BY status) AS marks) END`;

/** SQL: the path of the namespace `n`. */
const PATH = `CASE n.kind WHEN 'sgtin' THEN '/01/' || n.key WHEN 'grai' THEN '/8003/0' || n.key END`;

/**
 * SQL: all batches whose codes are told: those of jobs, those of ADI orders with a product (not of their short ids),
 * and imported ones. A branch for each, so that a filter on the job or its product goes by the index of jobs and
 * leaves the others out.
 * @param marked SQL of `CodeBatch.marked`
 */
const codeBatches = (marked: string) => `
  SELECT b.id AS batch_id, b.account_id AS account, b.pool_id IS NULL AS is_supplied, j.id AS identifier_job, j.type,
         j.product, j.product AS path, b.link_host, j.reference_id, b.status, b.quantity,
         b.quantity_created AS created, j.length AS width, true AS is_plain, ${marked} AS marked, j.user_created,
         j.date_created
    FROM identifier_job j JOIN batch b ON b.id = j.batch_id
   UNION ALL
  SELECT b.id, b.account_id, b.pool_id IS NULL, NULL, n.kind, o.product, ${PATH}, b.link_host, NULL, b.status,
         b.quantity, b.quantity_created, octet_length(p.prefix) + p.length + octet_length(p.suffix),
         p.prefix || p.alphabet || p.suffix ~ '^[A-Za-z0-9._~-]*$', ${marked}, o.user_created, o.date_created
    FROM adi_order o JOIN batch b ON b.id = o.batch_id JOIN namespace n ON n.id = b.namespace_id
    LEFT JOIN pool p ON p.id = b.pool_id
   WHERE n.kind IN ('sgtin', 'grai')
   UNION ALL
  SELECT b.id, b.account_id, true, NULL, n.kind, ${PATH}, ${PATH}, b.link_host, NULL, b.status, b.quantity,
         b.quantity_created, NULL, NULL, NULL, NULL, NULL
    FROM batch b JOIN namespace n ON n.id = b.namespace_id
   WHERE b.pool_id IS NULL AND b.status <> 'cancelled' AND n.kind IN ('sgtin', 'grai', 'short_code')
     AND NOT EXISTS (SELECT 1 FROM identifier_job j WHERE j.batch_id = b.id)
     AND NOT EXISTS (SELECT 1 FROM adi_order o WHERE o.batch_id = b.id)`;

const OF_BATCH = 's.batch_id = b.id';

/** SQL: those batches with all that is marked. */
export const CODE_BATCHES = codeBatches(markedBy(OF_BATCH));

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
  const { rows } = await client.query<Row>({
    name: 'code-batch-of-job',
    text: `SELECT * FROM (${CODE_BATCHES}) AS code_batch
            WHERE identifier_job = $1 AND ($2::uuid IS NULL OR account = $2)`,
    values: [jobId, accountId],
  });
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
export async function findBatches(client: Client, selection: CodeSelection): Promise<readonly CodeBatch[]> {
  if (selection.batches !== undefined) return selection.batches;
  const { where, values } = conditions(selection);
  const reservations = selection.marks?.reservations;
  if (reservations !== undefined) values.push([...reservations.values()]);
  const table = reservations
    ? codeBatches(
        markedBy(`${OF_BATCH} AND s.reservation > 0 AND s.reservation = ANY ($${values.length}::bigint[])`),
      )
    : CODE_BATCHES;
  const { rows } = await client.query<Row>({
    // Planning takes longer than finding one.
    name: `code-batches${selection.accountId && '-account'}${selection.batchIds && '-ids'}${reservations ? '-reserved' : ''}`,
    text: `SELECT * FROM (${table}) AS code_batch WHERE ${where} ORDER BY batch_id`,
    values,
  });
  return rows.map(batchFromRow);
}

/** The selection as a condition on the columns of `CODE_BATCHES`, with its values from `$1` on. */
export function conditions({ accountId, batchIds }: BatchSelection) {
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
    accountId: row.account,
    isSupplied: row.is_supplied,
    jobId: row.identifier_job,
    type: row.type,
    product: row.product,
    path: row.path,
    linkHost: row.link_host,
    referenceId: row.reference_id,
    status: row.status,
    quantity: row.quantity ?? 0,
    created: row.created,
    width: row.type === 'sscc' ? SSCC_WIDTH : (row.width ?? 0),
    isPlain: row.is_plain ?? false,
    marked: row.marked,
    userCreated: row.user_created,
    dateCreated: row.date_created,
  };
}
