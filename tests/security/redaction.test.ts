import { createToken, FIRST_ACCOUNT_ID, openDatabase } from '@codemint/db';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { startRedis, type TestRedis, whyNoRedis } from '../support/redis';
import { type Stack, startApps } from '../support/stack';
import { startTcpProxy, type TcpProxy } from '../support/tcpProxy';
import { execute } from '../support/testServer';
import { until } from '../support/until';
import { formsOf, inside, linesWith, MASTER_KEYS, SECRETS } from './secrets';

const reason = whyNoRedis();
if (reason !== undefined) process.stderr.write(`skipped: the queue on Redis, away: ${reason}\n`);

const USER_ID = '5ec5ec5e-0000-4000-8000-000000000001';
const PRODUCT = '/01/09312345551927';

interface Called {
  method: string;
  path: string;
  headers?: Record<string, string>;
  body?: unknown;
}

/** API and worker that log all they can, their database behind a way that can be cut. */
class Scene {
  readonly answers: { request: string; status: number; text: string }[] = [];
  readonly tokens: string[] = [];

  private constructor(
    readonly database: TestDatabase,
    readonly way: TcpProxy,
    readonly redis: TestRedis | undefined,
    readonly stack: Stack,
    /** Of an operator. */
    readonly token: string,
  ) {
    this.tokens.push(token);
  }

  static async open(): Promise<Scene> {
    const database = await createTestDatabase();
    const direct = new URL(database.connectionString);
    const role = `redaction_${process.pid}`;
    await execute(database.connectionString, [
      `CREATE ROLE ${role} SUPERUSER LOGIN PASSWORD '${SECRETS.databasePassword}'`,
    ]);
    direct.username = role;
    direct.password = SECRETS.databasePassword;
    const way = await startTcpProxy(direct.href);
    const redis = reason === undefined ? await startRedis() : undefined;
    const redisUrl = redis?.url.replace('//', `//default:${SECRETS.redisPassword}@`);
    const stack = await startApps({
      connectionString: way.url,
      ...(redisUrl && { redisUrl }),
      environment: {
        LOG_LEVEL: 'trace',
        // Where Express and others would tell more.
        NODE_ENV: 'development',
        CODEMINT_MASTER_KEYS: MASTER_KEYS,
        CODEMINT_ADMIN_TOKEN: SECRETS.adminToken,
        METRICS_TOKEN: SECRETS.metricsToken,
      },
    });
    return new Scene(database, way, redis, stack, await makeUser(database.connectionString));
  }

