import { type Client, choiceCondition, type StatusChoice } from '@codemint/db';
import {
  BATCHES_AT_ONCE,
  CODE_BATCHES,
  type CodeBatch,
  type CodeSelection,
  conditions,
  findBatches,
} from './codeBatch';
import { type MarkCondition, markingOf, shownOf } from './codeStatus';

/** What the selected batches hold, told by their counters alone. */
interface BatchTotals {
  /** Selected codes made by now. */
  generated: number;
  /** The selected ones lie between these batches; null if there are none. */
  first: bigint | null;
  last: bigint | null;
  /** Batches of supplied codes. */
  supplied: bigint[];
}

export async function totalsOf(client: Client, selection: CodeSelection): Promise<BatchTotals> {
  if (selection.batches !== undefined) return totalsOfFew(selection.batches, selection.marks);
  const totals = await totalsOfMany(client, selection);
  if (selection.marks === undefined) return totals;
  const marked = await countMarked(client, selection, selection.marks);
  const generated = markingOf(selection.marks).isAllBut ? totals.generated - marked : marked;
  return generated > 0 ? { ...totals, generated } : { ...totals, generated, first: null, last: null };
}

async function totalsOfMany(client: Client, selection: CodeSelection): Promise<BatchTotals> {
  const { where, values } = conditions(selection);
  const made = 'NOT is_supplied AND created > 0';
  const { rows } = await client.query<{
    generated: bigint;
    first: bigint | null;
    last: bigint | null;
    supplied: bigint[] | null;
  }>(
    `SELECT coalesce(sum(created) FILTER (WHERE ${made}), 0)::bigint AS generated,
            min(batch_id) FILTER (WHERE ${made}) AS first, max(batch_id) FILTER (WHERE ${made}) AS last,
            array_agg(batch_id) FILTER (WHERE is_supplied) AS supplied
       FROM (${CODE_BATCHES}) AS code_batch WHERE ${where}`,
    values,
  );
  const { generated = 0n, first = null, last = null, supplied = null } = rows[0] ?? {};
  return { generated: Number(generated), first, last, supplied: supplied ?? [] };
}

/** How many codes have a mark that tells the wanted ones. */
async function countMarked(client: Client, selection: CodeSelection, condition: MarkCondition) {
  const choice = markingOf(condition);
  if (choice.marks.length === 0) return 0;
  const { where, values } = conditions(selection);
  const chosen = choiceCondition(choice, values.length + 1);
  const { rows } = await client.query<{ count: bigint }>(
    `SELECT coalesce(sum(marked.count), 0)::bigint AS count
       FROM (${CODE_BATCHES}) AS code_batch
       JOIN (SELECT batch_id, sum(count) AS count FROM code_status WHERE ${chosen.condition}
              GROUP BY batch_id) AS marked USING (batch_id)
      WHERE ${where}`,
    [...values, ...chosen.values],
  );
  return Number(rows[0]?.count);
}

function totalsOfFew(batches: readonly CodeBatch[], marks: MarkCondition | undefined): BatchTotals {
  const shown = shownBatches(batches, marks);
  return {
    generated: shown.reduce((sum, { count }) => sum + count, 0),
    first: shown[0]?.batch.batchId ?? null,
    last: shown.at(-1)?.batch.batchId ?? null,
    supplied: batches.filter(({ isSupplied }) => isSupplied).map(({ batchId }) => batchId),
  };
}

/** Batches with generated codes of the marks, and how many of them. */
function shownBatches(batches: readonly CodeBatch[], marks: MarkCondition | undefined) {
  return batches
    .filter(({ isSupplied }) => !isSupplied)
    .map((batch) => ({ batch, count: shownOf(batch, marks) }))
    .filter(({ count }) => count > 0);
}

interface Place {
  batch: CodeBatch;
  /** How many of the batch's selected codes lie before the wanted ones. */
  skip: number;
}

interface From {
  offset: number;
  descending: boolean;
}

/**
 * The selected batches that have selected generated codes, in the order in which they were made or backwards, from
 * the one on that holds the `offset`-th of all these codes.
 */
export async function* batchesFromOffset(
  client: Client,
  selection: CodeSelection,
  from: From,
): AsyncGenerator<Place> {
  if (selection.batches !== undefined) yield* fewFromOffset(selection.batches, selection.marks, from);
  else yield* manyFromOffset(client, selection, from);
}

