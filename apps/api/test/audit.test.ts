import { createHash } from 'node:crypto';
import { FIRST_ACCOUNT_ID } from '@codemint/db';
import { ADMIN_TOKEN, type Answer, type Api, type As, OTHER_ACCOUNT_ID, PRODUCT, startApi } from './support';

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

interface Entry {
  action: string;
  collection: string;
  item: string | null;
  account_id: string | null;
  user_id: string | null;
  token_id: string | null;
  request_id: string | null;
  address: string | null;
  details: Record<string, unknown>;
}

/** What the audit log is told by some work. */
async function told(work: () => Promise<unknown>): Promise<Entry[]> {
  const { rows } = await api.database.pool.query('SELECT coalesce(max(id), 0) AS last FROM audit_log');
  await work();
  const { rows: entries } = await api.database.pool.query(
    'SELECT * FROM audit_log WHERE id > $1 ORDER BY id',
    [rows[0].last],
  );
  return entries;
}

async function done(request: Promise<Answer>): Promise<Answer> {
  const answer = await request;
  expect([answer.status, answer.text.slice(0, 200)]).toEqual([expect.any(Number), expect.any(String)]);
  expect(answer.status).toBeLessThan(300);
  return answer;
}

async function tokenIdOf(as: 'operator'): Promise<string> {
  const hash = createHash('sha256').update(api.tokens[as]).digest();
  const { rows } = await api.database.pool.query('SELECT id FROM access_token WHERE token_hash = $1', [hash]);
  return rows[0].id;
}

const brief = ({ action, collection, item }: Entry) => ({ action, collection, item });

async function make(collection: string, body: object, as?: As): Promise<string> {
  return (await done(api.post(`/items/${collection}`, body, as))).body.data.id;
}

test('who makes something is told with his token, address and request', async () => {
  let id = '';
  const entries = await told(async () => {
    const answer = await done(
      api.request('POST', '/items/identifier_job', {
        body: { product: PRODUCT, quantity: 10 },
        headers: { 'x-request-id': 'request-of-a-test' },
      }),
    );
    id = answer.body.data.id;
  });
  expect(entries).toEqual([
    {
      id: expect.anything(),
      date_created: expect.any(Date),
      user_id: api.userIds.operator,
      token_id: await tokenIdOf('operator'),
      account_id: FIRST_ACCOUNT_ID,
      action: 'create',
      collection: 'identifier_job',
      item: id,
      details: { type: 'sgtin', quantity: 10, product: PRODUCT },
      request_id: 'request-of-a-test',
      address: '127.0.0.1',
    },
  ]);
});

const KINDS: [collection: string, body: () => object, change: object, changed: object][] = [
  ['product', () => ({ gtin: '00614141123452' }), { brand: 'Brown' }, { brand: [null, 'Brown'] }],
  ['domain', () => ({ domain_name: 'audit.example.com' }), {}, {}],
  [
    'identifier_job',
    () => ({ product: PRODUCT, quantity: 3 }),
    { reference_id: 'R1' },
    { reference_id: [null, 'R1'] },
  ],
  [
    'issuing_policy',
    () => ({ product: PRODUCT, company_prefix_length: 7 }),
    { company_prefix_length: 8 },
    { company_prefix_length: [7, 8] },
  ],
  [
    'replenishment_rule',
    () => ({ product: PRODUCT, minimum: 1, target: 2, status: 'paused' }),
    { target: 3 },
    { target: [2, 3] },
  ],
];

test.each(KINDS)('%s: made, changed and deleted by whom', async (collection, body, change, changed) => {
  let id = '';
  const entries = await told(async () => {
    id = await make(collection, body());
    await done(api.request('PATCH', `/items/${collection}/${encodeURIComponent(id)}`, { body: change }));
    await done(api.request('DELETE', `/items/${collection}/${encodeURIComponent(id)}`));
  });
  const hasChange = Object.keys(changed).length > 0;
  const actions = ['create', ...(hasChange ? ['update'] : []), 'delete'];
  expect(entries.map(brief)).toEqual(actions.map((action) => ({ action, collection, item: id })));
  for (const entry of entries) {
    expect(entry).toMatchObject({ user_id: api.userIds.operator, account_id: FIRST_ACCOUNT_ID });
    expect(entry.request_id).not.toBeNull();
  }
  if (hasChange) expect(entries[1]?.details).toEqual({ changed });
});

test('what is refused is not told', async () => {
  const entries = await told(async () => {
    for (const body of [{ quantity: 0 }, { product: PRODUCT, quantity: 10, length: 1 }]) {
      expect((await api.post('/items/identifier_job', body)).status).toBe(400);
    }
    expect((await api.post('/items/product', { gtin: '09312345551927' })).status).toBe(400);
    expect((await api.post('/items/product', { gtin: '00614141123452' }, 'reader')).status).toBe(403);
  });
  expect(entries).toEqual([]);
});

test('many jobs of one request are told one by one, a repeated request only once', async () => {
  const body = Array.from({ length: 30 }, () => ({ product: PRODUCT, quantity: 1 }));
  const options = { body, headers: { 'idempotency-key': 'audit-1' } };
  const entries = await told(async () => {
    await done(api.request('POST', '/items/identifier_job', options));
    await done(api.request('POST', '/items/identifier_job', options));
  });
  expect(entries).toHaveLength(30);
});

