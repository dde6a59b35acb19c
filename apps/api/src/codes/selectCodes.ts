import {
  type CodeScope,
  type CodeStatus,
  findCode,
  findRegistered,
  type IssuedCode,
  type RegisteredCode,
  readCodesAt,
  registeredById,
} from '@codemint/db';
import { InvalidQueryError, parseCodeId, parseProductKey, ValidationError } from '@codemint/shared';
import type { Collection } from '../items/collection';
import { uniqueCode } from '../items/collections/uniqueCode';
import type { Filter } from '../items/query/itemsQuery';
import { selectRows } from '../items/read/rows';
import type { Item, Scope } from '../items/scope';
import {
  BATCHES_AT_ONCE,
  type CodeBatch,
  type CodeSelection,
  codeBatchTable,
  findBatches,
  findBatchId,
  findJobBatch,
} from './codeBatch';
import { type CodePlan, subjectOf } from './codePlan';
import { generatedRow, registeredRow } from './codeRow';
import { statusesOf } from './codeStatus';
import { type Table, tableOf, tableOfRows, tableOfSelection } from './codeTables';

/** The codes among which all are that meet a filter. */
export type Selected =
  /** Few, and read already. */
  | { kind: 'rows'; rows: Item[] }
  /** `isExact`: no others are among them. */
  | { kind: 'batches'; selection: CodeSelection; isExact: boolean };

/**
 * Finds the codes that a plan leads to, by ids, by decoding, or by what a batch's codes share: never by a look at each
 * code.
 * @throws InvalidQueryError for more ids than can be looked up
 * @throws PoolKeyError when a pool that could have made a code cannot be decoded
 */
export async function selectCodes(scope: Scope, plan: CodePlan): Promise<Selected> {
  const rows = await knownRows(scope, plan);
  if (rows !== undefined) return { kind: 'rows', rows };
  const { pool } = scope.context.database;
  const { accountId } = scope.caller;
  const batchIds = await batchesOf(scope, plan);
  const isFew = batchIds !== null && batchIds.length <= BATCHES_AT_ONCE;
  const batches = isFew ? await findBatches(pool, { accountId, batchIds }) : undefined;
  const selection = { accountId, batchIds, batches, statuses: plan.statuses };
  return { kind: 'batches', selection, isExact: plan.isExact && plan.codes === undefined };
}

/** The selected codes as a collection that answers any question. @throws InvalidQueryError if they are too many */
export async function tableOfSelected(scope: Scope, selected: Selected): Promise<Table> {
  if (selected.kind === 'rows') return tableOfRows(scope, selected.rows);
  return tableOfSelection(scope, selected.selection);
}

/** Looked up by one query. */
const MOST_IDS = 10_000;

/** Each is decoded by itself, in one namespace. */
const MOST_CODES = 100;

/** The codes that a plan names; undefined if it names none, or more than are worth to be looked up one by one. */
async function knownRows(scope: Scope, plan: CodePlan): Promise<Item[] | undefined> {
  if (plan.ids !== undefined) return rowsOfIds(scope, plan.ids);
  if (plan.codes === undefined) return undefined;
  const subject = subjectOf(plan);
  const isNarrow = subject.jobId !== undefined || subject.product !== undefined;
  if (plan.codes.length > (isNarrow ? MOST_CODES : 1)) return undefined;
  const { database, ring } = scope.context;
  const found: Found = { generated: [], registered: [] };
  for (const room of await roomsOf(scope, subject)) {
    for (const code of plan.codes) {
      found.generated.push(...(await findCode(database.pool, ring, code, room)));
      found.registered.push(...(await findRegistered(database.pool, code, room)));
    }
  }
  return rowsOf(scope, found);
}

