import type { Caller } from '@codemint/db';
import { load } from 'js-yaml';
import type { Collection } from '../src/items/collection';
import { product } from '../src/items/collections/product';
import { parseQuery } from '../src/items/query/parseQuery';
import { type Api, codes, startApi } from './support';

// Fields of the types that only the newer collections have.

const POLICIES = '/items/issuing_policy';
const RESERVATIONS = '/items/code_reservation';
const KEYS = ['/01/00000000000017', '/01/00000000000024', '/01/00000000000031'];

let api: Api;
beforeAll(async () => {
  api = await startApi();
  await api.post(
    '/items/product',
    KEYS.map((id) => ({ id })),
  );
  const probabilities = [0.5, 0.0001, 1e-7];
  await api.post(
    POLICIES,
    KEYS.map((id, i) => ({ product: id, max_guess_probability: probabilities[i] })),
  );
  const { rows } = await api.database.pool.query('SELECT account_id FROM product WHERE id = $1', [KEYS[0]]);
  await api.database.pool.query(
    `INSERT INTO code_reservation (account, product, quantity, allow_partial)
     SELECT $1, $2, n, n > 2 FROM generate_series(1, 3) AS n`,
    [rows[0].account_id, KEYS[0]],
  );
});
afterAll(() => api.close());

const values = (body: { data: Record<string, unknown>[] }, field: string) =>
  body.data.map((row) => row[field]);

test.each<[string, unknown, number[]]>([
  ['_eq', '0.0001', [0.0001]],
  ['_eq', '1e-4', [0.0001]],
  ['_neq', '0.5', [1e-7, 0.0001]],
  ['_lt', '0.0001', [1e-7]],
  ['_lte', '0.0001', [1e-7, 0.0001]],
  ['_gt', '0', [1e-7, 0.0001, 0.5]],
  ['_gte', '.5', [0.5]],
  ['_between', '0.0001,1', [0.0001, 0.5]],
  ['_nbetween', '0.0001,1', [1e-7]],
  ['_in', '0.5,1e-7', [1e-7, 0.5]],
  ['_nin', '0.5', [1e-7, 0.0001]],
  ['_null', 'true', []],
  ['_nnull', 'true', [1e-7, 0.0001, 0.5]],
])('a number is filtered by %s %s', async (operator, value, expected) => {
  const answer = await api.get(
    `${POLICIES}?filter[max_guess_probability][${operator}]=${value}&sort=max_guess_probability`,
  );
  expect(values(answer.body, 'max_guess_probability')).toEqual(expected);
});

test.each([
  ['_eq', 'many'],
  ['_eq', 'Infinity'],
  ['_in', '0.5,'],
  ['_contains', '5'],
  ['_empty', 'true'],
])('%s %s is no filter of a number', async (operator, value) => {
  const answer = await api.get(`${POLICIES}?filter[max_guess_probability][${operator}]=${value}`);
  expect([answer.status, codes(answer)]).toEqual([400, ['INVALID_QUERY']]);
});

test('numbers are sorted, summed, grouped and found by a search', async () => {
  const down = await api.get(`${POLICIES}?sort=-max_guess_probability&limit=-1`);
  expect(values(down.body, 'max_guess_probability')).toEqual([0.5, 0.0001, 1e-7]);
  const query = ['sum', 'avg', 'min', 'max', 'countDistinct', 'sumDistinct'];
  const asked = query.map((operation) => `aggregate[${operation}]=max_guess_probability`).join('&');
  const [{ sum, avg, min, max, countDistinct, sumDistinct }] = (await api.get(`${POLICIES}?${asked}`)).body
    .data;
  expect([Number(sum.max_guess_probability), Number(sumDistinct.max_guess_probability)]).toEqual([
    expect.closeTo(0.5001001, 10),
    expect.closeTo(0.5001001, 10),
  ]);
  expect(Number(avg.max_guess_probability)).toBeCloseTo(0.5001001 / 3, 10);
  expect([min.max_guess_probability, max.max_guess_probability]).toEqual([1e-7, 0.5]);
  expect(countDistinct).toEqual({ max_guess_probability: '3' });
  const groups = await api.get(`${POLICIES}?groupBy=max_guess_probability&aggregate[count]=*&limit=1`);
  expect(groups.body.data).toEqual([{ max_guess_probability: 1e-7, count: '1' }]);
  expect((await api.get(`${POLICIES}?search=0.0001`)).body.data).toHaveLength(1);
  expect((await api.get(`${POLICIES}?search=0.00010`)).body.data).toHaveLength(0);
});

