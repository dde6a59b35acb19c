import { gunzipSync } from 'node:zlib';
import { codeId, parseCodeId } from '@codemint/shared';
import { importJob, importSome, makeJob, open, storedCodes, TWO_KEYS } from './codesSupport';
import { type Api, ASSET, OTHER_ACCOUNT_ID, OTHER_PRODUCT, PRODUCT, startApi } from './support';

const FORMER = 'f0000000-0000-4000-8000-0000000000f1';
const uuid = (number: number) => `c0de0000-0000-4000-8000-${String(number).padStart(12, '0')}`;

let api: Api;
beforeEach(async () => {
  api = await startApi({ settings: TWO_KEYS });
  const data = { domain_name: 'go.example.com', account_id: OTHER_ACCOUNT_ID };
  await api.database.prisma.domain.create({ data });
  await importJob(api, { id: FORMER });
  await importSome(api, [
    { product: PRODUCT, identifier_job: FORMER, code: 'BBBBBBBB', id: uuid(2), status: 'encoded', custom_id: 'mine' },
    { product: PRODUCT, identifier_job: FORMER, code: 'a,"b&<%', id: uuid(1), date_created: '2024-04-01T10:00:00Z' },
    { product: ASSET, code: 'crate-1', id: uuid(9), status: 'assigned' },
    { product: OTHER_PRODUCT, code: 'tea', id: uuid(5) },
    { domain: 'go.example.com', code: 'short', id: uuid(6) },
  ]); // biome-ignore format: one a line
});
afterEach(() => api.close());

const CODES = '/items/unique_code';

async function list(query: string, as?: 'admin' | 'operator' | 'stranger') {
  const answer = await api.get(`${CODES}?${query}`, as);
  expect([answer.status, answer.body.errors]).toEqual([200, undefined]);
  return answer.body.data;
}

const codesOf = (items: readonly { code: string }[]) => items.map(({ code }) => code);

test('an imported code has its own id, status and times, and the links of its job', async () => {
  expect(await list(`filter[identifier_job][_eq]=${FORMER}`)).toEqual([
    {
      id: uuid(1),
      user_created: null,
      date_created: '2024-04-01T10:00:00.000Z',
      user_updated: null,
      date_updated: null,
      digital_link: `https://id.gs1.org${PRODUCT}/21/a%2C%22b%26%3C%25`,
      code: 'a,"b&<%',
      product: PRODUCT,
      identifier_job: FORMER,
      epc_join_key: `${PRODUCT}/21/a%2C%22b%26%3C%25`,
      status: 'unassigned',
      type: 'sgtin',
      custom_id: null,
    },
    expect.objectContaining({ id: uuid(2), code: 'BBBBBBBB', status: 'encoded', custom_id: 'mine' }),
  ]);
});

test('a code that was imported for no job has its product or domain', async () => {
  const [crate] = await list('filter[status][_eq]=assigned');
  expect(crate).toMatchObject({
    code: 'crate-1',
    product: ASSET,
    identifier_job: null,
    type: 'grai',
    epc_join_key: `${ASSET}crate-1`,
  });
  const [short] = await list('filter[type][_eq]=short_code', 'stranger');
  expect(short).toMatchObject({
    code: 'short',
    product: null,
    digital_link: 'https://go.example.com/short',
    epc_join_key: '/go.example.com/short',
  });
});