async function rowsOfIds(scope: Scope, ids: readonly string[]): Promise<Item[]> {
  if (ids.length > MOST_IDS)
    throw new InvalidQueryError(`At most ${MOST_IDS} codes can be asked for by "id"`);
  const { pool } = scope.context.database;
  const places = ids.map(parseCodeId).filter((place) => place !== undefined);
  const generated = await readCodesAt(
    pool,
    places.map(({ batch, position }) => ({ batchId: batch, place: position })),
  );
  const registered = await registeredById(
    pool,
    ids.filter((id) => parseCodeId(id) === undefined),
  );
  return rowsOf(scope, { generated, registered });
}

interface Found {
  generated: IssuedCode[];
  registered: RegisteredCode[];
}

/** Codes of batches that the caller may not see, or of deleted jobs, are left out. */
async function rowsOf({ context, caller }: Scope, { generated, registered }: Found): Promise<Item[]> {
  const batchIds = [...new Set([...generated, ...registered].map((code) => code.batchId))];
  if (batchIds.length === 0) return [];
  const batches = await findBatches(context.database.pool, { accountId: caller.accountId, batchIds });
  const byId = new Map(batches.map((batch) => [batch.batchId, batch]));
  const statuses = await statusesOf(context.database.pool, byId, generated);
  const stated = generated.map((code, i) => ({ ...code, status: statuses[i] as CodeStatus }));
  const rows = <Code extends { batchId: bigint }>(
    codes: readonly Code[],
    toRow: (batch: CodeBatch, code: Code) => Item,
  ) =>
    codes.flatMap((code) => {
      const batch = byId.get(code.batchId);
      return batch === undefined ? [] : [toRow(batch, code)];
    });
  return [...rows(stated, generatedRow), ...rows(registered, registeredRow)];
}

/**
 * The narrowest rooms in which the code can have been made; none when it cannot have been. A product's codes are those
 * of its id, or of the GTIN that an asset has besides: that is what its orders go by.
 */
async function roomsOf(
  { context, caller }: Scope,
  { jobId, product }: ReturnType<typeof subjectOf>,
): Promise<CodeScope[]> {
  const { pool } = context.database;
  if (jobId !== undefined) {
    const batch = await findJobBatch(pool, caller, jobId);
    return batch === undefined ? [] : [{ batchId: batch.batchId }];
  }
  if (product === undefined) return [{ accountId: caller.accountId }];
  const namespace = namespaceOf(product);
  if (namespace?.kind !== 'grai') return namespace === undefined ? [] : [{ namespace }];
  const { rows } = await pool.query<{ gtin: string | null }>('SELECT gtin FROM product WHERE id = $1', [
    product,
  ]);
  const key = rows[0]?.gtin;
  return key == null ? [{ namespace }] : [{ namespace }, { namespace: { kind: 'sgtin', key } }];
}

function namespaceOf(product: string) {
  try {
    return parseProductKey(product) ?? undefined;
  } catch (error) {
    if (error instanceof ValidationError) return undefined;
    throw error;
  }
}

const { identifier_job, product, type } = uniqueCode.fields;

/** What all codes of a batch share, as a collection. */
const CODE_BATCH: Collection = {
  ...uniqueCode,
  source: 'code_batch',
  primaryKey: 'batch_id',
  fields: {
    batch_id: { type: 'bigInteger', setBy: 'server', description: 'Number of the batch.' },
    ...(identifier_job && product && type && { identifier_job, product, type }),
  },
};

/** The batches that a plan is about, others' too where it names a job; null: all. */
async function batchesOf(scope: Scope, plan: CodePlan): Promise<bigint[] | null> {
  const { batchFilters } = plan;
  if (batchFilters.length === 0) return null;
  const { jobId } = subjectOf(plan);
  if (jobId !== undefined && batchFilters.length === 1) {
    const batchId = await findBatchId(scope.context.database.pool, jobId);
    return batchId === undefined ? [] : [batchId];
  }
  const table = tableOf(scope, CODE_BATCH, codeBatchTable);
  const filter: Filter = { kind: 'and', parts: batchFilters };
  const { query } = await selectRows(table.scope, table.collection, { filter });
  const rows = await query.select('item.batch_id as batch_id').execute();
  return rows.map((row) => row.batch_id as bigint);
}
