import { type EventSelection, listEvents, type StoredOrder } from '../src';
import { acceptEvent } from './eventsSupport';
import { accept, complete } from './ordersSupport';
import { ringOf, useInstallation } from './support';

const installation = useInstallation();
let order: StoredOrder;
const ids: string[] = [];

beforeAll(async () => {
  const { database } = installation;
  const ring = ringOf(1);
  order = await complete(database, ring, await accept(database, ring));
  const other = await complete(database, ring, await accept(database, ring));
  for (let i = 0; i < 6; i++) {
    await acceptEvent(database, ring, other, { tags: ['even'] });
    const overrides = {
      tags: i % 2 === 0 ? ['even', `n${i}`] : [],
      identifiers: { erp: `E${i}`, line: '1' },
    };
    ids.push((await acceptEvent(database, ring, order, overrides)).event);
  }
});

async function list(selection: Partial<EventSelection>) {
  const defaults = { orderId: order.id, filters: [], after: null, descending: false, limit: 100 };
  return listEvents(installation.database.pool, { ...defaults, ...selection });
}

const placesOf = async (selection: Partial<EventSelection>) =>
  (await list(selection)).map(({ id }) => ids.indexOf(id));

test('an order’s events are listed in the order of making, or backwards', async () => {
  expect(await placesOf({})).toEqual([0, 1, 2, 3, 4, 5]);
  expect(await placesOf({ descending: true })).toEqual([5, 4, 3, 2, 1, 0]);
  expect(await placesOf({ orderId: 'none' })).toEqual([]);
});

test.each([
  [false, [0, 1, 2, 3], [4, 5]],
  [true, [5, 4, 3, 2], [1, 0]],
])('they come page by page (descending: %s)', async (descending, first, second) => {
  const page = await list({ descending, limit: 4 });
  expect(page.map(({ id }) => ids.indexOf(id))).toEqual(first);
  const after = page.at(-1)?.number ?? null;
  expect(await placesOf({ descending, limit: 4, after })).toEqual(second);
});

test.each<[EventSelection['filters'], number[]]>([
  [[{ on: 'tags', values: ['even'] }], [0, 2, 4]],
  [[{ on: 'tags', values: ['n0', 'n4', 'x'] }], [0, 4]],
  [[{ on: 'identifiers', key: 'erp', values: ['E1', 'E2'] }], [1, 2]],
  [[{ on: 'purchaseOrder', values: ['PO-1'] }], [0, 1, 2, 3, 4, 5]],
  [[{ on: 'purchaseOrder', values: ['PO-2'] }], []],
  [
    [
      { on: 'tags', values: ['even'] },
      { on: 'identifiers', key: 'erp', values: ['E1', 'E2'] },
    ],
    [2],
  ],
])('filters narrow the list: %j', async (filters, expected) => {
  expect(await placesOf({ filters })).toEqual(expected);
  expect(await placesOf({ filters, descending: true, limit: 1 })).toEqual(expected.slice(-1));
});