const found: [string, string[]][] = [
  [`filter[id][_eq]=${uuid(2)}`, ['BBBBBBBB']],
  [`filter[id][_eq]=${uuid(2).toUpperCase()}`, ['BBBBBBBB']],
  [`filter[id][_in]=${uuid(9)},${uuid(1)},${uuid(3)},${uuid(5)}`, ['a,"b&<%', 'crate-1']],
  ['filter[code][_eq]=BBBBBBBB', ['BBBBBBBB']],
  [`filter[code][_eq]=BBBBBBBB&filter[product][_eq]=${PRODUCT}`, ['BBBBBBBB']],
  [`filter[code][_eq]=BBBBBBBB&filter[product][_eq]=${ASSET}`, []],
  [`filter[code][_eq]=BBBBBBBB&filter[identifier_job][_eq]=${FORMER}`, ['BBBBBBBB']],
  ['filter[code][_eq]=BBBBBBBB&filter[status][_eq]=assigned', []],
  ['filter[code][_in]=BBBBBBBB,crate-1,tea', ['BBBBBBBB', 'crate-1']],
  ['filter[code][_eq]=tea', []],
  [`filter[product][_eq]=${ASSET}`, ['crate-1']],
  ['filter[product][_in]=/8003/09312345551927,/01/09312345551927', ['a,"b&<%', 'BBBBBBBB', 'crate-1']],
  ['filter[identifier_job][_null]=true', ['crate-1']],
  ['filter[identifier_job][_nnull]=true', ['a,"b&<%', 'BBBBBBBB']],
  ['filter[identifier_job][status][_eq]=complete', ['a,"b&<%', 'BBBBBBBB']],
  ['filter[status][_neq]=unassigned', ['BBBBBBBB', 'crate-1']],
  ['filter[custom_id][_eq]=mine', ['BBBBBBBB']],
  ['search=mine', ['BBBBBBBB']],
  ['filter[date_created][_lt]=2024-05-01', ['a,"b&<%']],
];

test.each(found)('is found by %s', async (query, codes) => {
  expect(codesOf(await list(query))).toEqual(codes);
  const counted = await api.get(`${CODES}?${query}&limit=0&meta=*`);
  expect(counted.body).toEqual({ meta: { total_count: 3, filter_count: codes.length }, data: [] });
  const backwards = codesOf(await list(`${query}&sort=-id`));
  expect(backwards).toEqual(codes.toReversed());
  const [{ count }] = await list(`${query}&aggregate[count]=*`);
  expect(count).toBe(String(codes.length));
});

test('by its id, for those who may see it', async () => {
  expect((await api.get(`${CODES}/${uuid(1)}?fields=code,identifier_job.reference_id`)).body.data).toEqual({
    code: 'a,"b&<%',
    identifier_job: { reference_id: 'former' },
  });
  for (const [id, status] of [
    [uuid(5), 403],
    [uuid(7), 403],
    [uuid(9), 200],
  ] as const) {
    expect((await api.get(`${CODES}/${id}`)).status).toBe(status);
  }
  expect((await api.get(`${CODES}/${uuid(5)}`, 'stranger')).status).toBe(200);
});

test('groups are counted over both kinds', async () => {
  const job = await makeJob(api, { quantity: 150 });
  expect(await list('aggregate[count]=*&groupBy=status&sort=status')).toEqual([
    { status: 'assigned', count: '1' },
    { status: 'encoded', count: '1' },
    { status: 'unassigned', count: '151' },
  ]);
  const groups = await list('aggregate[count]=id&groupBy[]=identifier_job&groupBy[]=product&sort=-count');
  expect(groups).toEqual([
    { identifier_job: job, product: PRODUCT, count: { id: '150' } },
    { identifier_job: FORMER, product: PRODUCT, count: { id: '2' } },
    { identifier_job: null, product: ASSET, count: { id: '1' } },
  ]);
});

test('both kinds come in the order of their ids, at any offset and backwards', async () => {
  const first = await makeJob(api, { quantity: 130 });
  const second = await makeJob(api, { quantity: 70 });
  const place = (await list(`filter[identifier_job][_eq]=${second}&limit=1`))[0].id;
  const { batch } = parseCodeId(place) as { batch: bigint };
  // Before all of them, between the two jobs, and within one: of version 4, as no generated one is.
  const between = codeId(batch, 0).replace(/-8(...)-8/, '-4$1-8');
  const ids = ['00000000-0000-4000-8000-000000000001', between, uuid(1), uuid(2), uuid(9)];
  await importSome(api, [
    { product: ASSET, code: 'x', id: ids[0] },
    { product: ASSET, code: 'y', id: ids[1] },
  ]);
  const all = await list('limit=-1');
  const sorted = all.map(({ id }: { id: string }) => id).toSorted();
  expect(all).toHaveLength(205);
  expect(all.map(({ id }: { id: string }) => id)).toEqual(sorted);
  expect(ids.every((id) => sorted.includes(id))).toBe(true);
  expect(codesOf(all)).toEqual(expect.arrayContaining(await storedCodes(api, first)));
  for (const [offset, limit] of [
    [0, 5],
    [1, 3],
    [125, 20],
    [130, 3],
    [199, 10],
    [203, 9],
    [300, 1],
  ] as const) {
    const part = `offset=${offset}&limit=${limit}`;
    expect(await list(part)).toEqual(all.slice(offset, offset + limit));
    expect(await list(`${part}&sort=-id`)).toEqual(all.toReversed().slice(offset, offset + limit));
  }
});

