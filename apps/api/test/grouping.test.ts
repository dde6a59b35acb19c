import { insertRows, type Row } from './queryRows';
import { type Api, startApi } from './support';

let api: Api;
let rows: Row[];
beforeAll(async () => {
  api = await startApi();
  rows = await insertRows(api);
});
afterAll(() => api.close());

const JOBS = '/items/identifier_job';
const get = (query: string) => api.get(`${JOBS}?${query}`, 'admin');
const data = async (query: string) => (await get(query)).body.data;
const total = (name: string) => rows.reduce((sum, row) => sum + Number(row[name] ?? 0), 0);
const present = (name: string) => rows.filter((row) => row[name] !== null);

test('rows and values are counted in words', async () => {
  expect(await data('aggregate[count]=*')).toEqual([{ count: '60' }]);
  expect(await data('aggregate[count]=quantity')).toEqual([
    { count: { quantity: String(present('quantity').length) } },
  ]);
  expect(await data('aggregate[countDistinct]=quantity,status')).toEqual([
    { countDistinct: { quantity: '5', status: '4' } },
  ]);
  expect(await data('aggregate={"count":["id","quantity"],"sum":"quantity"}')).toEqual([
    {
      count: { id: '60', quantity: String(present('quantity').length) },
      sum: { quantity: String(total('quantity')) },
    },
  ]);
});

test('sums and averages are in words, least and largest values as they are', async () => {
  const [{ sum, avg, min, max }] = await data(
    'aggregate[sum]=sscc_start_serial&aggregate[avg]=length&aggregate[min]=quantity,date_created,status&aggregate[max]=quantity',
  );
  expect(BigInt(sum.sscc_start_serial)).toBe(
    rows.reduce((all, row) => all + ((row.sscc_start_serial as bigint | null) ?? 0n), 0n),
  );
  expect(Number(avg.length)).toBeCloseTo(total('length') / 60);
  const dates = rows.map((row) => (row.date_created as Date).toISOString()).sort();
  expect(min).toEqual({ quantity: 4, date_created: dates[0], status: 'complete' });
  expect(max).toEqual({ quantity: 1_000_000 });
});

test('of nothing there is one answer without a group and none with one', async () => {
  const nothing = 'filter[type]=none&aggregate[count]=*&aggregate[sum]=quantity';
  expect(await data(nothing)).toEqual([{ count: '0', sum: { quantity: null } }]);
  expect(await data(`${nothing}&groupBy=status`)).toEqual([]);
});

test('groups come in their own order, or by what is asked', async () => {
  const groups = await data('aggregate[count]=*&groupBy=status');
  expect(groups.map((group: Row) => group.status)).toEqual(['complete', 'error', 'in_progress', 'new']);
  expect(groups.reduce((sum: number, { count }: { count: string }) => sum + Number(count), 0)).toBe(60);
  const names = async (sort: string) =>
    (await data(`aggregate[count]=*&aggregate[sum]=quantity&groupBy=reference_id&limit=-1&sort=${sort}`)).map(
      (group: Row) => group.sum,
    );
  const sums = (await names('sum.quantity'))
    .map((sum: { quantity: string }) => sum.quantity)
    .filter((sum: unknown) => sum !== null)
    .map(Number);
  expect(sums).toEqual([...sums].sort((a, b) => a - b));
  const counts = (await data('aggregate[count]=*&groupBy=quantity&sort=-count,quantity')).map(
    ({ count }: { count: string }) => Number(count),
  );
  expect(counts).toEqual([...counts].sort((a, b) => b - a));
});

test('functions group, several groups at a time, in pages', async () => {
  const years = await data('aggregate[sum]=quantity&groupBy=year(date_created)&sort=-year(date_created)');
  expect(years.map((group: Row) => group.date_created_year)).toEqual(['2025', '2024', '2023']);
  const pairs = await data('aggregate[count]=*&groupBy[]=year(date_created)&groupBy[]=type&limit=-1');
  expect(Object.keys(pairs[0])).toEqual(['date_created_year', 'type', 'count']);
  const second = await data('aggregate[count]=*&groupBy=year(date_created),type&limit=3&page=2');
  expect(second).toEqual(pairs.slice(3, 6));
  expect(await data('groupBy=status')).toEqual(
    ['complete', 'error', 'in_progress', 'new'].map((status) => ({ status })),
  );
  expect((await get('aggregate[count]=*&groupBy=status&meta=filter_count&search=sscc')).body.meta).toEqual({
    filter_count: rows.filter(({ type }) => type === 'sscc').length,
  });
});

test('fields, other names and single items have no part in it', async () => {
  expect(await data('aggregate[count]=*&fields=nope&alias[n]=status&sort=status')).toEqual([{ count: '60' }]);
  expect((await api.get(`${JOBS}/${rows[0]?.id}?aggregate[count]=*&fields=id`, 'admin')).body.data).toEqual({
    id: rows[0]?.id,
  });
});

test.each([
  ['aggregate[sum]=status', '"string" field type does not contain the "sum" aggregate function'],
  ['aggregate[avg]=date_created', '"timestamp" field type does not contain the "avg" aggregate function'],
  ['aggregate[max]=id', '"uuid" field type does not contain the "max" aggregate function'],
  ['aggregate[median]=quantity', 'Invalid aggregate function "median"'],
  ['aggregate[count]=*&groupBy=year(quantity)', 'Invalid function specified "year"'],
  [
    'aggregate[count]=*&groupBy=status&sort=type',
    'Groups cannot be sorted by "type", which is neither a group nor an aggregate',
  ],
  ['aggregate=x', 'Invalid JSON for aggregate object'],
  ['groupBy[a]=status', '"groupBy" must be a list of strings'],
])('%s is an invalid query', async (query, reason) => {
  const { status, body } = await get(query);
  expect([status, body.errors[0].extensions]).toEqual([400, { reason, code: 'INVALID_QUERY' }]);
});

test.each([
  'aggregate[sum]=nope',
  'aggregate[sum]=*',
  'groupBy=nope',
  'groupBy=unique_codes',
  'aggregate[count]=*&groupBy=status&sort=nope',
])('%s is forbidden', async (query) => {
  expect((await get(query)).status).toBe(403);
});
