import { type Api, ASSET, codes, OTHER_ACCOUNT_ID, OTHER_PRODUCT, PRODUCT, startApi } from './support';

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const ACCOUNT = 'f1b2c3d4-e5f6-7890-1234-567890abcdef';
const JOBS = '/items/identifier_job';

/** The request body of the collection's documentation. */
const DOCUMENTED = {
  length: 8,
  quantity: 100,
  account: ACCOUNT,
  reference_id: 'BATCH-SGTIN-2024',
  type: 'sgtin',
  product: PRODUCT,
  character_set: 'alphanumeric',
};

const linkHostOf = async (id: string) =>
  (
    await api.database.pool.query(
      'SELECT b.link_host FROM identifier_job j JOIN batch b ON b.id = j.batch_id WHERE j.id = $1',
      [id],
    )
  ).rows[0].link_host;

test('the documented body makes a job with exactly the documented fields', async () => {
  const answer = await api.post(JOBS, DOCUMENTED);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(answer.body.data).toEqual({
    ...DOCUMENTED,
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    user_created: api.userIds.operator,
    date_created: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    user_updated: null,
    date_updated: null,
    status: 'new',
    sscc_start_serial: 0,
    sscc_extension_digit: null,
    sscc_company_prefix: null,
    domain: null,
    error_message: null,
    quantity_created: null,
  });
  expect(await linkHostOf(answer.body.data.id)).toBe('id.gs1.org');
});

test('its slices are in the queue when it is answered', async () => {
  const { body } = await api.post(JOBS, { ...DOCUMENTED, reference_id: 'queued' });
  const waiting = await api.queue.queues['identifier-jobs'].getJobs(['prioritized', 'waiting']);
  expect(waiting.map((job) => job.data.job)).toContain(body.data.id);
});

test('what is left out gets its default, "12" becomes 12, unknown and server fields are ignored', async () => {
  const { status, body } = await api.post(
    `${JOBS}?fields=length,quantity,type,character_set,account,status,sscc_start_serial`,
    {
      product: PRODUCT,
      quantity: ' 12 ',
      nonsense: { a: 1 },
      status: 'complete',
      quantity_created: 12,
      user_created: 7,
    },
  );
  expect(status).toBe(200);
  expect(body.data).toEqual({
    length: 8,
    quantity: 12,
    type: 'sgtin',
    character_set: 'alphanumeric',
    account: ACCOUNT,
    status: 'new',
    sscc_start_serial: 0,
  });
});

test('a given id is kept, and taken only once', async () => {
  const id = 'ABCDEF00-0000-0000-0000-00000000000f';
  const body = { id, product: PRODUCT, quantity: 1, character_set: 'an-47' };
  const made = await api.post(`${JOBS}?fields=id,character_set`, body);
  expect(made.body.data).toEqual({ id: id.toLowerCase(), character_set: 'AN-47' });
  const again = await api.post(JOBS, body);
  expect(again.status).toBe(400);
  expect(again.body.errors[0].extensions).toEqual({
    collection: 'identifier_job',
    field: 'id',
    value: id.toLowerCase(),
    code: 'RECORD_NOT_UNIQUE',
  });
});

test('the account comes from the product, whoever asks', async () => {
  const { body } = await api.post(JOBS, { product: OTHER_PRODUCT, quantity: 1 }, 'admin');
  expect(body.data.account).toBe(OTHER_ACCOUNT_ID);
  const other = await api.post(JOBS, { product: OTHER_PRODUCT, quantity: 1, account: ACCOUNT }, 'admin');
  expect(other.status).toBe(400);
  expect(other.body.errors).toEqual([
    {
      message: `Validation failed for field "account". Value has to be "${OTHER_ACCOUNT_ID}", the account of its product.`,
      extensions: {
        field: 'account',
        path: [],
        type: 'eq',
        valid: OTHER_ACCOUNT_ID,
        code: 'FAILED_VALIDATION',
      },
    },
  ]);
});

test("without product and domain it is the caller's, or the first one for the administrator", async () => {
  const sscc = { type: 'sscc', sscc_company_prefix: '0614141', quantity: 1 };
  expect((await api.post(JOBS, sscc, 'stranger')).body.data.account).toBe(OTHER_ACCOUNT_ID);
  expect((await api.post(JOBS, sscc, 'admin')).body.data.account).toBe(ACCOUNT);
  const named = await api.post(JOBS, { ...sscc, account: OTHER_ACCOUNT_ID }, 'admin');
  expect(named.body.data.account).toBe(OTHER_ACCOUNT_ID);
});

test('an sscc job without a start takes the lowest free one and says which', async () => {
  const sscc = {
    type: 'sscc',
    sscc_company_prefix: '9521321',
    sscc_extension_digit: '3',
    quantity: 10,
    length: 3,
  };
  const first = (await api.post(JOBS, sscc)).body.data;
  expect(first).toMatchObject({ sscc_start_serial: 0, sscc_extension_digit: 3, length: 3 });
  expect((await api.post(JOBS, { ...sscc, sscc_start_serial: null })).body.data.sscc_start_serial).toBe(10);
  const explicit = await api.post(JOBS, { ...sscc, sscc_start_serial: 5 });
  expect(explicit.status).toBe(400);
  expect(codes(explicit)).toEqual(['RECORD_NOT_UNIQUE']);
  expect(explicit.body.errors[0].message).toContain('20');
});

