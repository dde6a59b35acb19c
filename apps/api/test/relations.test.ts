import { makeJob, TWO_KEYS } from './codesSupport';
import { DOMAIN, insertRows, type Row } from './queryRows';
import { type Api, OTHER_ACCOUNT_ID, OTHER_PRODUCT, PRODUCT, startApi } from './support';

let api: Api;
let rows: Row[];
let jobId: string;
beforeAll(async () => {
  api = await startApi({ settings: TWO_KEYS });
  rows = await insertRows(api);
  jobId = await makeJob(api, { quantity: 250, referenceId: 'with codes' });
});
afterAll(() => api.close());

const JOBS = '/items/identifier_job';

async function list(query: object, as: 'operator' | 'admin' | 'stranger' = 'operator'): Promise<Row[]> {
  const { status, body } = await api.request('SEARCH', JOBS, { body: { query }, as });
  expect([status, body.errors]).toEqual([200, undefined]);
  return body.data;
}

const item = async (query: string) => (await api.get(`${JOBS}/${jobId}?${query}`)).body.data;

test('a relation may have other names, each with a query of its own', async () => {
  const alias = { maker: 'account', other: 'account' };
  const deep = { other: { _filter: { account_name: { _eq: 'x' } } } };
  expect(await list({ fields: 'maker.account_name,other.id', alias, deep, limit: 1 })).toEqual([
    { maker: { account_name: 'First account' }, other: null },
  ]);
});

test('another name of a plain field is not answered; what has no field left is its key', async () => {
  expect(await item('alias[q]=quantity&fields=id,q')).toEqual({ id: jobId });
  expect(await item('alias={"q":"quantity"}&fields=q')).toBe(jobId);
  expect(await item('fields=codes.code')).toBe(jobId);
  expect(await item('fields=id,product.nothing.at_all')).toEqual({ id: jobId, product: PRODUCT });
  expect((await api.get(`${JOBS}?alias[q]=nope&fields=q`)).status).toBe(403);
});

test("a job's codes are a list of at most 100 unless a query says otherwise", async () => {
  const { unique_codes: ids } = await item('fields=unique_codes');
  expect(ids).toHaveLength(100);
  expect(ids).toEqual([...ids].sort());
  const { unique_codes: all } = await item('fields=unique_codes.code&deep[unique_codes][_limit]=-1');
  expect(all).toHaveLength(250);
  const { unique_codes: some } = await item(
    'fields=unique_codes.code,unique_codes.product.product_name&deep={"unique_codes":{"_limit":2,"_offset":3}}',
  );
  expect(some).toEqual([3, 4].map((i) => ({ code: all[i].code, product: { product_name: 'Juice' } })));
  const { unique_codes: page } = await item(
    'fields=unique_codes.code&deep[unique_codes][_limit]=50&deep[unique_codes][_page]=2',
  );
  expect(page).toEqual(all.slice(50, 100));
  const { unique_codes: sorted } = await item(
    'fields=unique_codes.code&deep[unique_codes][_sort]=-code&deep[unique_codes][_limit]=-1',
  );
  expect(sorted).toEqual([...all].sort((a: Row, b: Row) => (String(a.code) < String(b.code) ? 1 : -1)));
});

test('a code in a list is as a code on its own', async () => {
  const {
    unique_codes: [code],
  } = await item('fields=unique_codes.*&deep[unique_codes][_limit]=1');
  expect((await api.get(`/items/unique_code/${code.id}`)).body.data).toEqual(code);
});

test('a list is filtered by what all its codes have in common, and by one that is named', async () => {
  const {
    unique_codes: [code],
  } = await item('fields=unique_codes.*&deep[unique_codes][_limit]=1&deep[unique_codes][_offset]=7');
  const filtered = async (filter: object) =>
    (
      await list({
        fields: 'unique_codes',
        filter: { id: jobId },
        deep: { unique_codes: { _filter: filter, _limit: 3 } },
      })
    )[0]?.unique_codes;
  expect(await filtered({ code: { _eq: code.code } })).toEqual([code.id]);
  expect(await filtered({ id: { _in: [code.id, DOMAIN] } })).toEqual([code.id]);
  expect(await filtered({ code: code.code, status: 'assigned' })).toEqual([]);
  expect(await filtered({ status: 'unassigned' })).toHaveLength(3);
  expect(await filtered({ product: { _neq: PRODUCT } })).toEqual([]);
  expect(await filtered({ 'year(date_created)': { _gt: 2020 } })).toHaveLength(3);
});

