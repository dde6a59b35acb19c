import { type RegisteredCode, reservationOf } from '@codemint/db';
import { InvalidQueryError } from '@codemint/shared';
import { sql } from 'kysely';
import { type CodeBatch, findBatches } from '../../codes/codeBatch';
import { generatedRow, registeredRow, rowsOfPage } from '../../codes/codeRow';
import { type CodePage, codePages, type Part } from '../../codes/codeSource';
import { identifierJob } from '../collections/identifierJob';
import { uniqueCode } from '../collections/uniqueCode';
import type { ListQuery, SortKey } from '../query/itemsQuery';
import type { Item, Scope } from '../scope';
import { CODE } from './codeColumns';
import { type CodeFilter, type NamedCode, prepareCodeFilter } from './codeConditions';
import { namedCodes, someGenerated, someRegistered } from './codeKinds';
import type { ListSource } from './listSource';

const JOB = 'job';

const STATUSES = uniqueCode.fields.status?.values ?? [];

/** Codes that one answer may hold in lists; more are read as a collection of their own. */
const MAX_LISTED = 100_000;

/** The codes of a job: generated ones stand in chunks, those that came from elsewhere in the registry. */
export const jobCodes: ListSource = {
  count: (job) => {
    const batch = sql.ref(`${job}.batch_id`);
    return sql`((select coalesce(sum(count), 0) from chunk where batch_id = ${batch})
      + (select count(*) from registry where batch_id = ${batch}))::numeric`;
  },

  async someMeet(scope, filter) {
    const codes = await prepareCodeFilter(scope, filter);
    return (job) => sql`(${someRegistered(codes, job)} or ${someGenerated(codes, job)})`;
  },

  async read(scope, jobIds, query) {
    refuseOtherSort(query.sort);
    const filter = await prepareCodeFilter(scope, query.filter);
    const lists = new Map<string, readonly Item[]>();
    let listed = 0;
    for (const job of await readJobs(scope, jobIds, filter)) {
      const codes = await readList(scope, job, filter, query);
      listed += codes.length;
      if (listed > MAX_LISTED) throw tooMany();
      lists.set(job.id, codes);
    }
    return lists;
  },
};

/** A job with what a filter leaves of its codes. */
interface JobCodes {
  id: string;
  batch: CodeBatch;
  /** Its generated codes of these statuses, */
  statuses: readonly string[];
  /** and of the others these. */
  named: readonly NamedCode[];
  hasRegistered: boolean;
}

interface JobRow {
  id: string;
  batch_id: bigint;
  statuses: string[];
  named: bigint[];
  has_registered: boolean;
}

async function readJobs(scope: Scope, jobIds: readonly string[], filter: CodeFilter): Promise<JobCodes[]> {
  const { kysely, pool } = scope.context.database;
  const batch = sql.ref(`${JOB}.batch_id`);
  const unnamed = filter.generated(JOB, { status: sql`made.status`, isNamed: sql`false` });
  const named = filter.generated(JOB, { status: sql`named.status`, isNamed: sql`true` });
  const { rows } = await sql<JobRow>`
    select ${sql.ref(`${JOB}.id`)}, ${batch}, ${someRegistered(filter, JOB)} as has_registered,
           array(select status from unnest(${STATUSES}::text[]) as made (status)
                  where ${unnamed}) as statuses,
           array(select number from ${namedCodes(filter.named)}
                  where named.batch_id = ${batch} and ${named}) as named
      from ${sql.table(identifierJob.source)} as ${sql.ref(JOB)}
     where ${sql.ref(`${JOB}.id`)} = any (${jobIds})`.execute(kysely);
  const found = await findBatches(pool, { accountId: null, batchIds: rows.map((row) => row.batch_id) });
  const batches = new Map(found.map((one) => [one.batchId, one]));
  return rows.flatMap(({ id, batch_id, statuses, named: numbers, has_registered: hasRegistered }) => {
    const own = batches.get(batch_id);
    const codes = numbers.map((number) => filter.named[Number(number) - 1] as NamedCode);
    const others = codes.filter(({ status }) => !statuses.includes(status));
    return own === undefined ? [] : [{ id, batch: own, statuses, named: others, hasRegistered }];
  });
}

