import { type Api, ASSET, OTHER_ACCOUNT_ID, OTHER_PRODUCT, PRODUCT, startApi, wrongFields } from './support';

let api: Api;
let domains: string[];

beforeAll(async () => {
  api = await startApi();
  await api.post('/items/identifier_job', {
    product: PRODUCT,
    character_set: 'numeric',
    length: 6,
    quantity: 250_000,
  });
  const made = await api.post('/items/domain', [{ domain_name: 'a.example' }]);
  const other = await api.post('/items/domain', { domain_name: 'b.example' }, 'stranger');
  domains = [made.body.data[0].id, other.body.data.id];
});

afterAll(() => api.close());

const ask = (query: Record<string, string | number>, as?: Parameters<Api['get']>[1]) =>
  api.get(
    `/capacity?${new URLSearchParams(Object.entries(query).map(([k, v]): [string, string] => [k, String(v)]))}`,
    as,
  );

const NUMERIC_6 = { character_set: 'numeric', length: 6, prefix: '', suffix: '', epc: null };

test('a product’s capacity is told to whoever may see the product', async () => {
  const query = { type: 'sgtin', product: PRODUCT, character_set: 'numeric', length: 6, quantity: 50_000 };
  for (const as of ['operator', 'reader', 'admin'] as const) {
    const { status, body } = await ask(query, as);
    expect([status, body]).toEqual([
      200,
      {
        data: {
          type: 'sgtin',
          product: PRODUCT,
          domain: null,
          character_set: 'numeric',
          length: 6,
          epc: null,
          space: 1_000_000,
          given_out: {
            generated: 250_000,
            supplied: 0,
            imported: 0,
            overlapping: 0,
            deleted: 0,
            total: 250_000,
          },
          left: 750_000,
          guess_chance: { now: 0.25, after: 0.3, quantity: 50_000 },
          namespace_guess_chance: {
            now: 0.25,
            now_shape: NUMERIC_6,
            after: 0.3,
            after_shape: NUMERIC_6,
            quantity: 50_000,
          },
          policy: { max_guess_probability: null },
          sufficient_lengths: {
            alphanumeric: 7,
            numeric: 9,
            'AN-47': 7,
            'GS1-64w': 7,
            'UAN-28': 7,
            'GS1-36w': 7,
            N: 9,
          },
        },
      },
    ]);
  }
});

test('defaults are those of a job', async () => {
  const { body } = await ask({ product: PRODUCT });
  expect(body.data).toMatchObject({
    type: 'sgtin',
    character_set: 'alphanumeric',
    length: 8,
    space: 62 ** 8,
    guess_chance: { now: 0, after: 0, quantity: 0 },
    namespace_guess_chance: { now: 0.25, now_shape: NUMERIC_6 },
  });
  const grai = await ask({ type: 'grai', product: ASSET, length: 16 });
  expect(grai.body.data).toMatchObject({ type: 'grai', product: ASSET, length: 16 });
  // Upper or lower case, as of a job.
  expect((await ask({ product: PRODUCT, character_set: 'uan-28' })).body.data.character_set).toBe('UAN-28');
});

test('serials that fit SGTIN-96 are counted by themselves', async () => {
  const { body } = await ask({ product: PRODUCT, epc: 'sgtin-96', quantity: 1_000_000 });
  expect(body.data).toMatchObject({
    character_set: 'numeric',
    length: 12,
    epc: 'sgtin-96',
    space: 174_877_906_944,
    left: 174_877_906_944,
    sufficient_lengths: { alphanumeric: null, numeric: 11, 'AN-47': null },
  });
  const six = await ask({ product: PRODUCT, epc: 'sgtin-96', length: 6 });
  const shape = { ...NUMERIC_6, epc: 'sgtin-96' };
  expect(six.body.data).toMatchObject({ space: 900_000, given_out: { generated: 0, overlapping: 225_000 } });
  expect(six.body.data.guess_chance.now).toBeCloseTo(0.25, 10);
  expect([NUMERIC_6, shape]).toContainEqual(six.body.data.namespace_guess_chance.now_shape);
  const refused = await ask({ product: PRODUCT, epc: 'sgtin-96', length: 13 });
  expect([refused.status, refused.body.errors[0].extensions.field]).toEqual([400, 'length']);
});

test('an account with one domain need not name it', async () => {
  const { body } = await ask({ type: 'short_code', length: 6, character_set: 'numeric' });
  expect(body.data).toMatchObject({ domain: domains[0], product: null, left: 1_000_000 });
  expect((await ask({ type: 'short_code', domain: domains[0] as string })).status).toBe(200);
});

test('SSCCs have a largest gap and no chance', async () => {
  await api.post('/items/identifier_job', {
    type: 'sscc',
    sscc_company_prefix: '931234512345',
    sscc_start_serial: 100,
    quantity: 50,
  });
  const { body } = await ask({ type: 'sscc', sscc_company_prefix: '931234512345' });
  expect(body).toEqual({
    data: {
      type: 'sscc',
      product: null,
      domain: null,
      sscc_company_prefix: '931234512345',
      sscc_extension_digit: 0,
      space: 10_000,
      given_out: { generated: 50, supplied: 0, imported: 0, overlapping: 0, deleted: 0, total: 50 },
      left: 9_950,
      largest_gap: 9_850,
    },
  });
});

