import { FIRST_ACCOUNT_ID } from '@codemint/db';
import { adisDialect } from '../src/adis/dialect';
import type { Method, Route } from '../src/http/route';
import { routes } from '../src/routes';
import { completed, GOOD, ORDERS, perform, post, withMetadata } from './adisSupport';
import { FORMER_RING, makeJob } from './codesSupport';
import { ADMIN_TOKEN, type Answer, type Api, type As, PRODUCT, startApi } from './support';

/** All that anybody may do without a token. A file of an order needs a signed link, which holds for that file alone. */
const OPEN = [
  'GET /server/ping',
  'GET /server/health',
  'GET /server/info',
  'GET /r/{domain}/{shortId}',
  'GET /adis/orders/{id}/files/{file}',
];

/** What is not a read and yet open to readers. */
const READERS_SEND = ['POST /verify'];

/** Reads that are an administrator's alone. */
const ADMINISTRATORS_READ = [
  'GET /users',
  'SEARCH /users',
  'GET /users/{id}',
  'GET /items/audit_log',
  'SEARCH /items/audit_log',
  'GET /items/audit_log/{id}',
];

/** What the account `FIRST_ACCOUNT_ID` has, by the paths that lead to it. */
let own: {
  job: string;
  reservation: string;
  rule: string;
  policy: string;
  domain: string;
  code: string;
  issued: string;
};
let adis: { order: string; event: string; thng: string; action: string };
let auditEntry: string;
let api: Api;

beforeAll(async () => {
  api = await startApi({ settings: { TRUST_PROXY: '1' } });
  const make = async (collection: string, body: object) => {
    const { status, text, body: answer } = await api.post(`/items/${collection}`, body);
    expect([collection, status, text]).toEqual([collection, 200, text]);
    return answer.data.id as string;
  };
  const policy = await make('issuing_policy', { product: PRODUCT, company_prefix_length: 7 });
  const job = await makeJob(api, { quantity: 20 }, { ring: FORMER_RING });
  const rule = await make('replenishment_rule', {
    product: PRODUCT,
    minimum: 1,
    target: 2,
    status: 'paused',
  });
  const reservation = await make('code_reservation', { product: PRODUCT, quantity: 2 });
  const order = await completed(
    api,
    withMetadata({ shortDomain: 'own.example', defaultRedirectUrl: 'https://example.com/{shortId}' }),
  );
  const domain = (await api.get('/items/domain')).body.data[0].id;
  const [{ id: code, code: issued }] = (
    await api.get(`/items/unique_code?limit=1&filter[identifier_job][_eq]=${job}`)
  ).body.data;
  const { ids } = (await api.get(`${ORDERS}/${order}?withIds=true`)).body;
  const event = (
    await post(
      api,
      { metadata: { type: 'scans' }, ids: ids.slice(0, 1) },
      { path: `${ORDERS}/${order}/events` },
    )
  ).body.id;
  await perform(api, event);
  const filter = encodeURIComponent(`identifiers.gs1:21=${ids[0]}`);
  const thng = (await api.get(`/thngs?filter=${filter}`)).body[0].id;
  const action = (await api.get(`/thngs/${thng}/actions`)).body[0].id;
  own = { job, reservation, rule, policy, domain, code, issued };
  adis = { order, event, thng, action };
  auditEntry = (await api.get('/items/audit_log?limit=1', 'admin')).body.data[0].id;
}, 60_000);
afterAll(() => api.close());

const nameOf = ({ method, path }: Pick<Route, 'method' | 'path'>) => `${method.toUpperCase()} ${path}`;

/** The path with ids of what the account has. */
function pathOf({ path }: Route): string {
  const id = Object.entries({
    '/items/identifier_job/': own.job,
    '/items/code_reservation/': own.reservation,
    '/items/replenishment_rule/': own.rule,
    '/items/issuing_policy/': own.policy,
    '/items/product/': encodeURIComponent(PRODUCT),
    '/items/domain/': own.domain,
    '/items/account/': FIRST_ACCOUNT_ID,
    '/items/unique_code/': own.code,
    '/items/audit_log/': auditEntry,
    '/users/': api.userIds.operator,
    '/operators/': api.userIds.operator,
    '/adis/orders/': adis.order,
    '/thngs/': adis.thng,
  }).find(([begin]) => path.startsWith(begin))?.[1];
  return path
    .replace('{id}', id ?? 'no id')
    .replace('{eventId}', adis.event)
    .replace('{actionId}', adis.action)
    .replace('{type}', 'scans')
    .replace('{file}', 'identifiers.csv')
    .replace('{domain}', 'own.example')
    .replace('{shortId}', 'nope');
}