function* fewFromOffset(
  batches: readonly CodeBatch[],
  marks: MarkCondition | undefined,
  { offset, descending }: From,
): Generator<Place> {
  const shown = shownBatches(batches, marks);
  let skip = offset;
  for (const { batch, count } of descending ? shown.toReversed() : shown) {
    if (skip < count) yield { batch, skip };
    skip = Math.max(skip - count, 0);
  }
}

/** SQL: the batches of `CODE_BATCHES` that have pools, in two parts with an index each in the order of numbers. */
const OF_JOBS = `
  SELECT j.batch_id, b.account_id AS account, b.quantity_created AS created
    FROM identifier_job j JOIN batch b ON b.id = j.batch_id WHERE b.pool_id IS NOT NULL`;
const OF_ORDERS = `
  SELECT o.batch_id, b.account_id AS account, b.quantity_created AS created
    FROM adi_order o JOIN batch b ON b.id = o.batch_id JOIN namespace n ON n.id = b.namespace_id
   WHERE b.pool_id IS NOT NULL AND n.kind IN ('sgtin', 'grai')`;

/** SQL: the same with how many codes of the choice each has. @param chosen condition of the choice */
function madeOf({ isAllBut }: StatusChoice, chosen: string): string {
  const made = `(${OF_JOBS} UNION ALL ${OF_ORDERS}) AS made`;
  const counted = `(SELECT batch_id, sum(count) AS count FROM code_status WHERE ${chosen}
                     GROUP BY batch_id) AS marked USING (batch_id)`;
  return isAllBut
    ? `SELECT batch_id, account, created - coalesce(marked.count, 0) AS created FROM ${made} LEFT JOIN ${counted}`
    : `SELECT batch_id, account, marked.count AS created FROM ${made} JOIN ${counted}`;
}

/**
 * SQL: numbers of the next batches with selected codes, after the one in the last but one of `values` or, without the
 * counting, the last. Counting on from there takes a look at each batch: only where codes are passed over.
 */
function pagesOf(selection: CodeSelection, descending: boolean) {
  const { where, values } = conditions(selection);
  const parts = [OF_JOBS, OF_ORDERS];
  if (selection.marks !== undefined) {
    const choice = markingOf(selection.marks);
    const chosen = choiceCondition(choice, values.length + 1);
    values.push(...chosen.values);
    parts.splice(0, 2, madeOf(choice, chosen.condition));
  }
  const [order, isBehind] = descending ? ['DESC', '<'] : ['ASC', '>'];
  const bookmark = `$${values.length + 1}::bigint`;
  const passed = `$${values.length + 2}::bigint`;
  const within = `${where} AND created > 0 AND (${bookmark} IS NULL OR batch_id ${isBehind} ${bookmark})`;
  const first = `ORDER BY batch_id ${order} LIMIT ${BATCHES_AT_ONCE}`;
  // Each part ends by itself: over both at once no index gives the order.
  const firsts = parts.map((part) => `(SELECT batch_id FROM (${part}) AS made WHERE ${within} ${first})`);
  return {
    values: values as readonly unknown[],
    next: `SELECT batch_id, 0 AS before FROM (${firsts.join(' UNION ALL ')}) AS made ${first}`,
    counted: `
      SELECT batch_id, before FROM (
        SELECT batch_id, created, sum(created) OVER (ORDER BY batch_id ${order}) - created AS before
          FROM (${parts.join(' UNION ALL ')}) AS made WHERE ${within}
      ) AS placed WHERE before + created > ${passed} ${first}`,
  };
}

async function* manyFromOffset(
  client: Client,
  selection: CodeSelection,
  { offset, descending }: From,
): AsyncGenerator<Place> {
  const { values, next, counted } = pagesOf(selection, descending);
  for (let last: bigint | null = null, left = offset; ; left = 0) {
    const { rows }: { rows: { batch_id: bigint; before: bigint | number }[] } =
      left > 0
        ? await client.query(counted, [...values, last, left])
        : await client.query(next, [...values, last]);
    const passed = new Map(rows.map((row) => [row.batch_id, Number(row.before)]));
    const batches = await findBatches(client, {
      accountId: null,
      batchIds: [...passed.keys()],
      marks: selection.marks,
    });
    for (const batch of descending ? batches.toReversed() : batches) {
      yield { batch, skip: Math.max(left - (passed.get(batch.batchId) as number), 0) };
    }
    last = rows.at(-1)?.batch_id ?? null;
    if (rows.length < BATCHES_AT_ONCE) return;
  }
}