test.each<[string, string, boolean[]]>([
  ['_eq', 'true', [true]],
  ['_eq', '1', [true]],
  ['_eq', 'false', [false, false]],
  ['_neq', 'true', [false, false]],
  ['_null', 'true', []],
  ['_nnull', 'true', [false, false, true]],
])('yes or no is filtered by %s %s', async (operator, value, expected) => {
  const answer = await api.get(
    `${RESERVATIONS}?filter[allow_partial][${operator}]=${value}&sort=allow_partial&limit=-1`,
  );
  expect(values(answer.body, 'allow_partial')).toEqual(expected);
});

test('a filter as JSON has the value itself', async () => {
  const filter = JSON.stringify({ _and: [{ allow_partial: true }, { quantity: { _gt: 0 } }] });
  expect((await api.get(`${RESERVATIONS}?filter=${filter}`)).body.data).toHaveLength(1);
  const numeric = JSON.stringify({ max_guess_probability: { _in: [0.5, 0.25] } });
  expect((await api.get(`${POLICIES}?filter=${numeric}`)).body.data).toHaveLength(1);
});

test.each([
  ['filter[allow_partial][_eq]=maybe'],
  ['filter[allow_partial][_gt]=true'],
  ['filter[allow_partial][_in]=true'],
  ['filter[allow_partial][_contains]=t'],
  ['aggregate[sum]=allow_partial'],
  ['aggregate[min]=allow_partial'],
])('%s is refused', async (query) => {
  const answer = await api.get(`${RESERVATIONS}?${query}`);
  expect([answer.status, codes(answer)]).toEqual([400, ['INVALID_QUERY']]);
});

test('yes and no are counted and grouped', async () => {
  const { body } = await api.get(
    `${RESERVATIONS}?groupBy=allow_partial&aggregate[count]=*&sort=-allow_partial`,
  );
  expect(body.data).toEqual([
    { allow_partial: true, count: '1' },
    { allow_partial: false, count: '2' },
  ]);
});

test('exports have both as they are', async () => {
  const file = async (path: string, format: string) => (await api.get(`${path}&export=${format}`)).text;
  const numbers = `${POLICIES}?fields=max_guess_probability&sort=max_guess_probability`;
  const truths = `${RESERVATIONS}?fields=allow_partial&sort=quantity`;
  expect(await file(numbers, 'csv')).toBe('"max_guess_probability"\n1e-7\n0.0001\n0.5');
  expect(await file(truths, 'csv')).toBe('"allow_partial"\nfalse\nfalse\ntrue');
  expect(JSON.parse(await file(numbers, 'json'))).toEqual(
    [1e-7, 0.0001, 0.5].map((value) => ({ max_guess_probability: value })),
  );
  expect(load(await file(numbers, 'yaml'))).toEqual(
    [1e-7, 0.0001, 0.5].map((value) => ({ max_guess_probability: value })),
  );
  expect(load(await file(truths, 'yaml'))).toEqual(
    [false, false, true].map((value) => ({ allow_partial: value })),
  );
  expect(await file(truths, 'xml')).toContain('<allow_partial>true</allow_partial>');
  expect(await file(numbers, 'xml')).toContain('<max_guess_probability>0.0001</max_guess_probability>');
});

describe('a field on request', () => {
  const caller = { userId: 'u', role: 'operator', accountId: null } as unknown as Caller;
  const withSecret: Collection = {
    ...product,
    fields: {
      id: { type: 'string', setBy: 'server', description: 'Key.' },
      maker: { type: 'uuid', setBy: 'server', nullable: true, relation: 'account', onRequest: true, description: 'Maker.' },
      owner: { type: 'uuid', setBy: 'server', nullable: true, relation: 'account', description: 'Owner.' },
      note: { type: 'string', setBy: 'server', onRequest: true, description: 'Note.' },
    },
  }; // biome-ignore format: a table
  const fieldsOf = (fields?: string) => [...parseQuery(withSecret, caller, { fields }).fields.keys()];

  test('is no part of a plain read or of a star', () => {
    expect(fieldsOf()).toEqual(['id', 'owner']);
    expect(fieldsOf('*')).toEqual(['id', 'owner']);
    expect(fieldsOf('*.id')).toEqual(['id', 'owner']);
  });

  test('is answered where it is named', () => {
    expect(fieldsOf('*,note')).toEqual(['id', 'owner', 'note']);
    expect(fieldsOf('id,maker.account_name')).toEqual(['id', 'maker']);
  });

  test('is filtered and sorted by, but not searched', () => {
    const query = parseQuery(withSecret, caller, {
      filter: { maker: { account_name: { _eq: 'A' } }, note: 'n' },
      sort: '-note',
      search: 'n',
    });
    expect(JSON.stringify(query.filter)).toContain('"path":["maker"]');
    expect(query.sort[0]).toEqual({ column: { path: [], field: 'note' }, descending: true });
    const [, search] = (query.filter as unknown as { parts: unknown[] }).parts;
    expect(search).toMatchObject({ kind: 'or', parts: [{ column: { field: 'id' } }] });
  });
});
