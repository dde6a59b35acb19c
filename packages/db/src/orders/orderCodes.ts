import { codesOf, readCodeRuns, streamCodeRuns } from '../codes/codeRuns';
import type { Client } from '../connection/database';
import { type StoredOrder, suppliedIds } from './findOrders';
import { codesByOrdinal } from './ordinals';

/** Thngs of an order that are there, ascending by number. */
export interface OrderCodes {
  numbers: number[];
  codes: string[];
  /** Null where the order has no short ids. */
  shortIds: string[] | null;
}

const CODES_AT_ONCE = 10_000;

/** All codes of a completed order from number `from` on, by short queries, so that a slow reader holds nothing. */
export async function* streamOrderCodes(
  client: Client,
  order: StoredOrder,
  from = 0,
): AsyncGenerator<OrderCodes> {
  const pages = order.isSupplied ? suppliedPages(client, order, from) : generatedPages(client, order, from);
  for await (const { numbers, codes } of pages) {
    yield { numbers, codes, shortIds: await shortIdsOf(client, order, numbers) };
  }
}

interface Page {
  numbers: number[];
  codes: string[];
}

async function* generatedPages(client: Client, order: StoredOrder, from: number): AsyncGenerator<Page> {
  let next = from;
  for await (const run of streamCodeRuns(client, order.batchId, from)) {
    const codes = codesOf(run).slice(0, order.created - next);
    const start = next;
    next += codes.length;
    // A chunk is empty where others had all of its codes.
    if (codes.length > 0) yield { numbers: codes.map((_, i) => start + i), codes };
    if (next >= order.created) return;
  }
}

async function* suppliedPages(client: Client, order: StoredOrder, from: number): AsyncGenerator<Page> {
  for (let next = from; ; ) {
    const { rows } = await client.query<{ place: number; code: string }>(
      `SELECT place, code FROM registry WHERE batch_id = $1 AND place >= $2 ORDER BY place LIMIT ${CODES_AT_ONCE}`,
      [order.batchId, next],
    );
    if (rows.length > 0) yield { numbers: rows.map((row) => row.place), codes: rows.map((row) => row.code) };
    const last = rows.at(-1);
    if (last === undefined || rows.length < CODES_AT_ONCE) return;
    next = last.place + 1;
  }
}

/** @param numbers ascending and close together */
async function shortIdsOf(
  client: Client,
  { shortBatchId }: StoredOrder,
  numbers: readonly number[],
): Promise<string[] | null> {
  const [first, last] = [numbers[0], numbers.at(-1)];
  if (shortBatchId === null || first === undefined || last === undefined) return null;
  const runs = await readCodeRuns(client, shortBatchId, { offset: first, limit: last - first + 1 });
  const all = runs.flatMap(codesOf);
  return numbers.map((number) => all[number - first] as string);
}

/** Code and short id by number, of those that are there. */
export async function readOrderCodes(
  client: Client,
  order: StoredOrder,
  numbers: readonly number[],
): Promise<Map<number, { code: string; shortId: string | null }>> {
  const { shortBatchId } = order;
  const codes = order.isSupplied
    ? await suppliedByNumber(client, order, numbers)
    : await codesByOrdinal(
        client,
        order.batchId,
        numbers.filter((number) => number < order.created),
      );
  const shortIds =
    shortBatchId === null ? undefined : await codesByOrdinal(client, shortBatchId, [...codes.keys()]);
  return new Map(
    [...codes].map(([number, code]) => [number, { code, shortId: shortIds?.get(number) ?? null }]),
  );
}

/** The supplied identifiers with these numbers, without refused ones. */
export async function suppliedByNumber(
  client: Client,
  { batchId }: Pick<StoredOrder, 'batchId'>,
  numbers: readonly number[],
): Promise<Map<number, string>> {
  const { rows } = await client.query<{ place: number; code: string }>(
    'SELECT place, code FROM registry WHERE batch_id = $1 AND place = ANY ($2::int[])',
    [batchId, numbers],
  );
  return new Map(rows.map(({ place, code }) => [place, code]));
}

/**
 * The number of each identifier in an order, undefined where it is none of the order's. Supplied ones have a number
 * also where they were refused.
 */
export async function numbersOfIds(
  client: Client,
  order: StoredOrder,
  ids: readonly string[],
): Promise<(number | undefined)[]> {
  const numbers = new Map<string, number>();
  if (order.isSupplied) {
    for (const [number, id] of (await suppliedIds(client, order.id)).entries()) numbers.set(id, number);
  } else {
    for await (const page of generatedPages(client, order, 0)) {
      for (const [i, code] of page.codes.entries()) numbers.set(code, page.numbers[i] as number);
    }
  }
  return ids.map((id) => numbers.get(id));
}
