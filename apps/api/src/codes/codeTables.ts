import { type Client, type Database, reservationOf } from '@codemint/db';
import { InvalidQueryError } from '@codemint/shared';
import { type RawBuilder, sql } from 'kysely';
import type { Collection } from '../items/collection';
import { uniqueCode } from '../items/collections/uniqueCode';
import type { Item, Scope } from '../items/scope';
import { type CodeBatch, type CodeSelection, findBatches } from './codeBatch';
import { countLookedAt } from './codeSource';
import { linkHeads } from './links';
import { madeCodes } from './madeCodes';

/** A collection on rows of its own, and the scope in which queries find them. */
export interface Table {
  scope: Scope;
  collection: Collection;
}

/**
 * A collection whose source is made by a query, for the engine of all collections.
 * @param rows has a column of each field's name and the one of the account
 */
export function tableOf(scope: Scope, collection: Collection, rows: RawBuilder<unknown>): Table {
  const { context } = scope;
  const kysely = context.database.kysely.with(collection.source, () => sql`(${rows})`);
  const database: Database = {
    ...context.database,
    // Reading asks for no more than this has.
    kysely: kysely as unknown as Database['kysely'],
  };
  return { scope: { ...scope, context: { ...context, database } }, collection };
}

/** Its rows are made by a query: no table is called so. */
const CODES: Collection = { ...uniqueCode, source: 'code_row' };

const ROW_COLUMNS = sql.raw(
  `id uuid, user_created uuid, date_created timestamptz, user_updated uuid, date_updated timestamptz,
   digital_link text, code text, product text, identifier_job uuid, epc_join_key text, status text, type text,
   custom_id text, reservation uuid`,
);

/** The collection unique_code with these rows alone, all of which the caller may see. */
export function tableOfRows(scope: Scope, rows: readonly Item[]): Table {
  const query = sql`SELECT *, ${scope.caller.accountId}::uuid AS account
                      FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS code (${ROW_COLUMNS})`;
  return tableOf(scope, CODES, query);
}

/** Among so many codes any question is answered: it takes half a second. */
const MOST_LOOKED_AT = 100_000;

/**
 * The collection unique_code with the selected codes alone.
 * @throws InvalidQueryError if they are too many for questions that take a look at each
 */
export async function tableOfSelection(scope: Scope, selection: CodeSelection): Promise<Table> {
  const { pool } = scope.context.database;
  const count = await countLookedAt(pool, selection);
  if (count > MOST_LOOKED_AT) {
    throw new InvalidQueryError(
      `This takes a look at each of ${count} codes, and ${MOST_LOOKED_AT} are the most: name their "id" or one "code", ` +
        'several codes with their "identifier_job" or "product", or fewer codes by these',
    );
  }
  return tableOf(scope, CODES, await selectionQuery(pool, scope, selection));
}

async function selectionQuery(
  client: Client,
  { caller }: Scope,
  selection: CodeSelection,
): Promise<RawBuilder<unknown>> {
  const batches = await findBatches(client, selection);
  const heads = sql`jsonb_to_recordset(${JSON.stringify(batches.map(headOf))}::jsonb) AS head (
    batch_id bigint, is_supplied boolean, is_plain boolean, identifier_job uuid, type text, product text, link_head text,
    key_head text, user_created uuid, date_created timestamptz)`;
  const made = sql`CASE WHEN head.is_plain THEN made.code ELSE ${escaped('made')} END`;
  const kept = escaped('kept');
  const isMarked = batches.some(({ marked }) => marked !== null);
  return sql`
    SELECT ${GENERATED_ID} AS id, head.user_created, head.date_created, NULL::uuid AS user_updated,
           NULL::timestamptz AS date_updated, head.link_head || ${made} AS digital_link, made.code, head.product,
           head.identifier_job, head.key_head || ${made} AS epc_join_key, made.status, head.type,
           NULL::text AS custom_id, made.reservation, ${caller.accountId}::uuid AS account
      FROM ${heads} CROSS JOIN LATERAL (${madeCodes(selection, isMarked)}) AS made WHERE NOT head.is_supplied
     UNION ALL
    SELECT kept.id, kept.user_created, kept.date_created, NULL, NULL, head.link_head || ${kept}, kept.code,
           head.product, head.identifier_job, head.key_head || ${kept}, kept.status, head.type, kept.custom_id,
           ${RESERVATION}, ${caller.accountId}::uuid
      FROM ${heads} JOIN registry kept ON kept.batch_id = head.batch_id WHERE head.is_supplied`;
}

function headOf(batch: CodeBatch) {
  const { digitalLink, epcJoinKey } = linkHeads(batch);
  return {
    batch_id: String(batch.batchId),
    is_supplied: batch.isSupplied,
    is_plain: batch.isPlain,
    identifier_job: batch.jobId,
    type: batch.type,
    product: batch.product,
    link_head: digitalLink,
    key_head: epcJoinKey,
    user_created: batch.userCreated,
    date_created: batch.dateCreated,
  };
}

/** As `codeId` makes it: Postgres takes 32 digits without hyphens too. */
const GENERATED_ID = sql.raw(
  `(overlay(lpad(to_hex(made.batch_id), 15, '0') placing '8' from 13 for 0)
    || '8' || lpad(to_hex(made.place), 15, '0'))::uuid`,
);

const RESERVATION = sql.raw(reservationOf('kept'));

/** The code of a row as `escapeLinkValue` makes it. */
const escaped = (row: 'made' | 'kept') =>
  sql.raw(
    `CASE WHEN ${row}.code ~ '^[A-Za-z0-9._~-]*$' THEN ${row}.code ELSE (
     SELECT string_agg(CASE WHEN character ~ '[A-Za-z0-9._~-]' THEN character
                            ELSE regexp_replace(upper(encode(convert_to(character, 'UTF8'), 'hex')), '(..)', '%\\1', 'g')
                       END, '' ORDER BY number)
       FROM regexp_split_to_table(${row}.code, '') WITH ORDINALITY AS part (character, number)) END`,
  );