/** Bodies that the account's own operator may send, by collection. */
function bodyOf({ method, path }: Route): unknown {
  const [, collection = '', key] = /^\/items\/(\w+)(\/\{id\})?$/.exec(path) ?? [];
  const made: Record<string, object> = {
    identifier_job: { product: PRODUCT, quantity: 1 },
    code_reservation: { product: PRODUCT, quantity: 1 },
    replenishment_rule: { product: PRODUCT, minimum: 1, target: 2, length: 9 },
    issuing_policy: { product: PRODUCT, company_prefix_length: 8 },
    product: { id: PRODUCT },
    domain: { domain_name: 'own.example' },
  };
  const changes: Record<string, object> = {
    identifier_job: { reference_id: 'other' },
    code_reservation: { reserved_for: 'other' },
    replenishment_rule: { target: 5 },
    issuing_policy: { company_prefix_length: 9 },
    product: { brand: 'other' },
    domain: {},
    unique_code: { status: 'encoded' },
  };
  const keys: Record<string, string> = {
    identifier_job: own.job,
    code_reservation: own.reservation,
    replenishment_rule: own.rule,
    issuing_policy: own.policy,
    product: PRODUCT,
    domain: own.domain,
    unique_code: own.code,
  };
  if (path === '/verify') return { codes: [own.issued], product: PRODUCT };
  if (path === ORDERS) return GOOD;
  if (path.endsWith('/events')) return { metadata: { type: 'scans' }, all: true };
  if (method === 'search') return { query: {} };
  if (method === 'post') return made[collection];
  if (method === 'delete') return key === undefined ? [keys[collection]] : undefined;
  return key === undefined ? { keys: [keys[collection]], data: changes[collection] } : changes[collection];
}

let calls = 0;

async function call(route: Route, as: As, headers: Record<string, string> = {}): Promise<Answer> {
  const { method, path } = route;
  const query = path === '/capacity' ? `?product=${encodeURIComponent(PRODUCT)}` : '';
  const isCsv = path === '/import/codes';
  const body = isCsv ? `product,code\n${PRODUCT},Z1\n` : hasBody(method) ? bodyOf(route) : undefined;
  const isAdis = route.dialect === adisDialect && as !== 'nobody';
  // Wrong tokens are counted by address: here each request has one of its own.
  const address = `10.${[++calls >> 16, (calls >> 8) & 255, calls & 255].join('.')}`;
  return api.request(method.toUpperCase(), pathOf(route) + query, {
    as: isAdis ? 'nobody' : as,
    body,
    headers: {
      ...(isAdis ? { authorization: api.tokens[as as 'reader'] } : {}),
      ...(isCsv ? { 'content-type': 'text/csv' } : {}),
      'x-forwarded-for': address,
      ...headers,
    },
  });
}

const hasBody = (method: Method) => method !== 'get';
const isRead = ({ method }: Route) => method === 'get' || method === 'search';

/** All that belongs to the account, and whether codes of it were given out or changed. */
async function everything(): Promise<unknown> {
  const tables = [
    'account', 'users', 'access_token', 'product', 'domain', 'identifier_job', 'code_reservation', 'issuing_policy',
    'replenishment_rule', 'adi_order', 'adi_order_event', 'batch', 'code_status', 'registry', 'pool', 'idempotency_key',
  ]; // biome-ignore format: short
  const rows = await Promise.all(
    tables.map((table) => {
      const told = table === 'access_token' ? "to_jsonb(t) - 'last_used'" : 'to_jsonb(t)';
      return api.database.pool.query(
        `SELECT jsonb_agg(${told} ORDER BY t::text) AS all_rows FROM "${table}" t`,
      );
    }),
  );
  return rows.map(({ rows: [row] }) => row);
}