/** In the order of ids no more is read than is wanted. */
async function readList(
  scope: Scope,
  job: JobCodes,
  filter: CodeFilter,
  { sort, limit, offset }: ListQuery,
): Promise<Item[]> {
  const count = limit ?? Number.POSITIVE_INFINITY;
  const most = MAX_LISTED + 1;
  const [first] = sort;
  if (first?.column.field === uniqueCode.primaryKey && job.named.length === 0) {
    return readPart(scope, job, filter, {
      offset,
      limit: Math.min(count, most),
      descending: first.descending,
    });
  }
  const codes = await readPart(scope, job, filter, { offset: 0, limit: most, descending: false });
  if (codes.length > MAX_LISTED) throw tooMany();
  codes.push(...job.named.map((code) => generatedRow(job.batch, code)));
  return codes.sort((a, b) => compare(a, b, sort)).slice(offset, offset + count);
}

/** A part of the codes without the named ones. */
async function readPart(scope: Scope, job: JobCodes, filter: CodeFilter, part: Part): Promise<Item[]> {
  const { batch, statuses } = job;
  if (batch.isSupplied) return job.hasRegistered ? readRegistered(scope, job, filter, part) : [];
  const selection = { accountId: null, batchIds: [batch.batchId], batches: [batch], marks: { statuses } };
  const pages: CodePage[] = [];
  for await (const page of codePages(scope.context.database.pool, selection, part)) pages.push(page);
  return pages.flatMap(rowsOfPage);
}

async function readRegistered(
  { context }: Scope,
  { id, batch }: JobCodes,
  { registered }: CodeFilter,
  { offset, limit, descending }: Part,
): Promise<Item[]> {
  const own = (column: string) => sql.ref(`${CODE}.${column}`);
  const { rows } = await sql<RegisteredCode>`
    select ${own('batch_id')} as "batchId", ${own('place')}, ${own('id')}, ${own('code')}, ${own('status')},
           ${sql.raw(reservationOf(CODE))} as reservation,
           ${own('custom_id')} as "customId", ${own('user_created')} as "userCreated",
           ${own('date_created')} as "dateCreated"
      from ${sql.table(identifierJob.source)} as ${sql.ref(JOB)}
      join registry ${sql.ref(CODE)} on ${own('batch_id')} = ${sql.ref(`${JOB}.batch_id`)}
     where ${sql.ref(`${JOB}.id`)} = ${id} and ${registered(JOB)}
     order by ${own('id')} ${descending ? sql`desc` : sql`asc`} offset ${offset} limit ${limit}`.execute(
    context.database.kysely,
  );
  return rows.map((code) => registeredRow(batch, code));
}

function compare(a: Item, b: Item, sort: readonly SortKey[]): number {
  for (const { column, descending } of sort) {
    const order = compareValues(a[column.field], b[column.field]);
    if (order !== 0) return descending ? -order : order;
  }
  return 0;
}

/** Nulls are the largest. */
function compareValues(a: unknown, b: unknown): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  const [left, right] = a instanceof Date && b instanceof Date ? [+a, +b] : [String(a), String(b)];
  return left < right ? -1 : Number(left > right);
}

function refuseOtherSort(sort: readonly SortKey[]): void {
  if (sort.every(({ column }) => column.path.length === 0 && column.fn === undefined)) return;
  throw new InvalidQueryError('A list of codes is sorted by fields of the codes alone');
}

function tooMany(): InvalidQueryError {
  return new InvalidQueryError(
    `More than ${MAX_LISTED} codes in lists: read them from the collection "${uniqueCode.name}"`,
  );
}
