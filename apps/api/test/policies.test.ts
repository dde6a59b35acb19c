import { FIRST_ACCOUNT_ID } from '@codemint/db';
import {
  ASSET,
  type As,
  codes,
  OTHER_ACCOUNT_ID,
  OTHER_PRODUCT,
  PRODUCT,
  useItems,
  wrongFields,
} from './support';

const POLICIES = '/items/issuing_policy';
const MAXIMUM = 0.0001;
/** An account that there is not. */
const NOBODY = '99999999-9999-4999-8999-999999999999';

const { api, post, refused } = useItems('issuing_policy');

test('a policy is that of an account, or of a product', async () => {
  const whole = await post({ max_guess_probability: '0.0001' });
  expect(whole.status).toBe(200);
  expect(Object.entries(whole.body.data)).toEqual([
    ['id', expect.any(String)],
    ['user_created', api.userIds.operator],
    ['date_created', expect.stringMatching(/Z$/)],
    ['user_updated', null],
    ['date_updated', null],
    ['account', FIRST_ACCOUNT_ID],
    ['product', null],
    ['max_guess_probability', MAXIMUM],
    ['company_prefix_length', null],
  ]);
  const own = await post({ product: PRODUCT, max_guess_probability: 1e-7 });
  expect(own.body.data).toMatchObject({ product: PRODUCT, max_guess_probability: 1e-7 });
  const others = await post({ product: OTHER_PRODUCT, max_guess_probability: 1 }, 'admin');
  expect(others.body.data).toMatchObject({ account: OTHER_ACCOUNT_ID, max_guess_probability: 1 });
});

test.each<[string, unknown]>([
  ['0', 0],
  ['less than 0', -0.1],
  ['more than 1', 1.0001],
  ['less than any number', '1e-400'],
])('%s is no probability', async (_name, value) => {
  const answer = await refused(() => post({ max_guess_probability: value }));
  expect(answer.status).toBe(400);
  expect(answer.body.errors).toEqual([
    {
      message:
        'Validation failed for field "max_guess_probability". Value has to be greater than 0 and at most 1: 1 in 10,000 is 0.0001.',
      extensions: expect.objectContaining({ code: 'FAILED_VALIDATION', field: 'max_guess_probability' }),
    },
  ]);
});

test.each([['1 in 10,000'], ['1/10000'], [true], [''], ['0x1'], ['NaN'], ['1e400'], [[0.1]], [{}]])(
  '%j is no number',
  async (value) => {
    const answer = await refused(() => post({ max_guess_probability: value }));
    expect(wrongFields(answer)).toEqual(['max_guess_probability']);
    expect(answer.body.errors[0].message).toContain('Value has to be a number');
  },
);

test.each([[{}], [{ max_guess_probability: null }], [{ company_prefix_length: null }]])(
  '%j says nothing',
  async (body) => {
    const answer = await refused(() => post(body));
    expect([answer.status, wrongFields(answer)]).toEqual([400, ['max_guess_probability']]);
    expect(answer.body.errors[0].message).toContain('required where there is no company_prefix_length');
  },
);

test.each([
  [3, 'greater than or equal to "4"'],
  [13, 'less than or equal to "12"'],
  ['x', 'an integer'],
  [7.5, 'an integer'],
])('a company prefix of %j digits is refused', async (value, reason) => {
  const answer = await refused(() => post({ company_prefix_length: value }));
  expect([answer.status, wrongFields(answer)]).toEqual([400, ['company_prefix_length']]);
  expect(answer.body.errors[0].message).toContain(reason);
});

test('a policy may tell the length of the company prefix, beside a probability or alone', async () => {
  const { data } = (await post({ company_prefix_length: '7' })).body;
  expect(data).toMatchObject({ max_guess_probability: null, company_prefix_length: 7 });
  const path = `${POLICIES}/${data.id}`;
  const patch = async (body: object) => (await api.request('PATCH', path, { body })).body.data;
  expect(await patch({ max_guess_probability: 0.5 })).toMatchObject({
    max_guess_probability: 0.5,
    company_prefix_length: 7,
  });
  expect(await patch({ company_prefix_length: null })).toMatchObject({ company_prefix_length: null });
  const both = { max_guess_probability: null, company_prefix_length: 4 };
  expect(await patch(both)).toMatchObject(both);
  const answer = await refused(() => api.request('PATCH', path, { body: { company_prefix_length: null } }));
  expect([answer.status, wrongFields(answer)]).toEqual([400, ['max_guess_probability']]);
});

