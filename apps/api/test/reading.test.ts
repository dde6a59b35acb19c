import { FIRST_ACCOUNT_ID } from '@codemint/db';
import { type Api, codes, PRODUCT, startApi } from './support';

let api: Api;
const JOBS = '/items/identifier_job';
const id = (number: number) => `00000000-0000-4000-8000-00000000000${number}`;

beforeAll(async () => {
  api = await startApi();
  const job = (number: number, more: object) => ({
    id: id(number),
    product: PRODUCT,
    quantity: number,
    ...more,
  });
  await api.post(JOBS, [
    job(1, { reference_id: 'one', quantity: 96 }),
    job(2, { reference_id: null, quantity: 50 }),
    job(3, {
      reference_id: '100%_pallet',
      type: 'sscc',
      product: null,
      sscc_company_prefix: '0614141',
      quantity: 96,
    }),
    job(4, { reference_id: 'ünïcode ✓', length: 12 }),
  ]);
});
afterAll(() => api.close());

const get = (query: string) => api.get(`${JOBS}?${query}`);
const ids = async (query: string) =>
  (await get(`fields=id&${query}`)).body.data.map((item: { id: string }) => Number(item.id.at(-1)));

test('a list has everything by default, in the order of keys, and is not to be kept', async () => {
  const { status, headers, body } = await get('');
  expect(status).toBe(200);
  expect(headers.get('cache-control')).toBe('no-cache');
  expect(body.data.map((item: { id: string }) => item.id)).toEqual([id(1), id(2), id(3), id(4)]);
  expect(Object.keys(body.data[0])).toHaveLength(19);
  expect(Object.keys(body)).toEqual(['data']);
});

const PLAIN = [
  'id', 'user_created', 'date_created', 'user_updated', 'date_updated', 'length', 'quantity', 'account',
  'reference_id', 'type', 'product', 'character_set', 'status', 'sscc_start_serial', 'sscc_extension_digit',
  'sscc_company_prefix', 'domain', 'error_message', 'quantity_created',
]; // biome-ignore format: the fields of the seed page

test.each([
  ['fields=*', PLAIN],
  ['fields=', PLAIN],
  ['fields=id,status', ['id', 'status']],
  ['fields[]=id&fields[]=status', ['id', 'status']],
  ['fields[0]=id&fields[1]=status', ['id', 'status']],
  ['fields=id&fields=status', ['id', 'status']],
  ['fields=id,%20status,id', ['id', 'status']],
  ['fields=id,codes.code', ['id']],
  ['fields=id,status.x', ['id']],
  ['fields=account.account_name,id', ['id', 'account']],
  ['fields=year(date_created),id', ['date_created_year', 'id']],
  ['fields=*,unique_codes', [...PLAIN, 'unique_codes']],
])('%s', async (query, names) => {
  expect(Object.keys((await get(`${query}&limit=1`)).body.data[0])).toEqual(names);
});

test('fields through relations; a relation that is not there is null', async () => {
  const { body } = await get(
    'fields=id,account.account_name,product.product_name,product.account.id&limit=3',
  );
  expect(body.data[0]).toEqual({
    id: id(1),
    account: { account_name: 'First account' },
    product: { product_name: 'Juice' },
  });
  expect(body.data[2].product).toBe(null);
  const all = (await get('fields=*,account.*&limit=1')).body.data[0];
  expect(all.account).toMatchObject({ id: FIRST_ACCOUNT_ID, account_name: 'First account' });
  expect(all.product).toBe(PRODUCT);
  const wild = (await get('fields=*.*&limit=1')).body.data[0];
  expect(wild.product).toMatchObject({ id: PRODUCT, product_name: 'Juice' });
  expect(Object.keys(wild).sort()).toEqual(Object.keys(all).sort());
  const wilder = (await get('fields=*.*.*&limit=1')).body.data[0];
  expect(wilder).toMatchObject({ id: all.id, status: all.status, product: { id: PRODUCT, brand: null } });
});

test.each([
  ['fields=nope', 'nope', 'identifier_job', 'root'],
  ['fields=id,account.nope', 'nope', 'account', '"account"'],
  ['sort=nope', 'nope', 'identifier_job', 'root'],
  ['filter[nope][_eq]=1', 'nope', 'identifier_job', 'root'],
  ['fields=constructor', 'constructor', 'identifier_job', 'root'],
])('an unknown field is forbidden: %s', async (query, field, collection, place) => {
  const { status, body } = await get(query);
  const reason = `You don't have permission to access field "${field}" in collection "${collection}" or it does not exist. Queried in ${place}.`;
  expect(status).toBe(403);
  expect(body.errors).toEqual([{ message: reason, extensions: { reason, code: 'FORBIDDEN' } }]);
});

test.each<[string, number[]]>([
  ['sort=-quantity', [3, 1, 2, 4]],
  ['sort=quantity,-id', [4, 2, 3, 1]],
  ['sort[]=-length&sort[]=id', [4, 1, 2, 3]],
  ['sort=reference_id,id', [3, 1, 4, 2]],
  ['sort=-reference_id', [2, 4, 1, 3]],
  ['limit=2', [1, 2]],
  ['limit=-1', [1, 2, 3, 4]],
  ['limit=0', []],
  ['limit=', []],
  ['offset=3', [4]],
  ['limit=2&page=2', [3, 4]],
  ['limit=2&page=2&offset=1', [3, 4]],
  ['limit=2&page=0&offset=1', [2, 3]],
  ['foo=bar', [1, 2, 3, 4]],
])('order and pages: %s', async (query, expected) => {
  expect(await ids(query)).toEqual(expected);
});

