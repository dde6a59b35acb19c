import { FIRST_ACCOUNT_ID } from '@codemint/db';
import { RESERVATIONS, type Stock, startStock } from './reservationsSupport';
import { type Api, OTHER_ACCOUNT_ID, OTHER_PRODUCT, wrongFields } from './support';

let stock: Stock;
let api: Api;
let good: { product: string; quantity: number };

beforeAll(async () => {
  stock = await startStock();
  api = stock.api;
  good = { product: await stock.addProduct(), quantity: 20 };
});
afterAll(() => api.close());

const BAD: [string, object, string, string][] = [
  ['no quantity', { quantity: undefined }, 'quantity', 'Value is required.'],
  ['quantity null', { quantity: null }, 'quantity', 'Value is required.'],
  ['quantity 0', { quantity: 0 }, 'quantity', 'Value has to be greater than or equal to "1".'],
  ['quantity below 0', { quantity: -1 }, 'quantity', 'Value has to be greater than or equal to "1".'],
  ['too large a quantity', { quantity: 1001 }, 'quantity', 'Value has to be less than or equal to "1000".'],
  ['an absurd quantity', { quantity: 1e300 }, 'quantity', 'Value has to be less than or equal to "1000".'],
  ['a part of a code', { quantity: 1.5 }, 'quantity', 'Value has to be an integer.'],
  ['length 5', { length: 5 }, 'length', 'Value has to be greater than or equal to "6".'],
  ['length 21', { length: 21 }, 'length', 'Value has to be less than or equal to "20".'],
  [
    'an unknown character set',
    { character_set: 'klingon' },
    'character_set',
    'Value has to be one of "alphanumeric", "numeric", "AN-47", "GS1-64w", "UAN-28", "GS1-36w", "N".',
  ],
  ['an unknown format', { export_type: 'pdf' }, 'export_type', 'Value has to be one of "csv", "json", "xml".'],
  ['neither yes nor no', { allow_partial: 'maybe' }, 'allow_partial', 'Value has to be true or false.'],
  ['yes as an object', { allow_partial: {} }, 'allow_partial', 'Value has to be true or false, not an object or a list.'],
  ['neither product nor domain', { product: null }, 'product', 'Either "product" or "domain" is required.'],
  ['a product as an object', { product: { id: '/01/09312345551927' } }, 'product', 'Value has to be the id of an item, not an object or a list.'],
  ['a domain that is none', { domain: 'codes.example' }, 'domain', 'Value has to be a uuid.'],
  ['an id that is none', { id: '17' }, 'id', 'Value has to be a uuid.'],
  ['too long a name', { reserved_for: 'x'.repeat(256) }, 'reserved_for', 'Value has to have at most 255 characters.'],
  ['NUL', { purchase_order: 'a\0b' }, 'purchase_order', 'Value must not contain the character NUL.'],
]; // biome-ignore format: a table

test.each(BAD)('%s is refused and names the field', async (_name, change, field, sentence) => {
  const answer = await stock.refused(() => stock.reserve({ ...good, ...change }));
  expect(answer.body.errors.map(({ message }: { message: string }) => message)).toEqual([
    `Validation failed for field "${field}". ${sentence}`,
  ]);
  expect(answer.body.errors[0].extensions).toMatchObject({ field, path: [], code: 'FAILED_VALIDATION' });
});

test('a product and a domain at once are refused', async () => {
  const answer = await stock.refused(() => stock.reserve({ ...good, domain: stock.domain }));
  expect(answer.body.errors[0].message).toBe(
    'Validation failed for field "domain". Only one of "product" and "domain" may have a value.',
  );
});

test('all wrong fields are named at once, and in a list whose they are', async () => {
  const wrong = { quantity: 'q', length: 3, domain: 5, export_type: 'x', account: 'mine' };
  expect(wrongFields(await stock.refused(() => stock.reserve(wrong)))).toEqual([
    'account', 'domain', 'export_type', 'length', 'quantity',
  ]); // biome-ignore format: a list of names
  const answer = await stock.refused(() => stock.reserve([good, { ...good, quantity: 0 }]));
  expect(answer.body.errors[0].extensions.path).toEqual([1]);
});

test.each<[string, object, string, string]>([
  ['a product that is not there', { product: '/01/00614141000012' }, 'product', '/01/00614141000012'],
  ["another account's product", { product: OTHER_PRODUCT }, 'product', OTHER_PRODUCT],
  ["another account's number", { account: OTHER_ACCOUNT_ID }, 'account', OTHER_ACCOUNT_ID],
  ['an unknown domain', { product: undefined, domain: OTHER_ACCOUNT_ID }, 'domain', OTHER_ACCOUNT_ID],
])('%s is an invalid reference', async (_name, change, field, value) => {
  const answer = await stock.refused(() => stock.reserve({ ...good, ...change }));
  expect(answer.body.errors).toEqual([
    {
      message: expect.any(String),
      extensions: { collection: 'code_reservation', field, value, code: 'INVALID_FOREIGN_KEY' },
    },
  ]);
});

test('the account is that of the product, whoever asks; another one is refused', async () => {
  const { body } = await stock.reserve(good, 'admin');
  expect(body.data.account).toBe(FIRST_ACCOUNT_ID);
  const answer = await stock.refused(() => stock.reserve({ ...good, account: OTHER_ACCOUNT_ID }, 'admin'));
  expect(answer.body.errors[0].extensions).toMatchObject({ field: 'account', valid: FIRST_ACCOUNT_ID });
});

test('a reader reads; a stranger finds nothing', async () => {
  const { id } = (await stock.reserve(good)).body.data;
  const path = `${RESERVATIONS}/${id}`;
  expect((await api.get(path, 'reader')).body.data.id).toBe(id);
  expect((await api.get(path, 'admin')).status).toBe(200);
  expect((await api.get(path, 'stranger')).status).toBe(403);
  expect((await api.get(RESERVATIONS, 'stranger')).body.data).toEqual([]);
  expect((await api.get(RESERVATIONS, 'nobody')).status).toBe(403);
  for (const as of ['reader', 'stranger', 'nobody'] as const) {
    const calls = [
      () => stock.reserve(good, as),
      () => api.request('PATCH', path, { as, body: { reserved_for: 'me' } }),
      () => api.request('DELETE', path, { as }),
      () => api.request('DELETE', RESERVATIONS, { as, body: [id] }),
    ];
    for (const call of calls)
      expect((await stock.refused(call)).status).toBe(as === 'stranger' && call === calls[0] ? 400 : 403);
  }
});
