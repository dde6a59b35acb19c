import type { KeyRing } from '@codemint/shared';
import { findCode } from '../codes/findCode';
import { findRegistered } from '../codes/registered';
import type { Client } from '../connection/database';
import { findOrderOfBatch, readOrders, type StoredOrder } from './findOrders';
import type { ListPage } from './listPage';
import { numbersOfIds, readOrderCodes } from './orderCodes';
import { passes, type ThngFilter, templateCondition } from './thngFilters';

/** A Thng of a completed order. */
export interface StoredThng {
  order: StoredOrder;
  /** In the order. */
  number: number;
  code: string;
  shortId: string | null;
}

/** More than an order has Thngs: of two Thngs the one of the later order has the higher place. */
const PLACES = 32_768n;

/** Where a Thng stands among all: by the number of its order, then by its own. */
export function placeOfThng({ order, number }: Pick<StoredThng, 'order' | 'number'>): bigint {
  return order.number * PLACES + BigInt(number);
}

/** The numbers of its page are the Thngs' places. */
export interface ThngSelection extends ListPage {
  /** Null: every account. */
  accountId: string | null;
  filters: readonly ThngFilter[];
}

/**
 * A page of Thngs by their places. Orders are passed one by one, whatever number of Thngs they have; a Thng by its own
 * code is found by decoding it.
 * @throws PoolKeyError, InvalidQueryError as findCode
 */
export async function listThngs(
  client: Client,
  ring: KeyRing,
  selection: ThngSelection,
): Promise<StoredThng[]> {
  const { filters, after, descending, limit } = selection;
  const isBehind = (thng: StoredThng) =>
    after === null || (descending ? placeOfThng(thng) < after : placeOfThng(thng) > after);
  const found = filters.some(({ on }) => on === 'identifiers')
    ? (await findByCode(client, ring, selection)).filter(isBehind)
    : [];
  const alike = await readAlike(client, selection);
  const direction = descending ? -1 : 1;
  return [...found, ...alike]
    .sort((a, b) => direction * (placeOfThng(a) < placeOfThng(b) ? -1 : 1))
    .slice(0, limit);
}

/** Thngs that pass the filters by their own codes: a few at most. */
async function findByCode(
  client: Client,
  ring: KeyRing,
  { accountId, filters }: ThngSelection,
): Promise<StoredThng[]> {
  const found = new Map<bigint, StoredThng>();
  for (const filter of filters) {
    if (filter.on !== 'identifiers') continue;
    for (const code of new Set(filter.values)) {
      for (const thng of await thngsOfCode(client, ring, code, accountId)) {
        const isNamed = thng.order.identifierKey === filter.key;
        if (isNamed && passes(filters, thng.order, code)) found.set(placeOfThng(thng), thng);
      }
    }
  }
  return [...found.values()];
}

async function thngsOfCode(
  client: Client,
  ring: KeyRing,
  code: string,
  accountId: string | null,
): Promise<StoredThng[]> {
  const scope = { accountId };
  const owners = [
    ...(await findCode(client, ring, code, scope)),
    ...(await findRegistered(client, code, scope)),
  ];
  const thngs: StoredThng[] = [];
  for (const { batchId } of owners) {
    const order = await findOrderOfBatch(client, batchId, accountId);
    if (order === undefined || order.state !== 'completed') continue;
    const [number] = await numbersOfIds(client, order, [code]);
    if (number !== undefined) thngs.push(...(await readThngs(client, order, [number])));
  }
  return thngs;
}

/** Thngs of orders whose Thngs all pass the filters. */
async function readAlike(client: Client, selection: ThngSelection): Promise<StoredThng[]> {
  const { after, descending, limit } = selection;
  const thngs: StoredThng[] = [];
  // The order that the page before ended in may go on.
  for (let passed = after === null ? null : after / PLACES + (descending ? 1n : -1n); ; ) {
    const orders = await ordersBehind(client, selection, passed);
    for (const order of orders) {
      const isBegun = after !== null && order.number === after / PLACES;
      let last = isBegun ? Number(after % PLACES) : null;
      while (thngs.length < limit) {
        const numbers = nextNumbers(order, last, descending, limit - thngs.length);
        if (numbers.length === 0) break;
        thngs.push(...(await readThngs(client, order, numbers)));
        last = numbers.at(-1) as number;
      }
    }
    const end = orders.at(-1);
    if (end === undefined || orders.length < ORDERS_AT_ONCE || thngs.length === limit) return thngs;
    passed = end.number;
  }
}

/** Large orders need one, small ones more of them for a page. */
const ORDERS_AT_ONCE = 20;

/** The next orders behind the one with this number that have Thngs which pass the filters. */
function ordersBehind(
  client: Client,
  { accountId, filters, descending }: ThngSelection,
  passed: bigint | null,
): Promise<StoredOrder[]> {
  const values: unknown[] = [];
  const condition = `o.state = 'completed' AND o.created > 0 AND ${templateCondition(filters, values)}`;
  const page = { after: passed, descending, limit: ORDERS_AT_ONCE };
  return readOrders(client, { accountId, condition, page }, values);
}

/** Numbers behind `last` whose identifiers were not refused. */
function nextNumbers(
  { isSupplied, quantity, created, refused }: StoredOrder,
  last: number | null,
  descending: boolean,
  limit: number,
): number[] {
  const without = new Set(Object.values(refused ?? {}).flat());
  const end = isSupplied ? quantity : created;
  const step = descending ? -1 : 1;
  const numbers: number[] = [];
  const start = last === null ? (descending ? end - 1 : 0) : last + step;
  for (let number = start; number >= 0 && number < end && numbers.length < limit; number += step) {
    if (!without.has(number)) numbers.push(number);
  }
  return numbers;
}

async function readThngs(
  client: Client,
  order: StoredOrder,
  numbers: readonly number[],
): Promise<StoredThng[]> {
  const codes = await readOrderCodes(client, order, numbers);
  return numbers.flatMap((number) => {
    const code = codes.get(number);
    return code === undefined ? [] : [{ order, number, ...code }];
  });
}

/** One Thng by the batch of its order's codes and its number. @param accountId null: anybody's */
export async function findThng(
  client: Client,
  { batchId, number }: { batchId: bigint; number: number },
  accountId: string | null,
): Promise<StoredThng | undefined> {
  const order = await findOrderOfBatch(client, batchId, accountId);
  if (order?.state !== 'completed') return undefined;
  const [thng] = await readThngs(client, order, [number]);
  return thng;
}