test('a grai job takes an asset type, a short_code job a domain', async () => {
  expect((await api.post(JOBS, { type: 'grai', product: ASSET, quantity: 5, length: 16 })).status).toBe(200);
  const none = await api.post(JOBS, { type: 'short_code', quantity: 5 });
  expect(none.body.errors[0].extensions).toMatchObject({ field: 'domain', type: 'required' });
  const domain = (await api.post('/items/domain', { domain_name: 'one.example' }, 'stranger')).body.data;
  const only = await api.post(JOBS, { type: 'short_code', quantity: 5 }, 'stranger');
  expect(only.body.data.domain).toBe(domain.id);
  expect(await linkHostOf(only.body.data.id)).toBe('one.example');
  const sgtin = await api.post(JOBS, { product: OTHER_PRODUCT, quantity: 5 }, 'stranger');
  expect(sgtin.body.data.domain).toBe(null);
  expect(await linkHostOf(sgtin.body.data.id)).toBe('one.example');
});

test('a list makes all in one go and is answered in the order of keys', async () => {
  const item = (id: string) => ({
    id: `0000000${id}-0000-4000-8000-000000000000`,
    product: PRODUCT,
    quantity: 1,
  });
  const { status, body } = await api.post(`${JOBS}?fields=id`, [item('3'), item('1'), item('2')]);
  expect(status).toBe(200);
  expect(body.data.map(({ id }: { id: string }) => id[7])).toEqual(['1', '2', '3']);
  expect((await api.post(JOBS, [])).body).toEqual({ data: [] });
});

test('PATCH changes the reference and keeps what the server knows better', async () => {
  const { id } = (await api.post(JOBS, DOCUMENTED)).body.data;
  const patched = await api.request('PATCH', `${JOBS}/${id}`, {
    body: {
      status: 'complete',
      quantity_created: 100,
      reference_id: 'BATCH-SGTIN-2024-COMPLETED',
      quantity: 100,
    },
  });
  expect(patched.status).toBe(200);
  expect(patched.body.data).toMatchObject({
    id,
    status: 'new',
    quantity_created: null,
    reference_id: 'BATCH-SGTIN-2024-COMPLETED',
    user_updated: api.userIds.operator,
    date_updated: expect.any(String),
  });
  const refused = await api.request('PATCH', `${JOBS}/${id}`, {
    body: { quantity: 101, length: 9, reference_id: 'x' },
  });
  expect(refused.status).toBe(400);
  expect(refused.body.errors.map((error: { extensions: object }) => error.extensions)).toEqual([
    { field: 'length', path: [], type: 'eq', valid: 8, code: 'FAILED_VALIDATION' },
    { field: 'quantity', path: [], type: 'eq', valid: 100, code: 'FAILED_VALIDATION' },
  ]);
  const { body } = await api.get(`${JOBS}/${id}?fields=reference_id,quantity`);
  expect(body.data).toEqual({ reference_id: 'BATCH-SGTIN-2024-COMPLETED', quantity: 100 });
});

test('PATCH and DELETE of several are all or nothing', async () => {
  const made = await api.post(
    `${JOBS}?fields=id`,
    [1, 2, 3].map((quantity) => ({ product: PRODUCT, quantity })),
  );
  const keys: string[] = made.body.data.map(({ id }: { id: string }) => id);
  const data = { reference_id: 'together' };
  const patched = await api.request('PATCH', `${JOBS}?fields=reference_id`, { body: { keys, data } });
  expect(patched.body.data).toEqual([data, data, data]);
  const missing = '99999999-0000-4000-8000-000000000000';
  const refused = await api.request('DELETE', JOBS, { body: [...keys, missing] });
  expect(refused.status).toBe(403);
  expect((await api.get(`${JOBS}?filter[reference_id][_eq]=together`)).body.data).toHaveLength(3);
  const query = { filter: { reference_id: { _eq: 'together' } } };
  expect((await api.request('DELETE', JOBS, { body: { query } })).status).toBe(204);
  expect((await api.get(`${JOBS}?filter[reference_id][_eq]=together`)).body.data).toEqual([]);
});

test('DELETE takes a job away; a second one finds nothing', async () => {
  const { id } = (await api.post(JOBS, DOCUMENTED)).body.data;
  expect((await api.request('DELETE', `${JOBS}/${id}`, { as: 'stranger' })).status).toBe(403);
  const gone = await api.request('DELETE', `${JOBS}/${id}`);
  expect([gone.status, gone.text]).toEqual([204, '']);
  expect((await api.get(`${JOBS}/${id}`)).status).toBe(403);
  const again = await api.request('DELETE', `${JOBS}/${id}`);
  expect(again.body.errors[0].message).toBe(
    'You don\'t have permission to perform "delete" for collection "identifier_job" or it does not exist.',
  );
});
