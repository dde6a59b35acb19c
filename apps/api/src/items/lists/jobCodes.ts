import { readCodes } from '@codemint/db';
import { codeId, InvalidQueryError } from '@codemint/shared';
import { sql } from 'kysely';
import { identifierJob } from '../collections/identifierJob';
import { uniqueCode } from '../collections/uniqueCode';
import type { ListQuery, SortKey } from '../query/itemsQuery';
import type { Item, Scope } from '../scope';
import { CODE, generatedFields, linkHeads, registeredFields } from './codeColumns';
import { type CodeFilter, prepareCodeFilter } from './codeConditions';
import type { ListSource } from './listSource';

const JOB = 'job';

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
    const { generated, registered } = await prepareCodeFilter(scope, filter);
    return (job) => {
      const batch = sql.ref(`${job}.batch_id`);
      return sql`(exists (select from registry ${sql.ref(CODE)}
                           where ${sql.ref(`${CODE}.batch_id`)} = ${batch} and ${registered(job)})
        or (${generated(job)} and exists (select from chunk where batch_id = ${batch})))`;
    };
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
      lists.set(String(job.id), codes);
    }
    return lists;
  },
};

/** A job, and under their names the fields that its generated codes have in common. */
interface JobRow extends Item {
  batch_id: bigint;
  path_head: string;
  link_head: string;
  has_generated: boolean;
  registered: bigint;
}

async function readJobs(scope: Scope, jobIds: readonly string[], filter: CodeFilter): Promise<JobRow[]> {
  const batch = sql.ref(`${JOB}.batch_id`);
  const { path, link } = linkHeads(JOB);
  const { rows } = await sql<JobRow>`
    select ${sql.ref(`${JOB}.id`)}, ${batch}, ${path} as path_head, ${link} as link_head, ${selected(generatedFields(JOB))},
           ${filter.generated(JOB)} and exists (select from chunk where batch_id = ${batch}) as has_generated,
           (select count(*) from registry where batch_id = ${batch}) as registered
      from ${sql.table(identifierJob.source)} as ${sql.ref(JOB)}
     where ${sql.ref(`${JOB}.id`)} = any (${jobIds})`.execute(scope.context.database.kysely);
  return rows;
}

function selected(fields: ReturnType<typeof generatedFields>) {
  return sql.join(Object.entries(fields).map(([name, value]) => sql`${value} as ${sql.ref(name)}`));
}

/** The two kinds are each read as far as the list may reach, then put in order together. */
async function readList(
  scope: Scope,
  job: JobRow,
  filter: CodeFilter,
  { sort, limit, offset }: ListQuery,
): Promise<Item[]> {
  const end = offset + (limit ?? MAX_LISTED + 1);
  const isMaking = isOrderOfIds(sort);
  const reach = isMaking ? Math.min(end, MAX_LISTED + 1) : MAX_LISTED + 1;
  if (limit === 0) return [];
  const codes = [
    ...(job.has_generated ? await readGenerated(scope, job, filter, reach) : []),
    ...(job.registered > 0n ? await readRegistered(scope, job, filter, reach) : []),
  ];
  // What lies behind the reach is not known.
  if (codes.length > MAX_LISTED && !(isMaking && end <= MAX_LISTED)) throw tooMany();
  return codes.sort((a, b) => compare(a, b, sort)).slice(offset, end);
}

async function readGenerated(
  { context }: Scope,
  job: JobRow,
  { named }: CodeFilter,
  reach: number,
): Promise<Item[]> {
  const codes =
    named?.filter(({ batchId }) => batchId === job.batch_id) ??
    (await readCodes(context.database.pool, job.batch_id, { offset: 0, limit: reach }));
  const common = Object.fromEntries(Object.keys(uniqueCode.fields).map((name) => [name, job[name]]));
  return codes.map(({ batchId, place, code }) => ({
    ...common,
    id: codeId(batchId, place),
    code,
    digital_link: job.link_head + code,
    epc_join_key: job.path_head + code,
  }));
}

async function readRegistered(scope: Scope, job: JobRow, filter: CodeFilter, reach: number): Promise<Item[]> {
  const { rows } = await sql<Item>`
    select ${selected(registeredFields(JOB))}
      from ${sql.table(identifierJob.source)} as ${sql.ref(JOB)}
      join registry ${sql.ref(CODE)} on ${sql.ref(`${CODE}.batch_id`)} = ${sql.ref(`${JOB}.batch_id`)}
     where ${sql.ref(`${JOB}.id`)} = ${job.id} and ${filter.registered(JOB)}
     order by ${sql.ref(`${CODE}.id`)} limit ${reach}`.execute(scope.context.database.kysely);
  return rows;
}

/** Ids sort as codes were made. */
function isOrderOfIds([first]: readonly SortKey[]): boolean {
  return first?.column.field === 'id' && !first.descending;
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
