import { type RawBuilder, sql } from 'kysely';
import type { Collection } from '../items/collection';
import { uniqueCode } from '../items/collections/uniqueCode';
import type { Filter, Grouping, ItemsQuery } from '../items/query/itemsQuery';
import { readGroups } from '../items/read/groups';
import type { Item, Scope } from '../items/scope';
import { codeBatchTable } from './codeBatch';
import { isCounted } from './codePlan';
import { hasMarks, type MarkCondition } from './codeStatus';
import { tableOf } from './codeTables';
import { reservedBatches } from './reservedCodes';

/** Every code has a value there. */
const NEVER_NULL = ['*', 'id', 'code', 'digital_link', 'epc_join_key', 'status', 'type'];

/** Whether counters tell the groups of codes: nothing but counts is asked for, by what many codes share. */
export function isCountable({ groups, aggregates }: Grouping): boolean {
  return (
    aggregates.every(({ operation, field }) => operation === 'count' && NEVER_NULL.includes(field)) &&
    groups.every(isCounted)
  );
}

/** So many codes of a batch have that status, and that reservation where it is asked for. */
const COUNTS: Collection = {
  ...uniqueCode,
  source: 'code_count',
  fields: {
    ...uniqueCode.fields,
    codes: { type: 'bigInteger', setBy: 'server', description: 'How many codes.' },
  },
};

/** SQL: counts of registered codes. @param of condition of the row `kept` */
const suppliedOf = (of: RawBuilder<unknown>) => sql`
  SELECT counted.account, identifier_job, counted.product, type, counted.status, reserved_by.id AS reservation, codes
    FROM (
      SELECT account, identifier_job, product, type, kept.status, kept.reservation, count(*) AS codes
        FROM (${codeBatchTable}) AS code_batch JOIN registry kept USING (batch_id) WHERE is_supplied AND ${of}
       GROUP BY batch_id, account, identifier_job, product, type, kept.status, kept.reservation
    ) AS counted LEFT JOIN code_reservation reserved_by ON reserved_by.number = counted.reservation`;

const SUPPLIED = suppliedOf(sql`true`);

/** SQL: counts of generated codes that are all unassigned. @param of condition of the row `code_batch` */
const unassignedOf = (of: RawBuilder<unknown>) => sql`
  SELECT account, identifier_job, product, type, 'unassigned'::text AS status, NULL::uuid AS reservation,
         created::bigint AS codes
    FROM (${codeBatchTable}) AS code_batch WHERE NOT is_supplied AND created > 0 AND ${of}`;

/** While no generated code has another status. */
const UNMARKED_TABLE = sql`${unassignedOf(sql`true`)} UNION ALL ${SUPPLIED}`;

const HAS_MARKS = sql.raw('EXISTS (SELECT 1 FROM code_status s WHERE s.batch_id = code_batch.batch_id)');

/** Batches with other statuses are apart: only they are looked into. */
const MARKED_TABLE = sql`
  ${unassignedOf(sql`NOT ${HAS_MARKS}`)}
   UNION ALL
  SELECT code_batch.account, identifier_job, code_batch.product, type, stated.status, reserved_by.id, codes
    FROM (${codeBatchTable}) AS code_batch
   CROSS JOIN LATERAL (
           SELECT coalesce(status, 'unassigned') AS status, reservation,
                  CASE WHEN status IS NULL THEN created - sum(count) ELSE sum(count) END AS codes
             FROM code_status s WHERE s.batch_id = code_batch.batch_id
            GROUP BY GROUPING SETS ((status, reservation), ())
         ) AS stated
    LEFT JOIN code_reservation reserved_by ON reserved_by.number = stated.reservation
   WHERE ${HAS_MARKS} AND stated.codes > 0
   UNION ALL ${SUPPLIED}`;

/** Codes of some reservations alone, by their index. @param batchIds all batches with such codes */
function reservedTable(numbers: readonly bigint[], batchIds: readonly bigint[]): RawBuilder<unknown> {
  const inBatches = sql`batch_id = ANY (${batchIds}::bigint[])`;
  const isReserved = sql`reservation > 0 AND reservation = ANY (${numbers}::bigint[])`;
  return sql`
    SELECT code_batch.account, identifier_job, code_batch.product, type, stated.status, reserved_by.id AS reservation,
           codes
      FROM (${codeBatchTable}) AS code_batch
      JOIN (SELECT batch_id, status, reservation, sum(count)::bigint AS codes FROM code_status WHERE ${isReserved}
             GROUP BY batch_id, status, reservation) AS stated USING (batch_id)
      JOIN code_reservation reserved_by ON reserved_by.number = stated.reservation
     WHERE NOT is_supplied AND ${inBatches}
     UNION ALL ${suppliedOf(sql`${inBatches} AND ${isReserved}`)}`;
}

async function countsOf({ context }: Scope, reservations: MarkCondition['reservations']) {
  const { pool } = context.database;
  if (reservations !== undefined) {
    return reservedTable([...reservations.values()], await reservedBatches(pool, reservations));
  }
  return (await hasMarks(pool)) ? MARKED_TABLE : UNMARKED_TABLE;
}

/**
 * Counts of codes by groups, from the batches' counters.
 * @param filter on what counters tell apart
 * @param marks what all codes that meet it have
 */
export async function countGroups(
  scope: Scope,
  filter: Filter,
  { reservations }: MarkCondition,
  { grouping, limit, offset }: Pick<ItemsQuery, 'limit' | 'offset'> & { grouping: Grouping },
): Promise<Item[]> {
  const table = tableOf(scope, COUNTS, await countsOf(scope, reservations));
  const sums = grouping.aggregates.map(() => ({ operation: 'sum', field: 'codes' }) as const);
  const groups = await readGroups(table.scope, table.collection, {
    grouping: { ...grouping, aggregates: sums },
    filter,
    limit,
    offset,
  });
  return groups.map((group) => withCounts(group, grouping));
}

/** `{"sum":{"codes":"5"}}` becomes `{"count":"5"}`, or `{"count":{"id":"5"}}` where a field's values were counted. */
function withCounts({ sum, ...group }: Item, { aggregates }: Grouping): Item {
  if (aggregates.length === 0) return group;
  const count = (sum as { codes: string | null }).codes ?? '0';
  const fields = aggregates.map(({ field }) => field).filter((field) => field !== '*');
  return {
    ...group,
    count: fields.length === 0 ? count : Object.fromEntries(fields.map((field) => [field, count])),
  };
}

const ALL: Grouping = { groups: [], aggregates: [{ operation: 'count', field: '*' }], sort: [] };

/** How many codes meet such a filter. */
export async function countAll(scope: Scope, filter: Filter, marks: MarkCondition): Promise<number> {
  const [group] = await countGroups(scope, filter, marks, { grouping: ALL, limit: 1, offset: 0 });
  return Number(group?.count);
}
