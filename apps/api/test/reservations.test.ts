import { FIRST_ACCOUNT_ID } from '@codemint/db';
import { makeJob, setStatus } from './codesSupport';
import { MADE, RESERVATIONS, type Stock, startStock } from './reservationsSupport';
import { type Api, codes, wrongFields } from './support';

let stock: Stock;
let api: Api;
let product: string;
let good: { product: string; quantity: number };

beforeAll(async () => {
  stock = await startStock();
  api = stock.api;
});
afterAll(() => api.close());
beforeEach(async () => {
  product = await stock.addProduct();
  good = { product, quantity: 20 };
});

test('a POST takes codes and answers the whole reservation', async () => {
  const { status, body } = await stock.reserve({
    ...good,
    reserved_for: 'Line 3',
    reference_id: 'RUN-1',
    purchase_order: 'PO-4711',
    export_type: 'xml',
  });
  expect(status).toBe(200);
  expect(Object.entries(body.data)).toEqual([
    ['id', expect.stringMatching(/^[0-9a-f-]{36}$/)],
    ['user_created', api.userIds.operator],
    ['date_created', expect.stringMatching(/Z$/)],
    ['user_updated', null],
    ['date_updated', null],
    ['account', FIRST_ACCOUNT_ID],
    ['product', product],
    ['domain', null],
    ['character_set', null],
    ['length', null],
    ['quantity', 20],
    ['allow_partial', false],
    ['reserved_for', 'Line 3'],
    ['reference_id', 'RUN-1'],
    ['purchase_order', 'PO-4711'],
    ['export_type', 'xml'],
    ['status', 'complete'],
    ['error_message', null],
    ['quantity_reserved', 20],
  ]);
  expect(await stock.unassigned(product)).toBe(MADE - 20);
});

test('values are read as their fields have them, and what the server sets is ignored', async () => {
  const id = '0F0E0D0C-1111-4222-8333-444455556666';
  const { body } = await stock.reserve({
    id,
    product,
    quantity: '20',
    length: '8',
    character_set: 'ALPHAnumeric',
    allow_partial: 'true',
    account: FIRST_ACCOUNT_ID.toUpperCase(),
    status: 'error',
    error_message: 'no',
    quantity_reserved: 7,
    nonsense: 1,
  });
  expect(body.data).toMatchObject({
    id: id.toLowerCase(),
    quantity: 20,
    length: 8,
    character_set: 'alphanumeric',
    allow_partial: true,
    export_type: 'csv',
    status: 'complete',
    error_message: null,
    quantity_reserved: 20,
  });
  const again = await stock.refused(() => stock.reserve({ ...good, id }));
  expect(codes(again)).toEqual(['RECORD_NOT_UNIQUE']);
});

test('only codes of the character set and length that are asked for count', async () => {
  await makeJob(api, { product, characterSet: 'numeric', length: 9, quantity: 30 });
  const answer = await stock.refused(() =>
    stock.reserve({ ...good, character_set: 'numeric', quantity: 31 }),
  );
  expect(answer.body.errors[0].extensions).toMatchObject({ field: 'quantity', valid: 30 });
  expect((await stock.reserve({ ...good, length: 9, quantity: 30 })).body.data.quantity_reserved).toBe(30);
  expect((await stock.reserve({ ...good, quantity: MADE })).body.data.quantity_reserved).toBe(MADE);
});

test('short codes are reserved by their domain', async () => {
  await makeJob(api, {
    type: 'short_code',
    product: null,
    domainId: stock.domain,
    domainName: 'codes.example',
    quantity: 10,
  });
  const { body } = await stock.reserve({ domain: stock.domain, quantity: 10 });
  expect(body.data).toMatchObject({ domain: stock.domain, product: null, quantity_reserved: 10 });
});

test('a list is made in whole, each with codes of its own', async () => {
  const { body } = await stock.reserve([good, { ...good, quantity: 30 }]);
  expect(body.data.map((item: { quantity_reserved: number }) => item.quantity_reserved).sort()).toEqual([
    20, 30,
  ]);
  expect(await stock.unassigned(product)).toBe(MADE - 50);
});

test('or not at all: the last one finds too few codes left', async () => {
  const answer = await stock.refused(() => stock.reserve([good, { ...good, quantity: MADE - 19 }]));
  expect(wrongFields(answer)).toEqual(['quantity']);
});

test('too few codes: the answer says how many there are and what to do', async () => {
  const answer = await stock.refused(() => stock.reserve({ ...good, quantity: MADE + 1 }));
  expect(answer.status).toBe(400);
  const [{ message, extensions }] = answer.body.errors;
  expect(extensions).toMatchObject({ code: 'FAILED_VALIDATION', field: 'quantity', valid: MADE });
  expect(message).toContain('allow_partial');
  const partial = await stock.reserve({ ...good, quantity: MADE + 1, allow_partial: true });
  expect(partial.body.data).toMatchObject({ quantity: MADE + 1, quantity_reserved: MADE });
  expect(codes(await stock.refused(() => stock.reserve({ ...good, allow_partial: true })))).toEqual([
    'FAILED_VALIDATION',
  ]);
});

test('a repeated request with its key takes codes once', async () => {
  const headers = { 'idempotency-key': 'run-1' };
  const post = (body: object) => api.request('POST', RESERVATIONS, { body, headers });
  const first = await post(good);
  const again = await post(good);
  expect([again.status, again.text]).toEqual([200, first.text]);
  expect(again.headers.get('idempotency-replayed')).toBe('true');
  expect(await stock.unassigned(product)).toBe(MADE - 20);
  expect((await stock.refused(() => post({ ...good, quantity: 21 }))).status).toBe(422);
});