test('there is one for each account and product', async () => {
  await post({ max_guess_probability: MAXIMUM });
  await post({ product: PRODUCT, max_guess_probability: MAXIMUM });
  const answers = [
    await refused(() => post({ max_guess_probability: 0.5 })),
    await refused(() => post({ product: PRODUCT, max_guess_probability: 0.5 })),
  ];
  expect(answers.map(({ status, body }) => [status, body.errors[0].extensions])).toEqual([
    [400, { collection: 'issuing_policy', field: 'account', value: FIRST_ACCOUNT_ID, code: 'RECORD_NOT_UNIQUE' }],
    [400, { collection: 'issuing_policy', field: 'product', value: PRODUCT, code: 'RECORD_NOT_UNIQUE' }],
  ]); // biome-ignore format: two rows
  expect(answers[0]?.body.errors[0].message).toContain('There is one with the same "account", "product"');
  expect((await post({ max_guess_probability: 0.5 }, 'stranger')).status).toBe(200);
  const both = [
    { product: ASSET, max_guess_probability: 0.5 },
    { product: PRODUCT, max_guess_probability: 0.5 },
  ];
  expect(codes(await refused(() => post(both)))).toEqual(['RECORD_NOT_UNIQUE']);
});

test('an id that is taken is told so', async () => {
  const { id } = (await post({ max_guess_probability: MAXIMUM })).body.data;
  const answer = await refused(() => post({ id, product: PRODUCT, max_guess_probability: MAXIMUM }));
  expect(answer.body.errors[0].extensions).toMatchObject({
    field: 'id',
    value: id,
    code: 'RECORD_NOT_UNIQUE',
  });
});

test.each<[string, object, As, string]>([
  ['a product that is not there', { product: '/01/00614141000012' }, 'operator', 'product'],
  ["another account's product", { product: OTHER_PRODUCT }, 'operator', 'product'],
  ["another account's number", { account: OTHER_ACCOUNT_ID }, 'operator', 'account'],
  ['an account that is not there', { account: NOBODY }, 'admin', 'account'],
])('%s is an invalid reference', async (_name, body, as, field) => {
  const answer = await refused(() => post({ max_guess_probability: 0.5, ...body }, as));
  expect([codes(answer), wrongFields(answer)]).toEqual([['INVALID_FOREIGN_KEY'], [field]]);
});

test("the product has to be the account's", async () => {
  const answer = await refused(() =>
    post({ account: FIRST_ACCOUNT_ID, product: OTHER_PRODUCT, max_guess_probability: 0.5 }, 'admin'),
  );
  expect(answer.body.errors[0].extensions).toMatchObject({ field: 'account', valid: OTHER_ACCOUNT_ID });
});

test('PATCH changes the probability, and nothing else', async () => {
  const { id } = (await post({ product: PRODUCT, max_guess_probability: MAXIMUM })).body.data;
  const path = `${POLICIES}/${id}`;
  const patch = (body: object) => api.request('PATCH', path, { body });
  const patched = await patch({ max_guess_probability: '2.5e-4', product: PRODUCT, user_created: 'me' });
  expect(patched.body.data).toMatchObject({
    max_guess_probability: 0.00025,
    product: PRODUCT,
    user_created: api.userIds.operator,
    user_updated: api.userIds.operator,
  });
  for (const body of [
    { product: ASSET },
    { product: null },
    { account: OTHER_ACCOUNT_ID },
    { max_guess_probability: 0 },
    { max_guess_probability: null },
    { max_guess_probability: 'x' },
  ]) {
    const answer = await refused(() => patch(body));
    expect([answer.status, wrongFields(answer)]).toEqual([400, Object.keys(body)]);
  }
});

test('DELETE removes it, and its product takes it along', async () => {
  const { id } = (await post({ max_guess_probability: MAXIMUM })).body.data;
  expect((await api.request('DELETE', `${POLICIES}/${id}`)).status).toBe(204);
  expect((await api.request('DELETE', `${POLICIES}/${id}`)).status).toBe(403);
  const key = '/01/00000000000031';
  await api.post('/items/product', { id: key });
  await post({ product: key, max_guess_probability: MAXIMUM });
  await api.request('DELETE', `/items/product/${encodeURIComponent(key)}`);
  expect((await api.get(POLICIES)).body.data).toEqual([]);
});

test('a reader reads; a stranger finds nothing', async () => {
  const { id } = (await post({ product: PRODUCT, max_guess_probability: MAXIMUM })).body.data;
  const path = `${POLICIES}/${id}`;
  expect((await api.get(path, 'reader')).body.data.id).toBe(id);
  expect((await api.get(path, 'stranger')).status).toBe(403);
  expect((await api.get(POLICIES, 'stranger')).body.data).toEqual([]);
  for (const as of ['reader', 'stranger', 'nobody'] as const) {
    const calls = [
      () => api.request('PATCH', path, { as, body: { max_guess_probability: 1 } }),
      () => api.request('DELETE', path, { as }),
    ];
    for (const call of calls) expect((await refused(call)).status).toBe(403);
  }
  expect((await refused(() => post({ max_guess_probability: 1 }, 'reader'))).status).toBe(403);
});
