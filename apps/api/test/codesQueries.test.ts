import { load } from 'js-yaml';
import { acceptJob, LARGE, makeJob, makeSliceOf, storedCodes, TWO_KEYS } from './codesSupport';
import {
  type Api,
  ASSET,
  codes as errorCodes,
  OTHER_ACCOUNT_ID,
  OTHER_PRODUCT,
  PRODUCT,
  startApi,
} from './support';

let api: Api;
let jobs: string[];
// biome-ignore lint/suspicious/noExplicitAny: items of any shape
let all: any[];
beforeAll(async () => {
  api = await startApi({ settings: TWO_KEYS });
  jobs = [
    await makeJob(api, { quantity: 130, referenceId: 'first' }),
    await makeJob(api, { type: 'grai', product: ASSET, quantity: 60, length: 10, referenceId: 'Second' }),
    await makeJob(api, { type: 'sscc', product: null, ssccCompanyPrefix: '0614141', quantity: 30 }),
  ];
  const running = await acceptJob(api, { quantity: 150, referenceId: 'running' });
  await makeSliceOf(api, running.slices[0], { maxChunks: 1 });
  jobs.push(running.id);
  // More codes than are looked at one by one, of another account.
  const large = { product: OTHER_PRODUCT, accountId: OTHER_ACCOUNT_ID, quantity: 100_001 };
  await makeJob(api, large, { sizes: LARGE });
  all = (await api.get('/items/unique_code?limit=-1')).body.data;
});
afterAll(() => api.close());

const CODES = '/items/unique_code';

async function search(query: object, more: object = {}) {
  const answer = await api.request('SEARCH', CODES, { body: { query, ...more } });
  expect([answer.status, answer.body.errors]).toEqual([200, undefined]);
  return answer.body.data;
}

type Code = Record<string, string>;

const compare = (a: string, b: string) => (a < b ? -1 : Number(a > b));

test('there are 260 codes to ask for', () => {
  expect(all).toHaveLength(260);
});

test.each<[string, object, (item: Code, index: number) => boolean]>([
  ['_in on jobs', { identifier_job: { _in: 'JOBS' } }, ({ identifier_job }) => jobs.slice(0, 2).includes(identifier_job as string)],
  ['a field of the job', { identifier_job: { reference_id: { _icontains: 'SECOND' } } }, ({ type }) => type === 'grai'],
  ['a field of its product', { product: { product_name: { _eq: 'Juice' } } }, ({ product }) => product === PRODUCT],
  ['no product', { product: { _null: true } }, ({ type }) => type === 'sscc'],
  ['the status of the job', { identifier_job: { status: { _neq: 'complete' } } }, ({ identifier_job }) => identifier_job === jobs[3]],
  ['alternatives on jobs', { _or: [{ type: 'sscc' }, { product: ASSET }] }, ({ type }) => type !== 'sgtin'],
  ['a list of the job', { identifier_job: { unique_codes: { _some: { status: 'unassigned' } } } }, () => true],
  ['another status', { status: { _in: ['encoded', 'reserved'] } }, () => false],
  ['not this status', { status: { _nin: ['encoded', 'reserved'] } }, () => true],
  ['a part of a code', { code: { _icontains: 'a' } }, ({ code }) => /a/i.test(code as string)],
  ['a beginning within a job', { type: 'grai', code: { _starts_with: '1' } }, ({ type, code }) => type === 'grai' && code?.startsWith('1') === true],
  ['a link', { digital_link: { _ends_with: '7' } }, ({ digital_link }) => digital_link?.endsWith('7') === true],
  ['nothing in custom_id', { custom_id: { _null: true } }, () => true],
  ['a time', { date_created: { _lt: '$NOW' } }, () => true],
  ['a part of a time', { 'year(date_created)': { _gt: 2020 } }, () => true],
  ['the creator', { user_created: { _eq: '$CURRENT_USER' } }, () => true],
  ['alternatives on codes', { _or: [{ code: { _eq: 'CODE' } }, { type: { _eq: 'sscc' } }] }, ({ type }, index) => type === 'sscc' || index === 7],
])('a filter on %s', async (_, asked, isMeant) => {
  const text = JSON.stringify(asked)
    .replace('"JOBS"', JSON.stringify(jobs.slice(0, 2)))
    .replace('CODE', all[7].code);
  const filter = JSON.parse(text);
  const meant = all.filter(isMeant);
  expect(await search({ filter, limit: -1 })).toEqual(meant);
  expect(await search({ filter, limit: 7, offset: 20, fields: 'id' })).toEqual(
    meant.slice(20, 27).map(({ id }) => ({ id })),
  );
  expect(await search({ filter, aggregate: { count: '*' } })).toEqual([{ count: String(meant.length) }]);
  const answer = await api.request('SEARCH', CODES, { body: { query: { filter, limit: 1, meta: '*' } } });
  expect(answer.body.meta).toEqual({ total_count: 260, filter_count: meant.length });
}); // biome-ignore format: a table