test('jobs are found by their codes', async () => {
  const {
    unique_codes: [code],
  } = await item('fields=unique_codes.*&deep[unique_codes][_limit]=1');
  const ids = async (filter: object) =>
    (await list({ fields: ['id'], filter, limit: -1 })).map(({ id }) => id);
  const others = rows.filter(({ account }) => account !== OTHER_ACCOUNT_ID).map(({ id }) => id);
  expect(await ids({ unique_codes: { code: { _eq: code.code } } })).toEqual([jobId]);
  expect(await ids({ unique_codes: { _some: { status: 'unassigned', type: 'sgtin' } } })).toEqual([jobId]);
  expect(await ids({ unique_codes: { _some: { status: 'encoded' } } })).toEqual([]);
  expect(await ids({ unique_codes: { _some: {} } })).toEqual([jobId]);
  expect((await ids({ unique_codes: { _none: {} } })).sort()).toEqual(others.sort());
  expect(await ids({ 'count(unique_codes)': { _eq: 250 } })).toEqual([jobId]);
  expect(await ids({ _and: [{ 'count(unique_codes)': { _gt: 0 } }, { status: 'error' }] })).toEqual([]);
  expect(
    (await list({ fields: ['count(unique_codes)'], sort: ['-count(unique_codes)'], limit: 1 }))[0],
  ).toEqual({ unique_codes_count: '250' });
});

test.each([
  { unique_codes: { code: { _contains: 'a' } } },
  { unique_codes: { _some: { code: 'a', id: DOMAIN } } },
  { unique_codes: { digital_link: { _eq: 'x' } } },
  { unique_codes: { product: { brand: 'x' } } },
])('%j would need a look at every code', async (filter) => {
  const { status, body } = await api.request('SEARCH', JOBS, { body: { query: { filter } } });
  expect([status, body.errors[0].extensions.code]).toEqual([400, 'INVALID_QUERY']);
});

test("another account's row is as one that is not there, whatever way leads to it", async () => {
  const { pool } = api.database;
  const [own] = rows.filter(({ account, product }) => account !== OTHER_ACCOUNT_ID && product === PRODUCT);
  await pool.query('UPDATE identifier_job SET product = $1 WHERE id = $2', [OTHER_PRODUCT, own?.id]);
  const ids = async (query: object, as: 'operator' | 'admin') =>
    (await list({ fields: ['id'], limit: -1, ...query }, as)).map(({ id }) => id);
  for (const filter of [
    { product: { product_name: 'Tea' } },
    { product: { gtin: { _nnull: true }, id: OTHER_PRODUCT } },
  ]) {
    expect(await ids({ filter }, 'admin')).toContain(own?.id);
    expect(await ids({ filter }, 'operator')).toEqual([]);
  }
  expect(await ids({ filter: { product: { product_name: { _null: true } } } }, 'operator')).toContain(
    own?.id,
  );
  expect(
    (
      await ids({ sort: ['-product.product_name', 'id'], filter: { product: { _nnull: true } } }, 'operator')
    )[0],
  ).toBe(own?.id);
  const [shown] = await list({ fields: 'product.product_name', filter: { id: own?.id } });
  expect(shown).toEqual({ product: null });
  for (const query of [
    'filter[account][account_name]=Other account',
    'search=Tea',
    `filter[account]=${OTHER_ACCOUNT_ID}`,
  ]) {
    expect((await api.get(`${JOBS}?${query}`)).body.data).toEqual([]);
  }
  const { body } = await api.get(`${JOBS}?aggregate[count]=*&groupBy=account`);
  expect(body.data).toHaveLength(1);
});

test('users are behind a door that only administrators pass', async () => {
  const refused = [
    'filter[user_created][email][_nnull]=true',
    'sort=user_created.email',
    'fields=user_created.email',
    'filter[account][user_created][role]=admin',
  ];
  for (const query of refused) expect((await api.get(`${JOBS}?${query}`)).status).toBe(403);
  const [row] = await list(
    { fields: 'user_created.email', filter: { user_created: api.userIds.reader }, limit: 1 },
    'admin',
  );
  expect(row).toEqual({ user_created: { email: 'reader@example.com' } });
});
