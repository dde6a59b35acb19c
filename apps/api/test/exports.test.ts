import { FIRST_ACCOUNT_ID, importJobs } from '@codemint/db';
import { load } from 'js-yaml';
import { type Api, codes, PRODUCT, startApi } from './support';

let api: Api;
beforeAll(async () => {
  api = await startApi();
  await importJobs(api.database, [
    job(1, { reference_id: 'Jon "J" Demo', quantity: 4, status: 'complete' }),
    job(2, { reference_id: null, product: null, status: 'complete', account: null }),
    job(3, { reference_id: '', quantity: null }),
  ]);
});
afterAll(() => api.close());

const id = (number: number) => `00000000-0000-4000-8000-00000000000${number}`;

function job(number: number, more: object) {
  return {
    id: id(number), user_created: null, date_created: '2024-01-05T10:00:00.000Z', user_updated: null,
    date_updated: null, length: 8, quantity: 100, account: FIRST_ACCOUNT_ID, reference_id: 'a', type: 'sgtin',
    product: PRODUCT, character_set: 'alphanumeric', status: 'new', sscc_start_serial: 0, sscc_extension_digit: null,
    sscc_company_prefix: null, domain: null, error_message: null, quantity_created: 4, ...more,
  }; // biome-ignore format: the defaults at a glance
}

const JOBS = '/items/identifier_job';
const FIELDS = 'fields=id,quantity,reference_id,date_created,account.account_name';

const CSV = `"id","quantity","reference_id","date_created","account.account_name","account"
"${id(1)}",4,"Jon ""J"" Demo","2024-01-05T10:00:00.000Z","First account",
"${id(2)}",100,,"2024-01-05T10:00:00.000Z",,
"${id(3)}",,"","2024-01-05T10:00:00.000Z","First account",`;

