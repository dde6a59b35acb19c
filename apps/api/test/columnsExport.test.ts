import { gunzipSync } from 'node:zlib';
import { load } from 'js-yaml';
import { readSheet } from 'read-excel-file/node';
import {
  FORMER_RING,
  importSome,
  LARGE,
  makeJob,
  makeOrder,
  setStatus,
  storedCodes,
  TWO_KEYS,
} from './codesSupport';
import { addExamples, csvRows, EXAMPLE, EXAMPLE_198, fileOf, jobOf, raw } from './columnsSupport';
import { type Api, PRODUCT, startApi } from './support';

let api: Api;
let id: string;
let codes: string[];
beforeAll(async () => {
  api = await startApi({ settings: TWO_KEYS });
  await addExamples(api);
  id = await jobOf(api, 'sgtin', { quantity: 130 });
  codes = await storedCodes(api, id);
  await jobOf(api, 'sscc');
});
afterAll(() => api.close());

const exportOf = (query: string, jobId = id) =>
  `/items/unique_code?filter[identifier_job][_eq]=${jobId}${query.includes('limit=') ? '' : '&limit=-1'}&${query}`;

const expected = () =>
  codes.map((code, i) => ({ sequence: i + 1, code, epc_uri: `urn:epc:id:sgtin:0614141.812345.${code}` }));

const COLUMNS = 'columns=sequence,code,epc_uri';

test('the formats of exports have columns in place of fields', async () => {
  const csv = `"sequence","code","epc_uri"\n${expected()
    .map(({ sequence, code, epc_uri }) => `${sequence},"${code}","${epc_uri}"`)
    .join('\n')}`;
  expect((await api.get(exportOf(`export=csv&${COLUMNS}`))).text).toBe(csv);
  const withBom = await raw(api, exportOf(`export=csv_utf8&${COLUMNS}`));
  expect(withBom.body.toString()).toBe(`\ufeff${csv}`);
  expect((await api.get(exportOf(`export=json&${COLUMNS}`))).text).toBe(
    JSON.stringify(expected(), null, '\t'),
  );
  expect(load((await api.get(exportOf(`export=yaml&${COLUMNS}`))).text)).toEqual(expected());
  const xml = expected().map(
    ({ sequence, code, epc_uri }) =>
      `    <data>\n        <sequence>${sequence}</sequence>\n        <code>${code}</code>\n        <epc_uri>${epc_uri}</epc_uri>\n    </data>\n`,
  );
  expect((await api.get(exportOf(`export=xml&${COLUMNS}`))).text).toBe(
    `<?xml version='1.0'?>\n<data>\n${xml.join('')}</data>`,
  );
});

test('those of downloads are there too', async () => {
  for (const format of ['txt', 'ndjson']) {
    const { text, headers } = await api.get(exportOf(`export=${format}`));
    expect(text).toBe((await api.get(fileOf(id, format))).text);
    expect(headers.get('content-disposition')).toMatch(
      /^attachment; filename="unique_code 20[\d-]+\.[a-z]+"$/,
    );
  }
  expect(await readSheet((await raw(api, exportOf(`export=xlsx&${COLUMNS}`))).body, 1)).toEqual([
    ['sequence', 'code', 'epc_uri'],
    ...expected().map((row) => Object.values(row).map(String)),
  ]);
  const { epcisBody } = JSON.parse((await raw(api, exportOf('export=epcis'))).body.toString());
  expect(epcisBody.eventList).toEqual([
    expect.objectContaining({ action: 'ADD', epcList: expect.any(Array) }),
  ]);
  expect(epcisBody.eventList[0].epcList).toHaveLength(130);
});

test('they are compressed where that is accepted', async () => {
  const plain = await raw(api, exportOf(`export=csv&${COLUMNS}`));
  const packed = await raw(api, exportOf(`export=csv&${COLUMNS}`), 'GET', { 'accept-encoding': 'gzip' });
  expect(packed.headers['content-encoding']).toBe('gzip');
  expect(gunzipSync(packed.body).equals(plain.body)).toBe(true);
  const head = await raw(api, exportOf(`export=csv&${COLUMNS}`), 'HEAD');
  expect([head.status, head.body.length]).toEqual([200, 0]);
});

test('a number stays whatever part of the codes is selected, in whatever order', async () => {
  const { rows } = await api.database.pool.query('SELECT batch_id FROM identifier_job WHERE id = $1', [id]);
  await setStatus(api, rows[0].batch_id, [3, 50, 51, 129], 'assigned');
  const numbers = async (query: string) =>
    (await api.get(exportOf(`export=txt&columns=sequence&${query}`))).text.trimEnd().split('\n').map(Number);
  expect(await numbers('filter[status][_eq]=assigned')).toEqual([4, 51, 52, 130]);
  expect(await numbers('sort=-id&limit=3&offset=1')).toEqual([129, 128, 127]);
  expect(await numbers('offset=80&limit=2')).toEqual([81, 82]);
});

test('numbers pass over indexes that were skipped', async () => {
  const wanted = { product: EXAMPLE_198, characterSet: 'numeric', length: 6 };
  await makeJob(api, { ...wanted, quantity: 400_000 }, { sizes: LARGE, ring: FORMER_RING });
  const skipping = await makeJob(api, { ...wanted, quantity: 300 });
  const own = await storedCodes(api, skipping);
  const { text } = await api.get(fileOf(skipping, 'csv', 'columns=sequence,code'));
  expect(text).toBe(`sequence,code\n${own.map((code, i) => `${i + 1},${code}\n`).join('')}`);
  const last = await api.get(exportOf('export=txt&columns=sequence&sort=-id&limit=2', skipping));
  expect(last.text).toBe('300\n299\n');
  // Numeric serials: such as fit have 96 bits, others 198.
  const hex = (await api.get(fileOf(skipping, 'txt', 'columns=epc_hex'))).text.trimEnd().split('\n');
  expect(hex.map((digits) => digits.length)).toEqual(own.map((code) => (code.startsWith('0') ? 52 : 24)));
});