test('SSCCs of another account alone are none of the caller’s business', async () => {
  const prefix = { type: 'sscc', sscc_company_prefix: '4006381', sscc_extension_digit: 2 };
  const take = (serial: number, as: 'operator' | 'stranger') =>
    api.post('/items/identifier_job', { ...prefix, sscc_start_serial: serial, quantity: 5 }, as);
  const shorter = { ...prefix, sscc_company_prefix: '400638' };
  const longer = { ...prefix, sscc_company_prefix: '400638112' };
  const empty = { ...prefix, sscc_company_prefix: '400638113' };
  expect((await take(120_000_000, 'stranger')).status).toBe(200);
  const statuses = (as: Parameters<typeof ask>[1]) =>
    Promise.all([prefix, shorter, longer, empty].map(async (query) => (await ask(query, as)).status));
  expect(await statuses('operator')).toEqual([403, 403, 403, 200]);
  expect(await statuses('reader')).toEqual([403, 403, 403, 200]);
  expect(await statuses('stranger')).toEqual([200, 200, 200, 200]);
  expect(await statuses('admin')).toEqual([200, 200, 200, 200]);
  expect((await ask({ ...prefix, sscc_extension_digit: 3 })).body.data.given_out.total).toBe(0);
  const { body } = await ask(prefix);
  const nothing = await ask({ product: OTHER_PRODUCT });
  expect(body).toEqual(nothing.body);
  // With numbers of his own there he sees how many are gone.
  await take(77, 'operator');
  expect((await ask(prefix)).body.data.given_out.total).toBe(10);
  expect(await statuses('operator')).toEqual([200, 200, 403, 200]);
});

test('it is told where all master keys are retired', async () => {
  const { pool } = api.database;
  await pool.query('INSERT INTO retired_key (version) VALUES (1)');
  try {
    expect((await ask({ product: PRODUCT, character_set: 'numeric', length: 6 })).body.data.left).toBe(
      750_000,
    );
  } finally {
    await pool.query('DELETE FROM retired_key');
  }
});

test('a policy is told, and lengths go by it', async () => {
  await api.database.pool.query(
    'INSERT INTO issuing_policy (account, product, max_guess_probability) VALUES ($1, $2, 0.5)',
    [OTHER_ACCOUNT_ID, OTHER_PRODUCT],
  );
  const query = { product: OTHER_PRODUCT, character_set: 'numeric', quantity: 2_000_000 };
  const { body } = await ask(query, 'stranger');
  expect(body.data).toMatchObject({
    policy: { max_guess_probability: 0.5 },
    sufficient_lengths: { numeric: 7, alphanumeric: 6 },
  });
  const job = { ...query, length: 6, quantity: 500_001 };
  const refused = await api.post('/items/identifier_job', job, 'stranger');
  expect(refused.status).toBe(400);
  expect(refused.body.errors).toEqual([
    {
      message:
        'Validation failed for field "length". A guess would hit a code that was given out with a chance of 50.0001 %, ' +
        'and the policy allows 50 %. 500,000 more codes of this kind would still do. Length 7 would do.',
      extensions: {
        code: 'FAILED_VALIDATION',
        field: 'length',
        path: [],
        type: 'guess_probability',
        valid: 7,
      },
    },
  ]);
});

test.each([
  [{}, ['product']],
  [{ product: PRODUCT, type: 'qr' }, ['type']],
  [{ product: PRODUCT, length: 5 }, ['length']],
  [{ product: PRODUCT, length: 21, character_set: 'x' }, ['character_set', 'length']],
  [{ product: PRODUCT, length: 'eight', quantity: -1 }, ['length', 'quantity']],
  [{ product: PRODUCT, quantity: '1e9' }, ['quantity']],
  [{ product: PRODUCT, quantity: '99999999999999999999' }, ['quantity']],
  [{ product: ASSET }, ['product']],
  [{ product: ASSET, type: 'grai', length: 17 }, ['length']],
  [{ type: 'short_code', domain: 'a.example' }, ['domain']],
  [{ type: 'sscc' }, ['sscc_company_prefix']],
  [{ type: 'sscc', sscc_company_prefix: '123', sscc_extension_digit: 10 }, ['sscc_company_prefix', 'sscc_extension_digit']], // biome-ignore format: short
])('%j is refused by name', async (query, fields) => {
  const answer = await ask(query as Record<string, string>);
  expect(answer.status).toBe(400);
  expect(wrongFields(answer)).toEqual(fields);
});

test('a parameter that is a list is refused, one that is unknown passed over', async () => {
  const twice = await api.get(`/capacity?product=${PRODUCT}&length=6&length=7`);
  expect([twice.status, wrongFields(twice)]).toEqual([400, ['length']]);
  expect((await ask({ product: PRODUCT, id: 'x', account: 'y', reference_id: 'z' })).status).toBe(200);
});

test.each([
  [{ product: OTHER_PRODUCT }],
  [{ product: '/01/00000000000000' }],
  [{ type: 'short_code', domain: '0a0b0c0d-1111-4222-8333-444455556667' }],
])('%j is nothing that the caller sees', async (query) => {
  const { status, body } = await ask(query as Record<string, string>);
  expect([status, body.errors[0].message]).toEqual([403, "You don't have permission to access this."]);
});

test('another account’s domain is nothing either, and without a token nothing is told', async () => {
  expect((await ask({ type: 'short_code', domain: domains[1] as string })).status).toBe(403);
  expect((await ask({ product: PRODUCT }, 'nobody')).status).toBe(401);
  expect((await ask({ product: OTHER_PRODUCT }, 'admin')).status).toBe(200);
});