  async call({ method, path, headers = {}, body }: Called): Promise<{ status: number; text: string }> {
    const response = await fetch(this.stack.url + path, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const told = `${JSON.stringify([...response.headers])}\n${text}`;
    this.answers.push({ request: `${method} ${path}`, status: response.status, text: told });
    return { status: response.status, text };
  }

  /** In the ways of both dialects, and the dashboard's. */
  async callAll(requests: readonly Called[] = REQUESTS): Promise<number[]> {
    const statuses: number[] = [];
    for (const request of requests) {
      const isAdis = /^\/(adis|thngs|access)/.test(request.path);
      const authorization = isAdis ? this.token : `Bearer ${this.token}`;
      statuses.push((await this.call({ ...request, headers: { authorization, ...request.headers } })).status);
    }
    return statuses;
  }

  async close(): Promise<void> {
    await this.stack.stop();
    await this.way.stop();
    await this.redis?.stop();
    await this.database.drop();
    await execute(
      process.env.TEST_DATABASE_URL ?? this.database.connectionString.replace(/\/[^/]*$/, '/postgres'),
      [`DROP ROLE IF EXISTS redaction_${process.pid}`],
    );
  }
}

async function makeUser(connectionString: string): Promise<string> {
  const database = openDatabase({ connectionString, poolSize: 1, applicationName: 'test' });
  try {
    await database.pool.query(
      `INSERT INTO users (id, email, role, account_id) VALUES ($1, 'ann@example.com', 'operator', $2)`,
      [USER_ID, FIRST_ACCOUNT_ID],
    );
    return await createToken(database, USER_ID, 'test');
  } finally {
    await database.close();
  }
}

const basic = (password: string) => `Basic ${Buffer.from(`me:${password}`).toString('base64')}`;

const REQUESTS: readonly Called[] = [
  { method: 'GET', path: '/items/identifier_job?fields=*,product.*' },
  { method: 'SEARCH', path: '/items/product', body: { query: { filter: { brand: { _eq: 'x' } } } } },
  { method: 'POST', path: '/items/identifier_job', body: { product: PRODUCT, quantity: 5 } },
  { method: 'POST', path: '/items/issuing_policy', body: { product: PRODUCT, company_prefix_length: 7 } },
  { method: 'GET', path: '/items/unique_code?limit=2&export=csv' },
  { method: 'PATCH', path: '/items/unique_code', body: { query: { limit: 1 }, data: { status: 'encoded' } } },
  {
    method: 'POST',
    path: '/import/codes',
    body: `product,code\n${PRODUCT},X1\n`,
    headers: { 'content-type': 'text/csv' },
  },
  { method: 'GET', path: '/adis/orders?withErrors=true' },
  {
    method: 'POST',
    path: '/adis/orders',
    body: {
      ids: ['a'],
      purchaseOrder: 'P',
      metadata: { identifierKey: 'k', shortDomain: 'tn.example', defaultRedirectUrl: 'https://example.com' },
    },
  },
  { method: 'GET', path: '/thngs' },
  { method: 'POST', path: '/verify', body: { codes: ['x'], product: PRODUCT } },
  { method: 'GET', path: `/capacity?product=${encodeURIComponent(PRODUCT)}` },
  { method: 'GET', path: '/r/tn.example/abcdefgh' },
  { method: 'GET', path: '/server/health' },
  { method: 'GET', path: '/metrics', headers: { authorization: `Bearer ${SECRETS.metricsToken}` } },
  { method: 'GET', path: '/admin/queues/api/queues', headers: { authorization: basic(SECRETS.adminToken) } },
  {
    method: 'PUT',
    path: '/admin/queues/api/queues/adi-events/resume',
    headers: { authorization: basic(SECRETS.adminToken) },
  },
];

/** Requests that are the caller's mistake, or that break what reads them. */
const WRONG: readonly Called[] = [
  { method: 'POST', path: '/items/product', body: '{"a":' },
  { method: 'POST', path: '/adis/orders', body: '{"a":' },
  { method: 'POST', path: '/items/product', body: '{}', headers: { 'content-encoding': 'nope' } },
  { method: 'GET', path: '/items/product/%E0%A4%A' },
  { method: 'GET', path: '/items/product?filter=%7B' },
  { method: 'GET', path: '/items/nope' },
  { method: 'GET', path: '/nope' },
  { method: 'GET', path: '/adis/nope' },
  { method: 'GET', path: '/docs/..%2f..%2fpackage.json' },
  {
    method: 'GET',
    path: '/admin/queues/static/..%2f..%2fpackage.json',
    headers: { authorization: basic(SECRETS.adminToken) },
  },
  {
    method: 'PUT',
    path: '/admin/queues/api/queues/nope/nope/retry',
    headers: { authorization: basic(SECRETS.adminToken) },
  },
  {
    method: 'POST',
    path: '/admin/queues/api/queues/adi-events/add',
    body: '{"name":',
    headers: { authorization: basic(SECRETS.adminToken) },
  },
];

let scene: Scene;
beforeAll(async () => {
  scene = await Scene.open();
}, 120_000);
afterAll(() => scene.close());

test('whatever fails, no answer tells of the inside, and no line of a log has a secret', async () => {
  const { stack } = scene;
  const operator = { authorization: `Bearer ${scene.token}` };
  const made = await scene.call({
    method: 'POST',
    path: '/items/product',
    headers: operator,
    body: { gtin: '09312345551927' },
  });
  expect(made.status).toBe(200);
  expect(await scene.callAll()).not.toContain(500);

  // Secrets in all the places where they come, the wrong ones too.
  const wrongToken = `wrong${scene.token.slice(5)}`;
  scene.tokens.push(wrongToken);
  for (const token of [scene.token, wrongToken]) {
    for (const path of [
      '/items/product',
      '/users/me',
      '/adis/orders',
      '/nope',
      '/items/identifier_job/x/progress',
    ]) {
      await scene.call({ method: 'GET', path: `${path}?access_token=${token}` });
      await scene.call({
        method: 'GET',
        path: `${path}?a=1&access%5Ftoken=${token}`,
        headers: { authorization: token },
      });
      await scene.call({
        method: 'GET',
        path: `${path}?access_token[]=${token}`,
        headers: { cookie: `session=${token}` },
      });
    }
    await scene.call({ method: 'GET', path: '/admin/queues', headers: { authorization: basic(token) } });
  }
  const order = JSON.parse(
    (await scene.call({ method: 'GET', path: '/adis/orders', headers: { authorization: scene.token } })).text,
  )[0];
  const completed = await until('the order is completed', 30_000, async () => {
    const { text } = await scene.call({
      method: 'GET',
      path: `/adis/orders/${order.id}`,
      headers: { authorization: scene.token },
    });
    return JSON.parse(text).results as { identifiers: { csv: string } } | undefined;
  });
  const link = new URL(completed.identifiers.csv);
  const signature = link.searchParams.get('signature') as string;
  expect((await scene.call({ method: 'GET', path: link.pathname + link.search })).status).toBe(200);
  await scene.call({ method: 'GET', path: `${link.pathname}${link.search}x` });

  expect((await scene.callAll(WRONG)).filter((status) => status < 400)).toEqual([]);

  // Tables that are not as they have to be: what asks for them fails in a way that nobody foresaw.
  const tables = ['issuing_policy', 'identifier_job', 'adi_order', 'product', 'batch', 'audit_log'];
  const rename = (from: string, to: string) =>
    execute(
      scene.database.connectionString,
      tables.map((table) => `ALTER TABLE ${from}${table} RENAME TO ${to}${table}`),
    );
  await rename('', 'away_');
  const broken = await scene.callAll();
  await rename('away_', '');
  expect(broken.filter((status) => status === 500).length).toBeGreaterThan(5);

  // The database away, then the queue.
  scene.way.refuse();
  scene.way.cut();
  expect((await scene.callAll()).filter((status) => status === 503).length).toBeGreaterThan(5);
  scene.way.accept();
  await until(
    'the API serves again',
    30_000,
    async () =>
      (await scene.call({ method: 'GET', path: '/items/account', headers: operator })).status === 200,
  );
  if (scene.redis !== undefined) {
    await scene.redis.kill();
    await scene.callAll();
    await scene.redis.restart();
    expect(
      (
        await scene.call({
          method: 'POST',
          path: '/items/identifier_job',
          headers: operator,
          body: { product: PRODUCT, quantity: 1 },
        })
      ).status,
    ).toBe(200);
  }

  for (const { request, status, text } of scene.answers) {
    expect([request, status, inside(text)]).toEqual([request, status, undefined]);
  }
  // Links are told to those who may have them.
  const forms = formsOf(scene.tokens);
  const told = scene.answers.flatMap(({ request, text }) =>
    linesWith(text, forms).map((line) => `${request}: ${line}`),
  );
  expect(told).toEqual([]);
  const logs = stack.logs();
  expect(logs).toContain('"level":20');
  expect(logs).toContain('request failed');
  expect(linesWith(logs, [...forms, signature])).toEqual([]);
}, 180_000);