/** Fails with the name of the route. */
const told = (route: Route, { status, text }: Answer) => `${nameOf(route)}: ${status} ${text.slice(0, 300)}`;
const names = (some: readonly Route[]) => some.map(nameOf).sort();

test('the lists of what is allowed name routes', () => {
  const known = new Set(routes.map(nameOf));
  for (const name of [...OPEN, ...READERS_SEND, ...ADMINISTRATORS_READ]) expect(known).toContain(name);
});

test('an operator reaches what is his account’s: the paths of this test lead there', async () => {
  for (const route of routes.filter(isRead)) {
    const name = nameOf(route);
    if (ADMINISTRATORS_READ.includes(name) || OPEN.includes(name)) continue;
    const answer = await call(route, 'operator');
    expect([told(route, answer), answer.status]).toEqual([told(route, answer), 200]);
  }
});

test.each<[string, As, Record<string, string>]>([
  ['nobody', 'nobody', {}],
  ['who has a wrong token', 'nobody', { authorization: `Bearer ${'x'.repeat(43)}` }],
  ['who has a wrong key', 'nobody', { authorization: 'x'.repeat(43) }],
])('%s opens nothing but what is public', async (_, as, headers) => {
  const before = await everything();
  const opened: Route[] = [];
  for (const route of routes) {
    const answer = await call(route, as, headers);
    const isRefused = answer.status === 401 || answer.status === 403;
    if (!isRefused || route.access === 'public') opened.push(route);
    if (nameOf(route) === 'GET /adis/orders/{id}/files/{file}') expect(answer.status).toBe(403);
  }
  expect(names(opened)).toEqual([...OPEN].sort());
  expect(await everything()).toEqual(before);
});

test('a reader reads, and changes nothing', async () => {
  const before = await everything();
  const sent: Route[] = [];
  const unread: Route[] = [];
  for (const route of routes.filter(({ access }) => access !== 'public')) {
    const answer = await call(route, 'reader');
    if (isRead(route) && answer.status !== 200) unread.push(route);
    if (!isRead(route) && answer.status !== 403) {
      expect([told(route, answer), answer.status]).toEqual([told(route, answer), 200]);
      sent.push(route);
    }
  }
  expect(names(sent)).toEqual(READERS_SEND);
  // Users are read by everybody for himself, through /users/me.
  expect(names(unread)).toEqual([...ADMINISTRATORS_READ, 'GET /operators/{id}'].sort());
  expect(await everything()).toEqual(before);
});

