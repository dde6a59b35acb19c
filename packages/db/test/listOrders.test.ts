import type { KeyRing } from '@codemint/shared';
import { FIRST_ACCOUNT_ID, findOrder, findOrderOfBatch, listOrders, type OrderSelection } from '../src';
import { accept, generated, newOrder } from './ordersSupport';
import { ringOf, useInstallation } from './support';

const installation = useInstallation();
let ring: KeyRing;
let otherId: string;
const ids: string[] = [];

beforeAll(async () => {
  ring = ringOf(1);
  const { database } = installation;
  otherId = (await database.prisma.account.create({ data: { account_name: 'Other' } })).id;
  for (let i = 0; i < 6; i++) {
    const { id } = await accept(database, ring, {
      purchaseOrder: `PO-${i % 3}`,
      tags: i % 2 === 0 ? ['even', `n${i}`] : [],
      identifiers: { erp: `E${i}`, 'gs1:417': '1' },
      codes: generated(1),
    });
    ids.push(id);
  }
  await accept(database, ring, { accountId: otherId, tags: ['even'], codes: generated(1) });
});

async function list(selection: Partial<OrderSelection>): Promise<number[]> {
  const defaults = {
    accountId: FIRST_ACCOUNT_ID,
    filters: [],
    after: null,
    descending: false,
    limit: 100,
  };
  const orders = await listOrders(installation.database.pool, { ...defaults, ...selection });
  return orders.map(({ id }) => ids.indexOf(id));
}

describe('the list of orders', () => {
  it('has those of an account in the order of making, or backwards', async () => {
    expect(await list({})).toEqual([0, 1, 2, 3, 4, 5]);
    expect(await list({ descending: true })).toEqual([5, 4, 3, 2, 1, 0]);
    expect(await list({ accountId: null })).toHaveLength(7);
  });

  it.each([true, false])('comes page by page (descending: %s)', async (descending) => {
    const { pool } = installation.database;
    const pages: number[][] = [];
    for (let after: bigint | null = null; ; ) {
      const page = await listOrders(pool, {
        accountId: FIRST_ACCOUNT_ID,
        filters: [],
        after,
        descending,
        limit: 4,
      });
      pages.push(page.map(({ id }) => ids.indexOf(id)));
      after = page.at(-1)?.number ?? null;
      if (page.length < 4) break;
    }
    const all = [0, 1, 2, 3, 4, 5];
    expect(pages.flat()).toEqual(descending ? all.reverse() : all);
  });

  it.each([
    ['a tag', [{ on: 'tags', values: ['n2', 'n4'] }], [2, 4]],
    ['a purchase order', [{ on: 'purchaseOrder', values: ['PO-1'] }], [1, 4]],
    ['an identifier', [{ on: 'identifiers', key: 'erp', values: ['E3', 'E5', 'E9'] }], [3, 5]],
    ['an identifier whose key has a colon', [{ on: 'identifiers', key: 'gs1:417', values: ['2'] }], []],
    [
      'several of them',
      [
        { on: 'tags', values: ['even'] },
        { on: 'purchaseOrder', values: ['PO-0', 'PO-1'] },
      ],
      [0, 4],
    ],
    ['text that looks like SQL', [{ on: 'tags', values: ["{'; --"] }], []],
  ] as [string, OrderSelection['filters'], number[]][])('is narrowed to %s', async (_, filters, expected) => {
    expect(await list({ filters })).toEqual(expected);
  });
});

it('a single order is found by its account only, by id or by the batch of its codes', async () => {
  const { pool } = installation.database;
  const [id = ''] = ids;
  const order = await findOrder(pool, id, FIRST_ACCOUNT_ID);
  expect(order).toMatchObject({ id, purchaseOrder: 'PO-0', tags: ['even', 'n0'], linkHost: 'id.gs1.org' });
  expect(await findOrder(pool, id, otherId)).toBeUndefined();
  expect(await findOrder(pool, newOrder().id, null)).toBeUndefined();
  expect(await findOrderOfBatch(pool, order?.batchId ?? 0n, FIRST_ACCOUNT_ID)).toEqual(order);
  expect(await findOrderOfBatch(pool, order?.batchId ?? 0n, otherId)).toBeUndefined();
});
