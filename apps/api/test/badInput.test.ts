import { type Api, codes, OTHER_ACCOUNT_ID, OTHER_PRODUCT, PRODUCT, startApi, wrongFields } from './support';

let api: Api;
beforeAll(async () => {
  api = await startApi({ settings: { CODEMINT_MAX_QUANTITY: '1000000' } });
  // A pool and its numbers, so that a burned one would show.
  await api.post(JOBS, { product: PRODUCT, quantity: 10 });
});
afterAll(() => api.close());

const JOBS = '/items/identifier_job';
const GOOD = { product: PRODUCT, quantity: 10 };
const SSCC = { type: 'sscc', sscc_company_prefix: '9521321', quantity: 10 };

/** Everything that a request which is refused must leave as it is. */
async function everything() {
  const { rows } = await api.database.pool.query(`
    SELECT (SELECT json_agg(n ORDER BY id) FROM namespace n) AS namespaces,
           (SELECT json_agg(p ORDER BY id) FROM (SELECT id, next_index FROM pool) p) AS pools,
           (SELECT count(*)::int FROM batch) AS batches, (SELECT count(*)::int FROM slice) AS slices,
           (SELECT count(*)::int FROM identifier_job) AS jobs, (SELECT count(*)::int FROM product) AS products`);
  return { ...rows[0], queued: await api.queue.counts('identifier-jobs') };
}

async function refused(body: unknown) {
  const before = await everything();
  const answer = await api.post(JOBS, body);
  expect(answer.status).toBe(400);
  expect(await everything()).toEqual(before);
  return answer;
}

test.each<[string, object, string, string]>([
  ['no quantity', { quantity: undefined }, 'quantity', 'Value is required.'],
  ['quantity null', { quantity: null }, 'quantity', 'Value is required.'],
  ['quantity 0', { quantity: 0 }, 'quantity', 'Value has to be greater than or equal to "1".'],
  ['quantity negative', { quantity: '-5' }, 'quantity', 'Value has to be greater than or equal to "1".'],
  [
    'quantity too large',
    { quantity: 1_000_001 },
    'quantity',
    'Value has to be less than or equal to "1000000".',
  ],
  ['quantity absurd', { quantity: 1e300 }, 'quantity', 'Value has to be less than or equal to "1000000".'],
  ['quantity broken', { quantity: 1.5 }, 'quantity', 'Value has to be an integer.'],
  ['quantity text', { quantity: 'many' }, 'quantity', 'Value has to be an integer.'],
  ['quantity empty', { quantity: '' }, 'quantity', 'Value has to be an integer.'],
  ['quantity true', { quantity: true }, 'quantity', 'Value has to be an integer.'],
  ['quantity list', { quantity: [5] }, 'quantity', 'Value has to be an integer, not an object or a list.'],
  ['length 5', { length: 5 }, 'length', 'Value has to be greater than or equal to "6".'],
  ['length 21', { length: 21 }, 'length', 'Value has to be less than or equal to "20".'],
  ['length text', { length: 'x' }, 'length', 'Value has to be an integer.'],
  ['type', { type: 'ean' }, 'type', 'Value has to be one of "sgtin", "sscc", "grai", "short_code".'],
  [
    'character set',
    { character_set: 'klingon' },
    'character_set',
    'Value has to be one of "alphanumeric", "numeric", "AN-47", "GS1-64w", "UAN-28", "GS1-36w", "N".',
  ],
  ['id', { id: '17' }, 'id', 'Value has to be a uuid.'],
  ['account', { account: 'mine' }, 'account', 'Value has to be a uuid.'],
  [
    'product object',
    { product: { id: PRODUCT } },
    'product',
    'Value has to be the id of an item, not an object or a list.',
  ],
  ['no product', { product: null }, 'product', 'A job of type "sgtin" needs a product.'],
  [
    'reference too long',
    { reference_id: 'x'.repeat(256) },
    'reference_id',
    'Value has to have at most 255 characters.',
  ],
  ['reference NUL', { reference_id: 'a\0b' }, 'reference_id', 'Value must not contain the character NUL.'],
  [
    'extension huge',
    { sscc_extension_digit: 1e12 },
    'sscc_extension_digit',
    'Value has to be less than or equal to "2147483647".',
  ],
])('a job with %s is refused and names the field', async (_name, change, field, sentence) => {
  const answer = await refused({ ...GOOD, ...change });
  expect(answer.body.errors).toHaveLength(1);
  const [{ message, extensions }] = answer.body.errors;
  expect(message).toBe(`Validation failed for field "${field}". ${sentence}`);
  expect(extensions).toMatchObject({ field, path: [], code: 'FAILED_VALIDATION', type: expect.any(String) });
});