test.each([
  ['csv', 'csv', 'text/csv; charset=utf-8'],
  ['csv_utf8', 'csv', 'text/csv; charset=utf-8'],
  ['json', 'json', 'application/json; charset=utf-8'],
  ['xml', 'xml', 'text/xml; charset=utf-8'],
  ['yaml', 'yaml', 'text/yaml; charset=utf-8'],
])('%s is a file named after the collection and the time', async (format, extension, type) => {
  for (const method of ['GET', 'HEAD']) {
    const answer = await api.request(method, `${JOBS}?export=${format}`, { as: 'admin' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe(type);
    expect(answer.headers.get('cache-control')).toBe('no-cache');
    expect(answer.headers.get('content-disposition')).toMatch(
      new RegExp(`^attachment; filename="identifier_job 20\\d{6}-[0-2]\\d[0-5]\\d[0-5]\\d\\.${extension}"$`),
    );
    expect(answer.text === '').toBe(method === 'HEAD');
  }
});

test('csv has texts in quotes, numbers without, and a column for each field of a related item', async () => {
  expect((await api.get(`${JOBS}?export=csv&${FIELDS}`, 'admin')).text).toBe(CSV);
});

test('csv_utf8 has the same behind a byte order mark', async () => {
  const response = await fetch(`${api.url}${JOBS}?export=csv_utf8&${FIELDS}`, {
    headers: { authorization: `Bearer ${api.tokens.admin}` },
  });
  expect(Buffer.from(await response.arrayBuffer()).toString('utf8')).toBe(`\uFEFF${CSV}`);
});

test('json and yaml have what the envelope would have', async () => {
  const query = `${FIELDS},unique_codes&sort=-id`;
  const { data } = (await api.get(`${JOBS}?${query}`, 'admin')).body;
  expect(data).toHaveLength(3);
  expect((await api.get(`${JOBS}?export=json&meta=*&${query}`, 'admin')).text).toBe(
    JSON.stringify(data, null, '\t'),
  );
  expect(load((await api.get(`${JOBS}?export=yaml&${query}`, 'admin')).text)).toEqual(data);
});

test('xml has an element for each item', async () => {
  const { text } = await api.get(`${JOBS}?export=xml&fields=reference_id,account.account_name`, 'admin');
  expect(text).toBe(`<?xml version='1.0'?>
<data>
    <data>
        <reference_id>Jon "J" Demo</reference_id>
        <account>
            <account_name>First account</account_name>
        </account>
    </data>
    <data>
        <reference_id>null</reference_id>
        <account>null</account>
    </data>
    <data>
        <reference_id/>
        <account>
            <account_name>First account</account_name>
        </account>
    </data>
</data>`);
});

test('aggregates are exported too', async () => {
  const query = 'aggregate[count]=*&aggregate[sum]=quantity&groupBy=status&sort=status';
  expect((await api.get(`${JOBS}?export=csv&${query}`, 'admin')).text).toBe(
    '"status","count","sum.quantity"\n"complete","2","104"\n"new","1",',
  );
  expect((await api.get(`${JOBS}?export=json&aggregate[count]=*`, 'admin')).text).toBe(
    '[\n\t{\n\t\t"count": "3"\n\t}\n]',
  );
});

test('SEARCH exports as well, with its filter and keys', async () => {
  const body = { query: { export: 'csv', fields: ['id'], filter: { quantity: { _gt: 3 } } } };
  const answer = await api.request('SEARCH', JOBS, { body, as: 'admin' });
  expect(answer.text).toBe(`"id"\n"${id(1)}"\n"${id(2)}"`);
  const some = await api.request('SEARCH', JOBS, { body: { ...body, keys: [id(2), id(3)] }, as: 'admin' });
  expect(some.text).toBe(`"id"\n"${id(2)}"`);
});

test.each(['product', 'account', 'domain'])('the collection %s is exported', async (collection) => {
  const { data } = (await api.get(`/items/${collection}`, 'admin')).body;
  const answer = await api.get(`/items/${collection}?export=json`, 'admin');
  expect(answer.body).toEqual(data);
  expect(answer.headers.get('content-disposition')).toContain(`filename="${collection} 20`);
});

test('users are exported for administrators alone', async () => {
  expect((await api.get('/users?export=csv', 'admin')).text).toContain('"operator@example.com"');
  expect((await api.get('/users?export=csv')).status).toBe(403);
});

test.each([
  ['csv', ''],
  ['csv_utf8', ''],
  ['json', '[]'],
  ['xml', "<?xml version='1.0'?>\n<data/>"],
  ['yaml', '[]\n'],
])('no items as %s', async (format, text) => {
  for (const query of ['limit=0', 'filter[status][_eq]=zzz', 'offset=3']) {
    expect((await api.get(`${JOBS}?export=${format}&${query}`, 'admin')).text).toBe(text);
  }
});

test.each(['export=pdf', 'export=CSV', 'export[]=csv', 'export=csv&export=xml'])(
  'another format is 400: %s',
  async (query) => {
    for (const [path, more] of [
      [JOBS, ''],
      ['/items/unique_code', ', txt, ndjson, xlsx, epcis'],
    ]) {
      const answer = await api.get(`${path}?${query}`);
      expect(answer.status).toBe(400);
      expect(answer.body.errors[0].message).toBe(
        `Invalid query. "export" must be one of [csv, csv_utf8, json, xml, yaml${more}].`,
      );
    }
  },
);

test('what is wrong besides is told in the envelope', async () => {
  const answer = await api.get(`${JOBS}?export=csv&fields=nope`);
  expect(answer.headers.get('content-disposition')).toBeNull();
  expect([answer.status, codes(answer)]).toEqual([403, ['FORBIDDEN']]);
});

test('another account’s items are not exported', async () => {
  expect((await api.get(`${JOBS}?export=csv`, 'stranger')).text).toBe('');
  expect((await api.get(`${JOBS}?export=csv&fields=id`)).text).toBe(`"id"\n"${id(1)}"\n"${id(3)}"`);
});

test('thousands of items come whole, with columns that only the last of them have', async () => {
  const many = await startApi();
  try {
    const count = 5_000;
    const jobs = Array.from({ length: count }, (_, i) => ({
      ...job(1, { product: i === count - 1 ? PRODUCT : null, reference_id: String(i) }),
      id: `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`,
    }));
    await importJobs(many.database, jobs);
    const { text } = await many.get(`${JOBS}?export=csv&limit=-1&fields=reference_id,product.product_name`);
    const lines = text.split('\n');
    expect(lines[0]).toBe('"reference_id","product","product.product_name"');
    expect(lines.slice(1)).toEqual(jobs.map((_, i) => `"${i}",,${i === count - 1 ? '"Juice"' : ''}`));
  } finally {
    await many.close();
  }
});