test.each<[string, number[]]>([
  ['filter[quantity][_eq]=96', [1, 3]],
  ['filter={"quantity":{"_eq":96}}', [1, 3]],
  ['filter={"quantity":"96","type":"sscc"}', [3]],
  ['filter={"_and":[{"quantity":{"_eq":96}},{"type":{"_eq":"sgtin"}}]}', [1]],
  ['filter={"_or":[{"length":12},{"quantity":50}]}', [2, 4]],
  ['filter={"_or":[{},{"length":12}]}', [1, 2, 3, 4]],
  ['filter={"_or":[]}', [1, 2, 3, 4]],
  ['filter={"type":{"_or":[{"_eq":"sscc"},{"_eq":"grai"}]}}', [3]],
  ['filter={"reference_id":{"_eq":null}}', [2]],
  ['filter[reference_id][_eq]=null', [2]],
  ['filter[reference_id][_eq]=100%25_pallet', [3]],
  ['filter={"status":{"_eq":true}}', []],
  [`filter[id][_eq]=${id(4).toUpperCase()}`, [4]],
  [`filter[account][_eq]=${FIRST_ACCOUNT_ID}`, [1, 2, 3, 4]],
  ['filter[product]=/01/09312345551927', [1, 2, 4]],
  ['filter={}', [1, 2, 3, 4]],
])('%s', async (query, expected) => {
  expect(await ids(query)).toEqual(expected);
});

test.each([
  ['limit=1.5', '"limit" must be an integer'],
  ['limit=-2', '"limit" must be greater than or equal to -1'],
  ['limit=x', '"limit" must be a number'],
  ['offset=-1', '"offset" must be greater than or equal to 0'],
  ['page=x', '"page" must be a number'],
  ['page=9007199254740991&limit=100', '"page" is too large'],
  ['meta=nope', '"meta[0]" must be one of [total_count, filter_count]'],
  ['fields[a]=id', '"fields" must be a list of strings'],
  ['filter="abc"', 'Invalid filter key "_eq" on "identifier_job"'],
  ['filter={"status":null}', 'Invalid filter object'],
  ['limit=Infinity', '"limit" cannot be infinity'],
  ['limit=99999999999999999999', '"limit" must be a safe number'],
  ['page=-1', '"page" must be greater than or equal to 0'],
  ['alias=x', 'Invalid JSON for alias object'],
  ['alias[a]=b.c', '"alias" key/value can\'t contain a period character `.`'],
  ['deep=[]', '"deep" has to be an object'],
])('%s is an invalid query', async (query, reason) => {
  const { status, body } = await get(query);
  expect(status).toBe(400);
  expect(body.errors).toEqual([
    { message: `Invalid query. ${reason}.`, extensions: { reason, code: 'INVALID_QUERY' } },
  ]);
});

test('meta counts what there is and what the filter leaves', async () => {
  const { body } = await get('meta=*&limit=1&filter[quantity]=96&fields=id');
  expect(body).toEqual({ meta: { total_count: 4, filter_count: 2 }, data: [{ id: id(1) }] });
  expect((await get('meta=filter_count&fields=id&limit=0')).body).toEqual({
    meta: { filter_count: 4 },
    data: [],
  });
  expect((await api.get(`${JOBS}?meta=total_count`, 'stranger')).body).toEqual({
    meta: { total_count: 0 },
    data: [],
  });
});

test('one item, whatever its key has in it', async () => {
  expect((await api.get(`${JOBS}/${id(1)}?fields=id,account.account_name&meta=*`)).body).toEqual({
    data: { id: id(1), account: { account_name: 'First account' } },
  });
  expect((await api.get(`/items/product/%2F01%2F09312345551927?fields=product_name`)).body).toEqual({
    data: { product_name: 'Juice' },
  });
  const unencoded = await api.get('/items/product//01/09312345551927');
  expect([unencoded.status, codes(unencoded)]).toEqual([404, ['ROUTE_NOT_FOUND']]);
});

test.each([`${JOBS}/zzz`, `${JOBS}/99999999-0000-4000-8000-000000000000`, '/items/product/a%00b'])(
  'nothing there: %s',
  async (path) => {
    const answer = await api.get(path);
    expect(answer.status).toBe(403);
    expect(answer.body.errors).toEqual([
      { message: "You don't have permission to access this.", extensions: { code: 'FORBIDDEN' } },
    ]);
  },
);

test('SEARCH takes the query in the body', async () => {
  const search = (body?: unknown) => api.request('SEARCH', JOBS, { body });
  const query = { filter: { quantity: { _eq: 96 } }, fields: ['id'], sort: ['-id'], limit: 1 };
  expect((await search({ query })).body).toEqual({ data: [{ id: id(3) }] });
  expect((await search({ keys: [id(2)], query: { fields: 'id' } })).body).toEqual({ data: [{ id: id(2) }] });
  expect((await search()).body.data).toHaveLength(4);
  expect((await search({})).body.data).toHaveLength(4);
  const deep = `{"query":{"filter":${'{"_and":['.repeat(50_000)}${']}'.repeat(50_000)}}}`;
  expect(codes(await search(deep))).toEqual(['INVALID_QUERY']);
});

test('HEAD is GET without the body', async () => {
  const answer = await api.request('HEAD', JOBS);
  expect([answer.status, answer.text]).toEqual([200, '']);
  expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
});