test('reservations at the same time take each code once, and never more than there are', async () => {
  const answers = await Promise.all(Array.from({ length: 15 }, () => stock.reserve(good)));
  const made = answers.filter(({ status }) => status === 200);
  expect(made).toHaveLength(Math.floor(MADE / 20));
  expect(await stock.unassigned(product)).toBe(MADE % 20);
  for (const { status } of answers) expect([200, 400]).toContain(status);
});

test('PATCH changes what the codes are for and keeps what the server knows better', async () => {
  const { id } = (await stock.reserve(good)).body.data;
  const path = `${RESERVATIONS}/${id}`;
  const data = { reserved_for: 'Line 4', reference_id: 'R', purchase_order: null, export_type: 'json' };
  const patched = await api.request('PATCH', path, {
    body: { ...data, quantity: '20', status: 'new', quantity_reserved: 0, error_message: 'x' },
  });
  expect(patched.status).toBe(200);
  expect(patched.body.data).toMatchObject({
    ...data,
    status: 'complete',
    quantity_reserved: 20,
    error_message: null,
    user_updated: api.userIds.operator,
  });
  for (const body of [
    { quantity: 21 },
    { product: null },
    { allow_partial: true },
    { length: 8 },
    { export_type: null },
    { export_type: 'pdf' },
  ]) {
    const answer = await stock.refused(() =>
      api.request('PATCH', path, { body: { reserved_for: 'X', ...body } }),
    );
    expect([answer.status, wrongFields(answer)]).toEqual([400, Object.keys(body)]);
  }
});

test('PATCH of many, by keys and by query', async () => {
  const { body } = await stock.reserve([good, good]);
  const keys = body.data.map(({ id }: { id: string }) => id);
  const change = (by: object) =>
    api.request('PATCH', `${RESERVATIONS}?fields=reference_id`, {
      body: { ...by, data: { reference_id: 'A' } },
    });
  expect((await change({ keys })).body.data).toEqual([{ reference_id: 'A' }, { reference_id: 'A' }]);
  const query = { filter: { product: { _eq: product }, allow_partial: { _eq: false } } };
  expect((await change({ query })).body.data).toHaveLength(2);
});

test('DELETE gives the codes back, once', async () => {
  const { id } = (await stock.reserve(good)).body.data;
  const gone = await api.request('DELETE', `${RESERVATIONS}/${id}`);
  expect([gone.status, gone.text]).toEqual([204, '']);
  expect(await stock.unassigned(product)).toBe(MADE);
  expect((await api.get(`${RESERVATIONS}/${id}`)).status).toBe(403);
  expect((await stock.refused(() => api.request('DELETE', `${RESERVATIONS}/${id}`))).status).toBe(403);
});

test('DELETE of many, all or none: codes that are used keep all of them', async () => {
  const first = (await stock.reserve(good)).body.data.id;
  const second = (await stock.reserve(good)).body.data.id;
  const { rows } = await api.database.pool.query(
    'SELECT batch_id AS id FROM identifier_job WHERE product = $1',
    [product],
  );
  await setStatus(api, rows[0].id, [3], 'encoded');
  const answer = await stock.refused(() => api.request('DELETE', RESERVATIONS, { body: [first, second] }));
  expect([answer.status, codes(answer)]).toEqual([409, ['CONFLICT']]);
  expect(answer.body.errors[0].message).toContain(first);
  expect((await api.request('DELETE', RESERVATIONS, { body: { keys: [second] } })).status).toBe(204);
});

test('a reservation leads to its product and is found by it, counted and exported', async () => {
  const list = `${RESERVATIONS}?filter[product][id]=${encodeURIComponent(product)}`;
  await stock.reserve([good, { ...good, quantity: 5, reserved_for: 'Line 3', allow_partial: true }]);
  const related = await api.get(
    `${list}&fields=quantity,product.product_name,account.account_name,domain.domain_name&sort=allow_partial`,
  );
  expect(related.body.data).toEqual([
    { quantity: 20, product: { product_name: 'Juice' }, account: { account_name: 'First account' }, domain: null },
    { quantity: 5, product: { product_name: 'Juice' }, account: { account_name: 'First account' }, domain: null },
  ]); // biome-ignore format: two rows
  const found = await api.get(`${list}&filter[product][product_name]=Juice&search=line&fields=quantity`);
  expect(found.body.data).toEqual([{ quantity: 5 }]);
  const sums = await api.get(`${list}&aggregate[sum]=quantity_reserved&groupBy=allow_partial`);
  expect(sums.body.data).toEqual([
    { allow_partial: false, sum: { quantity_reserved: '20' } },
    { allow_partial: true, sum: { quantity_reserved: '5' } },
  ]);
  const file = await api.get(`${list}&export=csv&fields=quantity,allow_partial,reserved_for&sort=quantity`);
  expect(file.text).toBe('"quantity","allow_partial","reserved_for"\n5,true,"Line 3"\n20,false,');
});

test('a product with reservations stays', async () => {
  await stock.reserve(good);
  const answer = await stock.refused(() =>
    api.request('DELETE', `/items/product/${encodeURIComponent(product)}`),
  );
  expect(codes(answer)).toEqual(['INVALID_FOREIGN_KEY']);
});
