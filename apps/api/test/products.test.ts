import { type Api, codes, OTHER_PRODUCT, PRODUCT, startApi, wrongFields } from './support';

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const PRODUCTS = '/items/product';
const at = (key: string) => `${PRODUCTS}/${encodeURIComponent(key)}`;

test('the id comes from the gtin, which has 14 digits afterwards', async () => {
  const { status, body } = await api.post(PRODUCTS, {
    gtin: '614141000012',
    product_name: 'Soap',
    status: 'x',
  });
  expect(status).toBe(200);
  expect(body.data).toEqual({
    id: '/01/00614141000012',
    user_created: api.userIds.operator,
    date_created: expect.any(String),
    user_updated: null,
    date_updated: null,
    product_name: 'Soap',
    brand: null,
    gtin: '00614141000012',
    custom_id: null,
    digital_link: null,
    product_redirection_url: null,
  });
  expect((await api.post(`${PRODUCTS}?fields=id`, { gtin: 96385074 })).body.data).toEqual({
    id: '/01/00000096385074',
  });
});

test('the gtin comes from the id, an asset type has none', async () => {
  expect((await api.post(`${PRODUCTS}?fields=gtin`, { id: '/01/04006381333931' })).body.data).toEqual({
    gtin: '04006381333931',
  });
  expect((await api.post(`${PRODUCTS}?fields=gtin`, { id: '/8003/00614141000012' })).body.data).toEqual({
    gtin: null,
  });
});

test.each<[object, string, string]>([
  [{ gtin: '09312345551928' }, 'gtin', '09312345551927'],
  [{ id: '/01/09312345551928' }, 'id', '09312345551927'],
  [{ id: '/8003/09312345551928' }, 'id', '9312345551927'],
])('a wrong check digit is refused and the right one named: %j', async (body, field, right) => {
  const answer = await api.post(PRODUCTS, body);
  expect(answer.status).toBe(400);
  const [{ message, extensions }] = answer.body.errors;
  expect(extensions).toMatchObject({ field, code: 'FAILED_VALIDATION', type: 'check_digit', valid: right });
  expect(message).toMatch(
    new RegExp(`^Validation failed for field "${field}"\\. The check digit .*"${right}"`),
  );
});

test.each<[object, string[]]>([
  [{}, ['gtin']],
  [{ gtin: '123' }, ['gtin']],
  [{ id: 'soap' }, ['id']],
  [{ id: '/01/9312345551927' }, ['id']],
  [{ id: '/01/04006381333931', gtin: '09312345551927' }, ['gtin']],
  [{ gtin: { a: 1 }, brand: 'x'.repeat(300) }, ['brand', 'gtin']],
])('%j is refused', async (body, fields) => {
  const answer = await api.post(PRODUCTS, body);
  expect(answer.status).toBe(400);
  expect(wrongFields(answer)).toEqual(fields);
});

test.each([PRODUCT, OTHER_PRODUCT])('%s is taken, in whatever account', async (id) => {
  const answer = await api.post(PRODUCTS, { id });
  expect(answer.body.errors[0].extensions).toEqual({
    collection: 'product',
    field: 'id',
    value: id,
    code: 'RECORD_NOT_UNIQUE',
  });
});

test('a list is all or nothing', async () => {
  const good = { gtin: '00000000000017' };
  expect(codes(await api.post(PRODUCTS, [good, { id: PRODUCT }]))).toEqual(['RECORD_NOT_UNIQUE']);
  expect((await api.get(at('/01/00000000000017'))).status).toBe(403);
  const many = await api.post(`${PRODUCTS}?fields=id`, [{ gtin: '00000000000024' }, good]);
  expect(many.body.data).toEqual([{ id: '/01/00000000000017' }, { id: '/01/00000000000024' }]);
});

test('PATCH changes what it says and nothing else', async () => {
  const { body } = await api.request('PATCH', at(PRODUCT), { body: { brand: 'Own', product_name: null } });
  expect(body.data).toMatchObject({ id: PRODUCT, brand: 'Own', product_name: null, gtin: '09312345551927' });
  expect(body.data.user_updated).toBe(api.userIds.operator);
  const other = await api.request('PATCH', at(PRODUCT), {
    body: { gtin: '04006381333931', id: '/01/04006381333931' },
  });
  expect(other.status).toBe(400);
  expect(wrongFields(other)).toEqual(['gtin', 'id']);
  const missing = await api.request('PATCH', at('/01/00000000000000'), { body: { brand: 'x', gtin: null } });
  expect(missing.status).toBe(403);
  expect(missing.body.errors[0].message).toBe(
    'You don\'t have permissions to perform "update" for the field(s) "brand", "gtin" in collection "product" or it does not exist.',
  );
});

test('DELETE is refused once codes were given out, also when their job is gone', async () => {
  await api.post(PRODUCTS, { gtin: '00000000000031' });
  const key = '/01/00000000000031';
  const job = (await api.post('/items/identifier_job', { product: key, quantity: 1 })).body.data.id;
  const refused = await api.request('DELETE', at(key));
  expect(refused.status).toBe(400);
  expect(refused.body.errors[0].extensions).toEqual({
    collection: 'identifier_job',
    field: 'product',
    value: key,
    code: 'INVALID_FOREIGN_KEY',
  });
  await api.request('DELETE', `/items/identifier_job/${job}`);
  // Another account could take its place, and ask which codes there were.
  expect((await api.request('DELETE', at(key))).body).toEqual(refused.body);
});

test('DELETE removes a product without codes', async () => {
  await api.post(PRODUCTS, { gtin: '00000000000048' });
  const key = '/01/00000000000048';
  expect((await api.request('DELETE', at(key))).status).toBe(204);
  expect((await api.request('DELETE', at(key))).status).toBe(403);
});
