import { FIRST_ACCOUNT_ID, shortRules } from '@codemint/db';
import { ASSET, codes, OTHER_ACCOUNT_ID, OTHER_PRODUCT, PRODUCT, useItems, wrongFields } from './support';

const RULES = '/items/replenishment_rule';

const { api, post, refused } = useItems('replenishment_rule', {
  settings: { CODEMINT_MAX_QUANTITY: '10000' },
});
let domain: string;
beforeAll(async () => {
  domain = (await api.post('/items/domain', { domain_name: 'codes.example' })).body.data.id;
});

const good = { product: PRODUCT, minimum: 100, target: 500 };

test('a rule has the defaults of a job and the type of its product', async () => {
  const { status, body } = await post({ ...good, error_message: 'x', last_job: domain });
  expect(status).toBe(200);
  expect(Object.entries(body.data)).toEqual([
    ['id', expect.any(String)],
    ['user_created', api.userIds.operator],
    ['date_created', expect.stringMatching(/Z$/)],
    ['user_updated', null],
    ['date_updated', null],
    ['account', FIRST_ACCOUNT_ID],
    ['product', PRODUCT],
    ['domain', null],
    ['type', 'sgtin'],
    ['character_set', 'alphanumeric'],
    ['length', 8],
    ['minimum', 100],
    ['target', 500],
    ['status', 'active'],
    ['error_message', null],
    ['last_job', null],
  ]);
});

test.each<[string, () => object, object]>([
  ['a GRAI', () => ({ product: ASSET }), { type: 'grai', product: ASSET }],
  [
    'a GRAI by its name',
    () => ({ product: ASSET, type: 'grai', length: '16' }),
    { type: 'grai', length: 16 },
  ],
  ['a domain', () => ({ product: null, domain }), { type: 'short_code', product: null }],
  [
    'a set in any case',
    () => ({ character_set: 'an-47', length: 20 }),
    { character_set: 'AN-47', length: 20 },
  ],
  ['one that waits', () => ({ status: 'paused', target: 100 }), { status: 'paused', target: 100 }],
])('%s', async (_name, change, expected) => {
  const { status, body } = await post({ ...good, ...change() });
  expect(status).toBe(200);
  expect(body.data).toMatchObject(expected);
});

test.each<[string, object, string, string]>([
  ['no minimum', { minimum: undefined }, 'minimum', 'Value is required.'],
  ['minimum 0', { minimum: 0 }, 'minimum', 'Value has to be greater than or equal to "1".'],
  ['an absurd minimum', { minimum: 1e300 }, 'minimum', 'Value has to be less than or equal to "10000".'],
  ['no target', { target: null }, 'target', 'Value is required.'],
  ['a target below the minimum', { target: 99 }, 'target', 'Value has to be at least "100", the minimum.'],
  ['too large a target', { target: 10_001 }, 'target', 'Value has to be less than or equal to "10000".'],
  ['a part of a code', { target: 500.5 }, 'target', 'Value has to be an integer.'],
  ['length 5', { length: 5 }, 'length', 'Value has to be greater than or equal to "6".'],
  ['length 21', { length: 21 }, 'length', 'Value has to be less than or equal to "20".'],
  ['a GRAI of length 17', { product: ASSET, length: 17 }, 'length', 'Value has to be less than or equal to "16".'],
  ['a status that is none', { status: 'off' }, 'status', 'Value has to be one of "active", "paused".'],
  [
    'SSCCs',
    { type: 'sscc' },
    'type',
    'Value has to be one of "sgtin", "grai", "short_code". SSCCs belong to no product or domain whose stock could be kept.',
  ],
  ['the wrong type', { type: 'grai' }, 'type', 'Value has to be "sgtin", the type of the product\'s codes.'],
  ['a type of domains', { type: 'short_code' }, 'type', 'Value has to be "sgtin", the type of the product\'s codes.'],
  ['a type of products', { product: ASSET, type: 'sgtin' }, 'type', 'Value has to be "grai", the type of the product\'s codes.'],
  ['no product and no domain', { product: null, type: 'sgtin' }, 'product', 'Either "product" or "domain" is required.'],
  [
    'an unknown character set',
    { character_set: 'klingon' },
    'character_set',
    'Value has to be one of "alphanumeric", "numeric", "AN-47", "GS1-64w", "UAN-28", "GS1-36w", "N".',
  ],
])('%s: the field is named', async (_name, change, field, sentence) => {
  const answer = await refused(() => post({ ...good, ...change }));
  expect(answer.status).toBe(400);
  expect(answer.body.errors.map(({ message }: { message: string }) => message)).toEqual([
    `Validation failed for field "${field}". ${sentence}`,
  ]);
  expect(answer.body.errors[0].extensions).toMatchObject({ field, path: [], code: 'FAILED_VALIDATION' });
}); // biome-ignore format: a table