test('orders, their events and the domains that they make are told', async () => {
  const headers = { authorization: api.tokens.operator };
  const body = {
    ids: ['audit-1', 'audit-2'],
    purchaseOrder: 'PO-A',
    metadata: {
      identifierKey: 'k',
      customFields: {},
      shortDomain: 'audit.tn.gg',
      defaultRedirectUrl: 'https://example.com/{shortId}',
    },
  };
  const entries = await told(async () => {
    const answer = await api.request('POST', '/adis/orders', { as: 'nobody', headers, body });
    expect([answer.status, answer.text]).toEqual([201, expect.any(String)]);
  });
  expect(entries.map(({ collection, action }) => `${action} ${collection}`)).toEqual([
    'create domain',
    'create adi_order',
  ]);
  for (const entry of entries) expect(entry.user_id).toBe(api.userIds.operator);
  expect(entries[1]?.details).toEqual({ purchase_order: 'PO-A', quantity: 2 });
});

test('imports and changed statuses are one row, with how many codes', async () => {
  const product = await make('product', { gtin: '00614141999996' });
  const csv = `product,code\n${product},A1\n${product},A2\n${product},A3\n`;
  const imported = await told(() =>
    done(
      api.request('POST', '/import/codes', {
        body: csv,
        headers: { 'content-type': 'text/csv' },
      }),
    ),
  );
  expect(imported.map((entry) => [entry.user_id, brief(entry), entry.account_id, entry.details])).toEqual([
    [
      api.userIds.operator,
      { action: 'import', collection: 'unique_code', item: null },
      FIRST_ACCOUNT_ID,
      { quantity: 3, subjects: [product] },
    ],
  ]);
  const query = { filter: { product: { _eq: product } } };
  const changed = await told(() =>
    done(api.request('PATCH', '/items/unique_code', { body: { query, data: { status: 'encoded' } } })),
  );
  expect(changed.map((entry) => [entry.user_id, brief(entry), entry.account_id, entry.details])).toEqual([
    [
      api.userIds.operator,
      { action: 'update', collection: 'unique_code', item: null },
      FIRST_ACCOUNT_ID,
      { status: 'encoded', quantity: 3, selection: query },
    ],
  ]);
});

test('exports are told with what was selected, never with the token that came along', async () => {
  const path = `/items/product?export=csv&filter[brand][_eq]=x&access_token=${api.tokens.reader}`;
  const entries = await told(() => done(api.get(path, 'nobody')));
  expect(entries.map((entry) => [entry.user_id, brief(entry), entry.details])).toEqual([
    [
      api.userIds.reader,
      { action: 'export', collection: 'product', item: null },
      { selection: { export: 'csv', filter: { brand: { _eq: 'x' } } } },
    ],
  ]);
  expect(
    JSON.stringify(entries, (_key, value) => (typeof value === 'bigint' ? String(value) : value)),
  ).not.toContain(api.tokens.reader);
  expect(await told(() => api.request('HEAD', '/items/product?export=csv'))).toEqual([]);
});

test('administrators read the log, those of an account their own; others and writers do not', async () => {
  await make('product', { gtin: '00012345600012' }, 'stranger');
  const all = await done(api.get('/items/audit_log?sort=-id&limit=5&fields=*,user_id.email', 'admin'));
  expect(all.body.data[0]).toMatchObject({
    action: 'create',
    collection: 'product',
    item: '/01/00012345600012',
    account_id: OTHER_ACCOUNT_ID,
    user_id: { email: 'stranger@example.com' },
  });
  const { id } = all.body.data[0];
  expect((await done(api.get(`/items/audit_log/${id}`, 'admin'))).body.data.id).toBe(id);
  for (const as of ['operator', 'reader', 'nobody'] as const) {
    expect((await api.get('/items/audit_log', as)).status).toBe(403);
  }
  for (const key of ['x', '99999999999999999999', '-1', '1e3']) {
    expect((await api.get(`/items/audit_log/${key}`, 'admin')).status).toBe(403);
  }
  expect((await api.request('DELETE', `/items/audit_log/${id}`, { as: 'admin' })).status).toBe(403);
  await api.database.pool.query(`UPDATE users SET role = 'admin' WHERE id = $1`, [api.userIds.operator]);
  const own = await done(api.get('/items/audit_log?limit=-1', 'operator'));
  expect(new Set(own.body.data.map((entry: Entry) => entry.account_id))).toEqual(new Set([FIRST_ACCOUNT_ID]));
  await api.database.pool.query(`UPDATE users SET role = 'operator' WHERE id = $1`, [api.userIds.operator]);
});

test('what the dashboard changes is told', async () => {
  const authorization = `Basic ${Buffer.from(`me:${ADMIN_TOKEN}`).toString('base64')}`;
  const entries = await told(() =>
    api.request('PUT', '/admin/queues/api/queues/adi-orders/pause', {
      as: 'nobody',
      headers: { authorization, 'sec-fetch-site': 'same-origin' },
    }),
  );
  expect(entries.map(brief)).toEqual([
    { action: 'update', collection: 'queue', item: '/api/queues/adi-orders/pause' },
  ]);
});