test('an operator of another account sees and changes nothing of it', async () => {
  const before = await everything();
  const ours = [
    ...Object.values(own),
    ...Object.values(adis),
    PRODUCT,
    FIRST_ACCOUNT_ID,
    api.userIds.operator,
  ];
  for (const route of routes.filter(({ access }) => access !== 'public')) {
    const answer = await call(route, 'stranger');
    if (nameOf(route) === 'POST /verify') {
      expect(answer.body).toEqual({ data: [{ code: own.issued, issued: false }] });
      continue;
    }
    const leadsToOurs = /\{/.test(route.path) || !isRead(route) || route.path === '/capacity';
    const wanted = leadsToOurs ? /: (400|403|404) / : /: (200|403) /;
    expect(told(route, answer)).toMatch(wanted);
    if (leadsToOurs) continue;
    for (const id of ours)
      expect([nameOf(route), answer.text]).not.toEqual([nameOf(route), expect.stringContaining(id)]);
  }
  expect(await everything()).toEqual(before);
});

describe('what is no route of the API', () => {
  const basic = (password: string) => `Basic ${Buffer.from(`me:${password}`).toString('base64')}`;

  test.each([
    ['/docs', 200],
    ['/docs/start.js', 200],
    ['/openapi.json', 200],
    ['/metrics', 401],
    ['/admin/queues', 401],
    ['/admin/queues/api/queues', 401],
    ['/admin/queues/static/nope.js', 401],
    ['/admin', 404],
  ])('%s without a token is %i', async (path, status) => {
    expect((await api.get(path, 'nobody')).status).toBe(status);
  });

  test('measurements are for administrators of the installation', async () => {
    for (const as of ['operator', 'reader', 'stranger'] as const) {
      expect((await api.get('/metrics', as)).status).toBe(403);
    }
    expect((await api.get('/metrics', 'admin')).status).toBe(200);
  });

  test('the dashboard opens for the admin token alone, as a password', async () => {
    const open = (headers: Record<string, string>) =>
      api.request('GET', '/admin/queues/api/queues', { as: 'nobody', headers });
    expect((await open({ authorization: basic(ADMIN_TOKEN) })).status).toBe(200);
    for (const authorization of [
      basic(api.tokens.operator),
      basic(`${ADMIN_TOKEN}x`),
      basic(''),
      `Bearer ${ADMIN_TOKEN}`,
      ADMIN_TOKEN,
      'Basic',
      'Basic ===',
    ]) {
      expect((await open({ authorization })).status).toBe(401);
    }
    expect((await api.get(`/admin/queues?access_token=${ADMIN_TOKEN}`, 'nobody')).status).toBe(401);
  });

  const PAUSE = '/admin/queues/api/queues/adi-events/pause';
  const pause = (headers: Record<string, string>) =>
    api.request('PUT', PAUSE, { as: 'nobody', headers: { authorization: basic(ADMIN_TOKEN), ...headers } });

  test.each<[string, Record<string, string>]>([
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['another host of this site', { 'sec-fetch-site': 'same-site' }],
    ['the address bar', { 'sec-fetch-site': 'none' }],
    ['another origin, in a browser over plain HTTP', { origin: 'http://evil.example' }],
    ['another port', { origin: 'http://127.0.0.1:1' }],
    ['a page without an origin', { origin: 'null' }],
    ['what says it is both', { 'sec-fetch-site': 'cross-site', origin: 'own' }],
  ])('nothing is changed by a request of %s', async (_, headers) => {
    const sent = headers.origin === 'own' ? { ...headers, origin: api.url } : headers;
    expect((await pause(sent)).status).toBe(403);
    expect(await api.queue.queues['adi-events'].isPaused()).toBe(false);
  });

  test('the dashboard itself, and programs, change queues', async () => {
    const own: Record<string, string>[] = [{ 'sec-fetch-site': 'same-origin' }, { origin: api.url }, {}];
    for (const headers of own) {
      expect((await pause(headers)).status).toBe(200);
      expect(await api.queue.queues['adi-events'].isPaused()).toBe(true);
      await api.queue.queues['adi-events'].resume();
    }
  });

  test('all answers have the headers that keep browsers from harm', async () => {
    const page = async (path: string, headers: Record<string, string> = {}) =>
      (await api.request('GET', path, { as: 'nobody', headers })).headers;
    const pages = await Promise.all([
      page('/docs'),
      page('/openapi.json'),
      page('/admin/queues'),
      page('/admin/queues', { authorization: basic(ADMIN_TOKEN) }),
      page('/items/product'),
      page('/adis/orders'),
      page('/nope'),
      page('/r/own.example/nope', { accept: 'text/html' }),
      page('/metrics'),
    ]);
    for (const headers of pages) {
      expect(headers.get('content-security-policy')).toMatch(/default-src '(self|none)'/);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('x-powered-by')).toBeNull();
    }
    for (const headers of pages.slice(0, 4)) {
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
      expect(headers.get('content-security-policy')).toContain("script-src 'self'");
    }
  });

  test('passwords cannot be tried without end', async () => {
    const guess = (password: string) =>
      api.request('GET', '/admin/queues', { as: 'nobody', headers: { authorization: basic(password) } });
    const statuses: number[] = [];
    while (statuses.at(-1) !== 429 && statuses.length < 300) statuses.push((await guess('guess')).status);
    expect(statuses.at(-1)).toBe(429);
    expect(Number((await guess('guess')).headers.get('retry-after'))).toBeGreaterThan(0);
    // Who was in before is not shut out by others at his address.
    expect((await guess(ADMIN_TOKEN)).status).toBe(200);
  });
});