test('of a domain no other type is made, and no product goes with it', async () => {
  expect(wrongFields(await refused(() => post({ ...good, product: null, domain, type: 'sgtin' })))).toEqual([
    'type',
  ]);
  const answer = await refused(() => post({ ...good, domain }));
  expect(answer.body.errors[0].message).toContain('Only one of "product" and "domain" may have a value.');
});

test('all wrong fields are named at once', async () => {
  expect(wrongFields(await refused(() => post({})))).toEqual(['minimum', 'product', 'target']);
  const wrong = { ...good, minimum: 'x', length: 99, type: 'x', status: 'x', product: '/01/00614141000012' };
  expect(wrongFields(await refused(() => post(wrong)))).toEqual([
    'length', 'minimum', 'product', 'status', 'type',
  ]); // biome-ignore format: a list of names
});

test('there is one for each kind of code', async () => {
  await post(good);
  const answer = await refused(() => post({ ...good, minimum: 1, character_set: 'ALPHANUMERIC', length: 8 }));
  expect([answer.status, answer.body.errors[0].extensions]).toEqual([
    400,
    { collection: 'replenishment_rule', field: 'product', value: PRODUCT, code: 'RECORD_NOT_UNIQUE' },
  ]);
  expect(answer.body.errors[0].message).toContain('"type", "character_set", "length": change that one.');
  await post({ ...good, product: null, domain });
  const short = await refused(() => post({ ...good, product: null, domain }));
  expect(short.body.errors[0].extensions).toMatchObject({ field: 'domain', value: domain });
  for (const other of [{ length: 9 }, { character_set: 'numeric' }]) {
    expect((await post({ ...good, ...other })).status).toBe(200);
  }
  expect(codes(await refused(() => post([{ ...good, length: 12 }, good])))).toEqual(['RECORD_NOT_UNIQUE']);
});

test('two names of the same characters are one kind, kept by the first name', async () => {
  const made = await post({ ...good, character_set: 'n' });
  expect(made.body.data.character_set).toBe('numeric');
  for (const character_set of ['numeric', 'N']) {
    expect(codes(await refused(() => post({ ...good, character_set })))).toEqual(['RECORD_NOT_UNIQUE']);
  }
  const patched = await api.request('PATCH', `${RULES}/${made.body.data.id}`, {
    body: { character_set: 'N', target: 600 },
  });
  expect(patched.body.data).toMatchObject({ character_set: 'numeric', target: 600 });
});

test.each<[string, object, string]>([
  ['a product that is not there', { product: '/01/00614141000012' }, 'product'],
  ['a product with a wrong check digit', { product: '/01/09312345551928' }, 'product'],
  ["another account's product", { product: OTHER_PRODUCT }, 'product'],
  ["another account's number", { account: OTHER_ACCOUNT_ID }, 'account'],
  ['an unknown domain', { product: null, domain: OTHER_ACCOUNT_ID }, 'domain'],
])('%s is an invalid reference', async (_name, change, field) => {
  const answer = await refused(() => post({ ...good, ...change }));
  expect(answer.status).toBe(400);
  expect(codes(answer)).toContain('INVALID_FOREIGN_KEY');
  expect(wrongFields(answer)).toEqual([field]);
});

test('the account is that of the product, whoever asks', async () => {
  const { body } = await post({ ...good, product: OTHER_PRODUCT }, 'admin');
  expect(body.data.account).toBe(OTHER_ACCOUNT_ID);
  const wrong = { ...good, account: OTHER_ACCOUNT_ID };
  expect(wrongFields(await refused(() => post(wrong, 'admin')))).toEqual(['account']);
});

test('PATCH changes the amounts and whether the rule is active', async () => {
  const { id } = (await post(good)).body.data;
  const patch = (body: object) => api.request('PATCH', `${RULES}/${id}`, { body });
  const patched = await patch({
    minimum: 600,
    target: '700',
    status: 'paused',
    type: 'sgtin',
    last_job: domain,
  });
  expect(patched.body.data).toMatchObject({ minimum: 600, target: 700, status: 'paused', last_job: null });
  expect((await patch({ target: 800 })).body.data).toMatchObject({ minimum: 600, target: 800 });
  expect((await patch({ minimum: 800 })).status).toBe(200);
  const refusals: [object, string, string][] = [
    [{ minimum: 801 }, 'minimum', 'Value has to be at most "800", the target.'],
    [{ target: 799 }, 'target', 'Value has to be at least "800", the minimum.'],
    [{ minimum: 5, target: 4 }, 'target', 'Value has to be at least "5", the minimum.'],
    [{ minimum: null }, 'minimum', 'Value is required.'],
    [{ target: 10_001 }, 'target', 'Value has to be less than or equal to "10000".'],
    [{ status: null }, 'status', 'Value is required.'],
    [{ length: 9 }, 'length', 'Value cannot change: it has to be "8".'],
    [{ character_set: 'numeric' }, 'character_set', 'Value cannot change: it has to be "alphanumeric".'],
    [{ product: ASSET }, 'product', `Value cannot change: it has to be "${PRODUCT}".`],
    [{ type: 'grai' }, 'type', 'Value cannot change: it has to be "sgtin".'],
    [{ account: OTHER_ACCOUNT_ID }, 'account', `Value cannot change: it has to be "${FIRST_ACCOUNT_ID}".`],
  ];
  for (const [body, field, sentence] of refusals) {
    const answer = await refused(() => patch({ status: 'active', ...body }));
    expect(answer.body.errors.map(({ message }: { message: string }) => message)).toEqual([
      `Validation failed for field "${field}". ${sentence}`,
    ]);
  }
});

