import { UNMARKED } from '@codemint/db';
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { CODE } from './codeColumns';
import type { CodeFilter, NamedCode } from './codeConditions';

/** SQL: whether some registered code of the job meets the filter. */
export function someRegistered({ registered }: CodeFilter, job: string): RawBuilder<SqlBool> {
  return sql`exists (select from registry ${sql.ref(CODE)}
                      where ${sql.ref(`${CODE}.batch_id`)} = ${sql.ref(`${job}.batch_id`)} and ${registered(job)})`;
}

/** SQL: whether some generated code of the job meets the filter. */
export function someGenerated(filter: CodeFilter, job: string): RawBuilder<SqlBool> {
  const met = filter.generated(job, { status: sql`made.status`, isNamed: sql`made.is_named` });
  return sql`exists (select from (${kindsOfGenerated(filter, job)}) as made where ${met})`;
}

/**
 * SQL: what a job's generated codes are, `status` and `is_named`. A named one counts as any of its status, too: what
 * that one meets, it meets.
 */
function kindsOfGenerated({ named, isOfStatus }: CodeFilter, job: string): RawBuilder<unknown> {
  const batch = sql.ref(`${job}.batch_id`);
  const batchIds = named.map(({ batchId }) => batchId);
  const someMade = sql`exists (select from chunk where batch_id = ${batch})`;
  if (!isOfStatus) {
    return sql`select ${UNMARKED.status}::text as status, ${batch} = any (${batchIds}) as is_named where ${someMade}`;
  }
  // What most jobs have none of is asked for first.
  return sql`
    select status, false as is_named from code_status where batch_id = ${batch}
     union all
    select ${UNMARKED.status}::text, false
     where ${someMade} and (not exists (select from code_status where batch_id = ${batch})
        or (select sum(count) from chunk where batch_id = ${batch})
         > (select sum(count) from code_status where batch_id = ${batch}))
     union all
    select named.status, true from ${namedCodes(named)} where named.batch_id = ${batch}`;
}

/** SQL: `number`, from 1 on, `batch_id` and `status` of the codes. */
export function namedCodes(named: readonly NamedCode[]): RawBuilder<unknown> {
  const batchIds = named.map(({ batchId }) => batchId);
  const statuses = named.map(({ status }) => status);
  return sql`unnest(${batchIds}::bigint[], ${statuses}::text[]) with ordinality as named (batch_id, status, number)`;
}