test.each<[string, (a: Code, b: Code) => number]>([
  ['-id', (a, b) => compare(b.id as string, a.id as string)],
  ['code', (a, b) => compare(a.code as string, b.code as string)],
  ['-type,code', (a, b) => compare(b.type as string, a.type as string) || compare(a.code as string, b.code as string)],
])('sorted by %s', async (sort, order) => {
  const sorted = all.toSorted(order);
  // Postgres sorts texts by its own rules: as far as letters and digits go, in a database of tests, by bytes.
  const items = await search({ sort, limit: -1, fields: ['id'] });
  if (sort === '-id') expect(items).toEqual(sorted.map(({ id }) => ({ id })));
  expect(new Set(items.map(({ id }: Code) => id)).size).toBe(all.length);
  expect(await search({ sort, limit: 10, page: 3, fields: ['id'] })).toEqual(items.slice(20, 30));
}); // biome-ignore format: a table

test('keys', async () => {
  const keys = [all[200].id, all[3].id, '00000000-0000-4000-8000-000000000000'];
  expect(await search({}, { keys })).toEqual([all[3], all[200]]);
  expect(await search({ filter: { type: 'sscc' } }, { keys })).toEqual([all[200]]);
  expect(await search({}, { keys: [] })).toEqual([]);
});

test('fields of related items, aliases and functions', async () => {
  const query = {
    fields: [
      'code',
      'year(date_created)',
      'maker.reference_id',
      'product.brand',
      'identifier_job.account.account_name',
    ],
    alias: { maker: 'identifier_job' },
    limit: 3,
    offset: 129,
  };
  const year = String(new Date().getUTCFullYear());
  const account = { account_name: 'First account' };
  expect(await search(query)).toEqual(
    [all[129], all[130], all[131]].map(({ code }, i) => ({
      code,
      date_created_year: year,
      maker: { reference_id: i === 0 ? 'first' : 'Second' },
      product: { brand: null },
      identifier_job: { account },
    })),
  );
});

test('aggregates from counters and from the codes', async () => {
  expect(await search({ aggregate: { count: '*' }, groupBy: 'type', sort: '-count' })).toEqual([
    { type: 'sgtin', count: '170' },
    { type: 'grai', count: '60' },
    { type: 'sscc', count: '30' },
  ]);
  expect(await search({ aggregate: { count: '*' }, groupBy: 'identifier_job', limit: 2, offset: 1, sort: 'count' })).toEqual([
    { identifier_job: jobs[3], count: '40' },
    { identifier_job: jobs[1], count: '60' },
  ]);
  const least = all.map(({ code }) => code).filter((code) => code.length === 18).toSorted()[0];
  expect(
    await search({ aggregate: { min: 'code', countDistinct: ['product', 'id'] }, filter: { type: 'sscc' } }),
  ).toEqual([{ min: { code: least }, countDistinct: { product: '0', id: '30' } }]);
  expect(await search({ groupBy: 'year(date_created)', aggregate: { count: 'id' } })).toEqual([
    { date_created_year: String(new Date().getUTCFullYear()), count: { id: '260' } },
  ]);
  expect(await search({ aggregate: { count: '*' }, filter: { identifier_job: { _eq: api.userIds.operator } } })).toEqual([
    { count: '0' },
  ]);
}); // biome-ignore format: queries on a line

