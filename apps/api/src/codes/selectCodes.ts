import {
  type CodeMark,
  type CodeScope,
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
import type { Filter, ItemsQuery } from '../items/query/itemsQuery';
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
import type { Part } from './codeSource';
import { marksOf } from './codeStatus';
import { type Table, tableOf, tableOfRows, tableOfSelection } from './codeTables';
import { reservedBatches } from './reservedCodes';

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
  const { statuses, reservations } = plan;
  const isMarked = statuses !== undefined || reservations !== undefined;
  const wanted = { accountId, batchIds, marks: isMarked ? { statuses, reservations } : undefined };
  const isFew = batchIds !== null && batchIds.length <= BATCHES_AT_ONCE;
  const selection = { ...wanted, batches: isFew ? await findBatches(pool, wanted) : undefined };
  return { kind: 'batches', selection, isExact: plan.isExact && plan.codes === undefined };
}

/** The selected codes as a collection that answers any question. @throws InvalidQueryError if they are too many */
export async function tableOfSelected(scope: Scope, selected: Selected): Promise<Table> {
  if (selected.kind === 'rows') return tableOfRows(scope, selected.rows);
  return tableOfSelection(scope, selected.selection);
}

/** The codes of an answer that can be given without a look at each, in the order of ids. */
export function streamable(selected: Selected, { grouping, sort }: ItemsQuery): CodeSelection | undefined {
  const [first] = sort;
  const isOrderOfIds = first?.column.field === uniqueCode.primaryKey && first.column.path.length === 0;
  const isAny = selected.kind === 'batches' && selected.isExact && grouping === undefined && isOrderOfIds;
  return isAny ? selected.selection : undefined;
}

/** Which part of the selected codes a query asks for. */
export function partOf({ offset, limit, sort }: ItemsQuery): Part {
  return { offset, limit: limit ?? Number.POSITIVE_INFINITY, descending: sort[0]?.descending ?? false };
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
  const marks = await marksOf(context.database.pool, byId, generated);
  const stated = generated.map((code, i) => ({ ...code, ...(marks[i] as CodeMark) }));
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
  const { pool } = scope.context.database;
  const { batchFilters, reservations } = plan;
  const reserved = reservations && (await reservedBatches(pool, reservations));
  if (batchFilters.length === 0) return reserved ?? null;
  const { jobId } = subjectOf(plan);
  if (jobId !== undefined && batchFilters.length === 1) {
    const batchId = await findBatchId(pool, jobId);
    return batchId === undefined || reserved?.includes(batchId) === false ? [] : [batchId];
  }
  const table = tableOf(scope, CODE_BATCH, codeBatchTable);
  const filter: Filter = { kind: 'and', parts: batchFilters };
  const { query } = await selectRows(table.scope, table.collection, { filter, keys: reserved?.map(String) });
  const rows = await query.select('item.batch_id as batch_id').execute();
  return rows.map((row) => row.batch_id as bigint);
}