test.each<[string, object, string[]]>([
  ['prefix of 3 digits', { sscc_company_prefix: '123' }, ['sscc_company_prefix']],
  ['no prefix', { sscc_company_prefix: undefined }, ['sscc_company_prefix']],
  ['extension 10', { sscc_extension_digit: 10 }, ['sscc_extension_digit']],
  ['start below 0', { sscc_start_serial: -1 }, ['sscc_start_serial']],
  ['start behind the prefix', { sscc_start_serial: '1000000000' }, ['sscc_start_serial']],
  ['start beyond all', { sscc_start_serial: '99999999999999999999' }, ['sscc_start_serial']],
  ['more than are left from the start', { sscc_start_serial: 999_999_995 }, ['quantity']],
])('an sscc job with %s is refused', async (_name, change, fields) => {
  expect(wrongFields(await refused({ ...SSCC, ...change }))).toEqual(fields);
});

test('all wrong fields are named at once', async () => {
  const answer = await refused({
    id: 'x',
    length: 99,
    quantity: 'q',
    character_set: 'q',
    product: '/01/1',
    domain: 5,
  });
  expect(wrongFields(answer)).toEqual(['character_set', 'domain', 'id', 'length', 'product', 'quantity']);
  expect(codes(answer).filter((code) => code === 'INVALID_FOREIGN_KEY')).toHaveLength(1);
});

test('a body without anything names what it needs', async () => {
  expect(wrongFields(await refused({}))).toEqual(['product', 'quantity']);
});

test.each<[string, object, string, string]>([
  ['a product that is not there', { product: '/01/00614141000012' }, 'product', '/01/00614141000012'],
  ["another account's product", { product: OTHER_PRODUCT }, 'product', OTHER_PRODUCT],
  ["another account's number", { account: OTHER_ACCOUNT_ID }, 'account', OTHER_ACCOUNT_ID],
  ['an unknown domain', { domain: OTHER_ACCOUNT_ID }, 'domain', OTHER_ACCOUNT_ID],
])('%s is an invalid reference', async (_name, change, field, value) => {
  const answer = await refused({ ...GOOD, ...change });
  expect(answer.body.errors).toEqual([
    {
      message: expect.any(String),
      extensions: { collection: 'identifier_job', field, value, code: 'INVALID_FOREIGN_KEY' },
    },
  ]);
});

test('one wrong item of a list refuses them all and says which it was', async () => {
  const answer = await refused([GOOD, { ...GOOD, quantity: 0 }, { ...GOOD, length: 1 }]);
  expect(
    answer.body.errors.map((error: { extensions: { path: number[] } }) => error.extensions.path),
  ).toEqual([[1], [2]]);
});

test('a later item that has no room left takes the earlier ones back', async () => {
  const numeric = { ...GOOD, character_set: 'numeric', length: 6 };
  const answer = await refused([
    { ...numeric, quantity: 600_000 },
    { ...numeric, quantity: 600_000 },
  ]);
  expect(wrongFields(answer)).toEqual(['quantity']);
});

test.each<[string, unknown]>([
  ['invalid JSON', '{"quantity":'],
  ['a bare text', '"quantity"'],
  ['a list of numbers', [1, 2]],
  ['a body beyond 1 MB', { ...GOOD, reference_id: 'x'.repeat(1_100_000) }],
])('%s is an invalid payload', async (_name, body) => {
  expect(codes(await refused(body))).toEqual(['INVALID_PAYLOAD']);
});

test('a body beyond 1 MB is named so', async () => {
  const { body } = await refused({ reference_id: 'x'.repeat(1_100_000) });
  expect(body.errors[0]).toEqual({
    message: 'Invalid payload. request entity too large.',
    extensions: { reason: 'request entity too large', code: 'INVALID_PAYLOAD' },
  });
});

test('a wrong parameter is found before anything is written', async () => {
  const before = await everything();
  const answer = await api.post(`${JOBS}?fields=nope`, GOOD);
  expect(answer.status).toBe(403);
  expect(await everything()).toEqual(before);
});