test('what would take a look at too many codes is refused, and says so; the rest is answered', async () => {
  const queries = ['filter[code][_contains]=a', 'sort=code', 'aggregate[max]=code', 'search=a', 'filter[_or][0][code]=a&filter[_or][1][code]=b'];
  for (const query of queries) {
    for (const as of ['stranger', 'admin'] as const) {
      const answer = await api.get(`${CODES}?${query}`, as);
      expect([answer.status, errorCodes(answer)]).toEqual([400, ['INVALID_QUERY']]);
      expect(answer.body.errors[0].message).toMatch(/^Invalid query\. This takes a look at each of 100\d\d\d codes/);
    }
    expect((await api.get(`${CODES}?${query}`)).status).toBe(200);
    const ofJob = `filter[_and][0][identifier_job]=${jobs[0]}`;
    expect((await api.get(`${CODES}?${ofJob}&${query.replace('filter', 'filter[_and][1]')}`, 'admin')).status).toBe(200);
  }
  for (const query of ['aggregate[count]=*', 'meta=*&limit=1', 'sort=-id&limit=1&offset=99999', `filter[product]=${OTHER_PRODUCT}`, 'limit=1&page=100001']) {
    expect((await api.get(`${CODES}?${query}`, 'stranger')).body.data).not.toEqual([]);
  }
}); // biome-ignore format: queries on a line

test('nobody learns of another account’s codes', async () => {
  const [foreign] = await storedCodes(api, jobs[0] as string);
  const queries = [`filter[code]=${foreign}`, `filter[identifier_job]=${jobs[0]}`, `filter[id]=${all[0].id}`, `filter[product]=${PRODUCT}`, 'filter[identifier_job][reference_id]=first'];
  for (const query of queries) {
    expect((await api.get(`${CODES}?${query}`, 'stranger')).body.data).toEqual([]);
    expect((await api.get(`${CODES}?${query}&aggregate[count]=*`, 'stranger')).body.data).toEqual([{ count: '0' }]);
    const { meta } = (await api.get(`${CODES}?${query}&meta=*`, 'stranger')).body;
    expect(meta).toEqual({ total_count: 100_001, filter_count: 0 });
  }
}); // biome-ignore format: queries on a line

test('every export has the items of the list', async () => {
  const query = 'fields=*,identifier_job.reference_id,product.product_name&limit=200';
  const { data } = (await api.get(`${CODES}?${query}`)).body;
  expect((await api.get(`${CODES}?export=json&${query}`)).text).toBe(JSON.stringify(data, null, '\t'));
  expect(load((await api.get(`${CODES}?export=yaml&${query}`)).text)).toEqual(data);
  const csv = (await api.get(`${CODES}?export=csv&fields=id,code,product.product_name&limit=-1`)).text.split(
    '\n',
  );
  expect(csv[0]).toBe('"id","code","product.product_name","product"');
  const names: Record<string, string> = { [PRODUCT]: '"Juice"', [ASSET]: '"Crate"' };
  expect(csv.slice(1)).toEqual(
    all.map(({ id, code, product }) => `"${id}","${code}",${names[product] ?? ''},`),
  );
  const xml = (await api.get(`${CODES}?export=xml&fields=code&limit=2`)).text;
  expect(xml).toBe(
    `<?xml version='1.0'?>\n<data>\n    <data>\n        <code>${all[0].code}</code>\n    </data>\n    <data>\n        <code>${all[1].code}</code>\n    </data>\n</data>`,
  );
  for (const [format, text] of [
    ['csv', ''],
    ['json', '[]'],
    ['xml', "<?xml version='1.0'?>\n<data/>"],
  ]) {
    const empty = await api.get(`${CODES}?export=${format}&filter[status]=encoded`);
    expect([empty.status, empty.text]).toEqual([200, text]);
  }
  const body = {
    query: { export: 'csv', fields: ['code'], filter: { type: 'sscc' }, aggregate: { count: '*' } },
  };
  expect((await api.request('SEARCH', CODES, { body })).text).toBe('"count"\n"30"');
});

test('a whole job is exported, backwards too', async () => {
  const query = 'fields=code&limit=-1&export=csv';
  const forwards = (await api.get(`${CODES}?${query}`, 'stranger')).text.split('\n');
  expect(forwards).toHaveLength(100_002);
  const backwards = (await api.get(`${CODES}?${query}&sort=-id`, 'stranger')).text.split('\n');
  expect(backwards.slice(1)).toEqual(forwards.slice(1).toReversed());
});
