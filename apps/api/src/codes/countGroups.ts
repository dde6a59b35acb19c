import { sql } from 'kysely';
import type { Collection } from '../items/collection';
import { uniqueCode } from '../items/collections/uniqueCode';
import type { Filter, Grouping, ItemsQuery } from '../items/query/itemsQuery';
import { readGroups } from '../items/read/groups';
import type { Item, Scope } from '../items/scope';
import { codeBatchTable } from './codeBatch';
import { isBatchColumn } from './codePlan';
import { hasMarks } from './codeStatus';
import { tableOf } from './codeTables';

/** Every code has a value there. */
const NEVER_NULL = ['*', 'id', 'code', 'digital_link', 'epc_join_key', 'status', 'type'];

/** Whether counters tell the groups of codes: nothing but counts is asked for, by what many codes share. */
export function isCountable({ groups, aggregates }: Grouping): boolean {
  return (
    aggregates.every(({ operation, field }) => operation === 'count' && NEVER_NULL.includes(field)) &&
    groups.every((column) => column.path.length === 0 && (isBatchColumn(column) || column.field === 'status'))
  );
}

/** So many codes of a batch have that status. */
const COUNTS: Collection = {
  ...uniqueCode,
  source: 'code_count',
  fields: {
    ...uniqueCode.fields,
    codes: { type: 'bigInteger', setBy: 'server', description: 'How many codes.' },
  },
};

const SUPPLIED = sql`
  SELECT account, identifier_job, product, type, kept.status, count(*) AS codes
    FROM (${codeBatchTable}) AS code_batch JOIN registry kept USING (batch_id) WHERE is_supplied
   GROUP BY batch_id, account, identifier_job, product, type, kept.status`;

/** While no generated code has another status. */
const UNMARKED_TABLE = sql`
  SELECT account, identifier_job, product, type, 'unassigned'::text AS status, created::bigint AS codes
    FROM (${codeBatchTable}) AS code_batch WHERE NOT is_supplied AND created > 0
   UNION ALL ${SUPPLIED}`;

const HAS_MARKS = sql.raw('EXISTS (SELECT 1 FROM code_status s WHERE s.batch_id = code_batch.batch_id)');

/** Batches with other statuses are apart: only they are looked into. */
const MARKED_TABLE = sql`
  SELECT account, identifier_job, product, type, 'unassigned'::text AS status, created::bigint AS codes
    FROM (${codeBatchTable}) AS code_batch WHERE NOT is_supplied AND created > 0 AND NOT ${HAS_MARKS}
   UNION ALL
  SELECT account, identifier_job, product, type, stated.status, stated.codes
    FROM (${codeBatchTable}) AS code_batch
   CROSS JOIN LATERAL (
           SELECT coalesce(status, 'unassigned') AS status,
                  CASE WHEN status IS NULL THEN created - sum(count) ELSE sum(count) END AS codes
             FROM code_status s WHERE s.batch_id = code_batch.batch_id GROUP BY GROUPING SETS ((status), ())
         ) AS stated
   WHERE ${HAS_MARKS} AND stated.codes > 0
   UNION ALL ${SUPPLIED}`;

/**
 * Counts of codes by groups, from the batches' counters.
 * @param filter on what many codes share, and on statuses
 */
export async function countGroups(
  scope: Scope,
  filter: Filter,
  { grouping, limit, offset }: Pick<ItemsQuery, 'limit' | 'offset'> & { grouping: Grouping },
): Promise<Item[]> {
  const isMarked = await hasMarks(scope.context.database.pool);
  const table = tableOf(scope, COUNTS, isMarked ? MARKED_TABLE : UNMARKED_TABLE);
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
export async function countAll(scope: Scope, filter: Filter): Promise<number> {
  const [group] = await countGroups(scope, filter, { grouping: ALL, limit: 1, offset: 0 });
  return Number(group?.count);
}