test('PATCH takes away what failed, so that the rule is tried again at once', async () => {
  const { id } = (await post(good)).body.data;
  const fail = () =>
    api.database.pool.query(`UPDATE replenishment_rule SET error_message = 'no space' WHERE id = $1`, [id]);
  const patch = (body: object) => api.request('PATCH', `${RULES}/${id}`, { body });
  for (const body of [{ target: 600 }, { status: 'active' }, {}, { error_message: 'mine' }]) {
    await fail();
    expect(await shortRules(api.database.pool, false)).toEqual([]);
    expect((await patch(body)).body.data).toMatchObject({ error_message: null });
    expect(await shortRules(api.database.pool, false)).toEqual([id]);
  }
  await fail();
  expect((await refused(() => patch({ target: 1 }))).status).toBe(400);
});

test('a rule from before a lower maximum can still be paused', async () => {
  const { id } = (await post(good)).body.data;
  await api.database.pool.query('UPDATE replenishment_rule SET target = 20000 WHERE id = $1', [id]);
  const patch = (body: object) => api.request('PATCH', `${RULES}/${id}`, { body });
  expect((await patch({ status: 'paused', minimum: 200 })).status).toBe(200);
  expect(wrongFields(await refused(() => patch({ target: 20_000 })))).toEqual(['target']);
});

test('of two changes that do not go together one is refused', async () => {
  const { id } = (await post(good)).body.data;
  for (let round = 0; round < 5; round++) {
    const patch = (body: object) => api.request('PATCH', `${RULES}/${id}`, { body });
    await patch({ minimum: 100, target: 500 });
    const answers = await Promise.all([patch({ minimum: 400 }), patch({ target: 200 })]);
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    for (const status of statuses) expect([200, 400, 409]).toContain(status);
  }
});

test('PATCH of many is all or nothing', async () => {
  const made = await post([good, { ...good, length: 9, target: 150 }]);
  const keys = made.body.data.map(({ id }: { id: string }) => id);
  const patch = (data: object) => api.request('PATCH', RULES, { body: { keys, data } });
  expect((await refused(() => patch({ minimum: 200 }))).status).toBe(400);
  expect((await patch({ status: 'paused' })).body.data).toMatchObject([
    { status: 'paused' },
    { status: 'paused' },
  ]);
});

test('DELETE removes rules, and their product takes them along', async () => {
  const { id } = (await post(good)).body.data;
  expect((await api.request('DELETE', `${RULES}/${id}`)).status).toBe(204);
  expect((await api.request('DELETE', `${RULES}/${id}`)).status).toBe(403);
  const key = '/01/00000000000031';
  await api.post('/items/product', { id: key });
  await post({ ...good, product: key });
  expect((await api.request('DELETE', `/items/product/${encodeURIComponent(key)}`)).status).toBe(204);
  expect((await api.get(RULES)).body.data).toEqual([]);
});

test('a rule leads to its latest job as long as that is there', async () => {
  const { id } = (await post(good)).body.data;
  const job = await api.post('/items/identifier_job', { product: PRODUCT, quantity: 5 });
  await api.database.pool.query(
    'UPDATE replenishment_rule SET last_job = $2, error_message = $3 WHERE id = $1',
    [id, job.body.data.id, 'no space'],
  );
  const read = () => api.get(`${RULES}/${id}?fields=error_message,last_job.quantity`);
  expect((await read()).body.data).toEqual({ error_message: 'no space', last_job: { quantity: 5 } });
  await api.request('DELETE', `/items/identifier_job/${job.body.data.id}`);
  expect((await read()).body.data).toEqual({ error_message: 'no space', last_job: null });
});

test('a reader reads; a stranger finds nothing', async () => {
  const { id } = (await post(good)).body.data;
  const path = `${RULES}/${id}`;
  expect((await api.get(path, 'reader')).body.data.id).toBe(id);
  expect((await api.get(path, 'stranger')).status).toBe(403);
  expect((await api.get(RULES, 'stranger')).body.data).toEqual([]);
  for (const as of ['reader', 'stranger', 'nobody'] as const) {
    const calls = [
      () => api.request('PATCH', path, { as, body: { status: 'paused' } }),
      () => api.request('DELETE', path, { as }),
    ];
    for (const call of calls) expect((await refused(call)).status).toBe(403);
  }
  expect((await refused(() => post(good, 'reader'))).status).toBe(403);
});