test('those before and behind all generated ones are passed over by number', async () => {
  await makeJob(api, { quantity: 130 });
  await importSome(api, [{ product: ASSET, code: 'x', id: '00000000-0000-4000-8000-000000000001' }]);
  const all = await list('limit=-1');
  expect(all[0].code).toBe('x');
  for (const [offset, limit] of [
    [0, 2],
    [1, 2],
    [100, 31],
    [131, 1],
    [120, 99],
  ] as const) {
    const part = `offset=${offset}&limit=${limit}`;
    expect(await list(part)).toEqual(all.slice(offset, offset + limit));
    expect(await list(`${part}&sort=-id`)).toEqual(all.toReversed().slice(offset, offset + limit));
  }
});

const file = (format: string) => `/items/identifier_job/${FORMER}/codes.${format}`;
const LINK = `https://id.gs1.org${PRODUCT}/21/`;

test.each([
  ['csv', `code,digital_link\n"a,""b&<%",${LINK}a%2C%22b%26%3C%25\nBBBBBBBB,${LINK}BBBBBBBB\n`],
  ['txt', 'a,"b&<%\nBBBBBBBB\n'],
  ['json', JSON.stringify(['a,"b&<%', 'BBBBBBBB'])],
  [
    'ndjson',
    `${JSON.stringify({ code: 'a,"b&<%', digital_link: `${LINK}a%2C%22b%26%3C%25` })}\n` +
      `${JSON.stringify({ code: 'BBBBBBBB', digital_link: `${LINK}BBBBBBBB` })}\n`,
  ],
])('are in the %s file of their job', async (format, text) => {
  expect((await api.get(file(format))).text).toBe(text);
  const packed = await open(api, file(format), { headers: { 'accept-encoding': 'gzip' } });
  const parts: Buffer[] = [];
  for await (const part of packed) parts.push(part as Buffer);
  expect(gunzipSync(Buffer.concat(parts)).toString()).toBe(text);
  const tag = packed.headers.etag as string;
  const again = await open(api, file(format), {
    headers: { 'accept-encoding': 'gzip', 'if-none-match': tag },
  });
  expect(again.resume().statusCode).toBe(304);
  await importSome(api, [{ product: PRODUCT, identifier_job: FORMER, code: 'later' }]);
  const changed = await open(api, file(format), {
    headers: { 'accept-encoding': 'gzip', 'if-none-match': tag },
  });
  expect(changed.resume().statusCode).toBe(200);
});

test('a job without any has empty files', async () => {
  const id = 'f0000000-0000-4000-8000-0000000000f2';
  await importJob(api, { id });
  expect((await api.get(`/items/identifier_job/${id}/codes.json`)).text).toBe('[]');
  expect((await api.get(`/items/identifier_job/${id}/codes.csv`)).text).toBe('code,digital_link\n');
});

test('codes of a deleted job are nobody’s', async () => {
  expect((await api.request('DELETE', `/items/identifier_job/${FORMER}`)).status).toBe(204);
  for (const query of ['', `filter[id][_eq]=${uuid(1)}&`, 'filter[code][_eq]=BBBBBBBB&', 'search=mine&']) {
    expect(codesOf(await list(`${query}limit=-1`))).toEqual(query === '' ? ['crate-1'] : []);
  }
});

test('every format of export takes whatever characters a code has', async () => {
  const query = `filter[identifier_job][_eq]=${FORMER}&fields=code,status`;
  const { data } = (await api.get(`${CODES}?${query}`)).body;
  expect((await api.get(`${CODES}?${query}&export=json`)).body).toEqual(data);
  expect((await api.get(`${CODES}?${query}&export=csv`)).text).toBe(
    '"code","status"\n"a,""b&<%","unassigned"\n"BBBBBBBB","encoded"',
  );
  expect((await api.get(`${CODES}?${query}&export=xml`)).text).toContain('<code>a,"b&amp;&lt;%</code>');
});
