import { type RawBuilder, sql } from 'kysely';
import type { Column } from '../query/itemsQuery';
import { datePart } from '../read/functions';

/** Name of a registered code's row in a query. */
export const CODE = 'code_row';

/** Fields that tell each of a job's generated codes apart; all others but the status are the same for all of them. */
const OWN_FIELDS = new Set(['id', 'code', 'digital_link', 'epc_join_key']);

export function isOwnField(field: string): boolean {
  return OWN_FIELDS.has(field);
}

/** Fields of a code as SQL over the row of its job, and of its own where it is a registered one. */
type Fields = Readonly<Record<string, RawBuilder<unknown>>>;

function fieldsOfJob(job: string): Fields {
  return {
    product: ref(job, 'product'),
    identifier_job: ref(job, 'id'),
    type: ref(job, 'type'),
    user_updated: sql`null::uuid`,
    date_updated: sql`null::timestamptz`,
  };
}

/** @param status of the code: of its own fields, the one that many share */
export function generatedFields(job: string, status: RawBuilder<unknown>): Fields {
  return {
    ...fieldsOfJob(job),
    user_created: ref(job, 'user_created'),
    date_created: ref(job, 'date_created'),
    status,
    custom_id: sql`null::text`,
  };
}

export function registeredFields(job: string): Fields {
  const own = ['id', 'user_created', 'date_created', 'status', 'custom_id', 'code'];
  return { ...fieldsOfJob(job), ...Object.fromEntries(own.map((name) => [name, ref(CODE, name)])) };
}

function ref(alias: string, column: string): RawBuilder<unknown> {
  return sql`${sql.ref(`${alias}.${column}`)}`;
}

/** The value of a column of theirs; undefined if they do not have it. */
export function valueIn(fields: Fields, { path, field, fn }: Column): RawBuilder<unknown> | undefined {
  const value = path.length === 0 ? fields[field] : undefined;
  return value === undefined || fn === undefined || fn === 'count' ? value : datePart(fn, value);
}