test('a file may be of several batches, jobs, orders and supplied codes', async () => {
  const product = '/01/95012345678903';
  await api.post('/items/product', { id: product });
  await api.post('/items/issuing_policy', { product, company_prefix_length: 9 });
  const [one, two] = [
    await makeJob(api, { product, quantity: 50 }),
    await makeJob(api, { product, quantity: 60 }),
  ];
  const order = await makeOrder(api, {
    product: { id: product, gtin: '95012345678903' },
    codes: { kind: 'supplied', ids: ['a/b', '"c"'] },
  });
  expect(order.state).toBe('completed');
  await importSome(api, [{ product, code: '=1', id: 'ffffffff-0000-4000-8000-000000000000' }]);
  const query = `/items/unique_code?filter[product][_eq]=${encodeURIComponent(product)}&limit=-1`;
  const { text } = await api.get(`${query}&export=csv&columns=code,epc_uri,gtin`);
  const found = csvRows(text);
  const all = [...(await storedCodes(api, one)), ...(await storedCodes(api, two)), 'a/b', '"c"', '=1'];
  expect(found.map(({ code }) => code).sort()).toEqual(all.sort());
  for (const { code = '', epc_uri, gtin } of found) {
    const serial = code.replace(/["/]/g, (character) => (character === '/' ? '%2F' : '%22'));
    expect(epc_uri).toBe(`urn:epc:id:sgtin:501234567.9890.${serial}`);
    expect(gtin).toBe('95012345678903');
  }
  const { eventList } = JSON.parse((await raw(api, `${query}&export=epcis`)).body.toString()).epcisBody;
  const lengths = eventList.map(({ epcList }: { epcList: string[] }) => epcList.length);
  expect(lengths.sort()).toEqual(expect.arrayContaining([50, 60]));
  expect(lengths.reduce((sum: number, length: number) => sum + length, 0)).toBe(all.length);
});

test.each([
  ['export=csv&columns=nope', 'must be one of [code, serial'],
  ['export=csv&columns=sscc', 'Codes of type "sgtin" have no column "sscc"'],
  ['columns=code', '"columns" are of files: they need "export"'],
  ['export=pdf&columns=code', '"export" must be one of'],
  ['export=csv&columns=code&fields=code', 'A file has either "fields" or "columns"'],
  ['export=txt&columns=code,gtin', '"txt" has exactly one'],
  ['export=epcis&columns=code', '"epcis" has no "columns"'],
  ['export=csv&columns=code&sort=code', 'in the order of their ids'],
  ['export=csv&columns=code&filter[date_created][_gt]=2020-01-01', 'in the order of their ids'],
  ['export=csv&columns=code&aggregate[count]=*', 'in the order of their ids'],
])('%s is refused', async (query, message) => {
  const { status, body } = await api.get(exportOf(query));
  expect(status).toBe(400);
  expect(body.errors[0].message).toContain(message);
});

test('codes of several types have no columns together', async () => {
  const { status, body } = await api.get('/items/unique_code?export=csv&columns=code&limit=-1');
  expect(status).toBe(400);
  expect(body.errors[0].message).toMatch(
    /"columns" are of codes of one type, and these are of \[.*sscc.*\]: filter by "type"/,
  );
  const some = await api.get('/items/unique_code?export=txt&columns=sscc&limit=-1&filter[type][_eq]=sscc');
  expect(some.text.trimEnd().split('\n')).toHaveLength(5);
});

test('no codes are a file without rows', async () => {
  const { status, text } = await api.get(exportOf('export=ndjson', '00000000-0000-4000-8000-00000000dead'));
  expect([status, text]).toEqual([200, '']);
});

test('a product without a policy is told of before the file begins', async () => {
  const other = await makeJob(api, { product: PRODUCT, quantity: 5 });
  const { status, body } = await api.get(
    `/items/unique_code?export=csv&columns=epc_hex&limit=-1&filter[type][_eq]=sgtin`,
  );
  expect(status).toBe(400);
  expect(body.errors[0].message).toContain(`company prefix of product "${PRODUCT}"`);
  expect((await api.get(exportOf('export=csv&columns=gtin', other))).status).toBe(200);
});

test('the file of a reservation has columns too', async () => {
  const reserved = (await api.post('/items/code_reservation', { product: EXAMPLE, quantity: 7 })).body.data;
  const path = `/items/code_reservation/${reserved.id}/export`;
  const { text } = await api.get(`${path}?columns=code,epc_hex&filter_value=1`);
  const rows = csvRows(text);
  expect(rows).toHaveLength(7);
  for (const { code = '', epc_hex } of rows) {
    expect(codes).toContain(code);
    expect(epc_hex).toMatch(/^3634257BF7194E/);
  }
  expect((await api.get(path)).text.split('\n')[0]).toContain('"digital_link"');
  expect((await api.get(`${path}?columns=sscc`)).status).toBe(400);
});

test('without columns everything is as it was', async () => {
  const { text } = await api.get(exportOf('export=csv&fields=code,type&limit=1'));
  expect(text).toBe(`"code","type"\n"${codes[0]}","sgtin"`);
  expect((await api.get('/items/identifier_job?export=xlsx')).body.errors[0].message).toBe(
    'Invalid query. "export" must be one of [csv, csv_utf8, json, xml, yaml].',
  );
});
