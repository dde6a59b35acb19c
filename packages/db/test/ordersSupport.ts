import type { KeyRing, SliceJob } from '@codemint/shared';
import { generated, newOrder } from '../../../tests/support/newOrder';
import {
  type CreatedOrder,
  createOrder,
  type Database,
  findOrder,
  type NamespaceKey,
  type NewOrder,
  type OrderCodes,
  registerOrder,
  type StoredOrder,
  streamOrderCodes,
} from '../src';
import { LIMITS, runToTheEnd } from './support';

export { generated, newOrder };

export function supplied(...ids: string[]) {
  return { kind: 'supplied', ids } as const;
}

/** As the product of a namespace of addProduct. */
export function productOf(namespace: NamespaceKey) {
  return { id: `/01/${namespace.key}`, gtin: namespace.key };
}

export function accept(
  database: Database,
  ring: KeyRing,
  overrides: Partial<NewOrder> = {},
  sliceSize = LIMITS.sliceSize,
): Promise<CreatedOrder> {
  return createOrder(database, ring, newOrder(overrides), { sliceSize });
}

/** Does what the workers do for an order. */
export async function complete(
  database: Database,
  ring: KeyRing,
  { id, sliceJobs, registration }: CreatedOrder,
  chunkSize?: number,
): Promise<StoredOrder> {
  await runToTheEnd(database, ring, sliceJobs as SliceJob[], { chunkSize });
  if (registration !== null) await registerOrder(database, ring, registration.order);
  return (await findOrder(database.pool, id, null)) as StoredOrder;
}

export async function allCodes(database: Database, order: StoredOrder, from = 0): Promise<OrderCodes> {
  const all: OrderCodes = { numbers: [], codes: [], shortIds: order.shortBatchId === null ? null : [] };
  for await (const page of streamOrderCodes(database.pool, order, from)) {
    all.numbers.push(...page.numbers);
    all.codes.push(...page.codes);
    all.shortIds?.push(...(page.shortIds ?? []));
  }
  return all;
}
