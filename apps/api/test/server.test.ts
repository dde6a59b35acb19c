import { ADMIN_TOKEN, type Api, PRODUCT, startApi } from './support';

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

test('health looks at database, schema, queue and the oldest waiting slice', async () => {
  const healthy = {
    status: 'ok',
    checks: {
      database: { status: 'ok' },
      schema: { status: 'ok', state: 'current' },
      keys: { status: 'ok' },
      installation: { status: 'ok' },
      queue: { status: 'ok', backend: 'postgres' },
      oldestWaitingSlice: { ageSeconds: null as unknown },
    },
  };
  const before = await api.get('/server/health', 'nobody');
  expect([before.status, before.body]).toEqual([200, healthy]);
  await api.post('/items/identifier_job', { product: PRODUCT, quantity: 1 });
  await api.database.pool.query("UPDATE batch SET date_created = now() - interval '90 seconds'");
  const after = await api.get('/server/health', 'nobody');
  expect(after.body.checks.oldestWaitingSlice.ageSeconds).toBeGreaterThanOrEqual(90);
});

test('health warns of a newer schema and of keys that are all retired, and the API goes on', async () => {
  const health = async () => {
    const { status, body } = await api.get('/server/health', 'nobody');
    return [status, body.status, body.checks.schema, body.checks.keys];
  };
  await api.database.pool.query(
    `INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
     VALUES ('later', '', '99991231000000_later', now(), now(), 1)`,
  );
  expect(await health()).toEqual([200, 'warn', { status: 'warn', state: 'newer' }, { status: 'ok' }]);
  await api.database.pool.query("DELETE FROM _prisma_migrations WHERE id = 'later'");
  await api.database.pool.query('INSERT INTO retired_key (version) VALUES (1)');
  expect(await health()).toEqual([200, 'warn', { status: 'ok', state: 'current' }, { status: 'warn' }]);
  await api.database.pool.query('DELETE FROM retired_key');
});

test('info says what this is', async () => {
  expect((await api.get('/server/info', 'nobody')).body).toEqual({
    data: { project: { project_name: 'Codemint' }, limits: { max_quantity: 1_000_000 } },
  });
});

test('answers say nothing of the framework and forbid what they do not need', async () => {
  const { headers } = await api.get('/server/ping', 'nobody');
  expect(headers.get('x-powered-by')).toBe(null);
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('content-security-policy')).toContain("default-src 'self'");
  expect(headers.get('content-security-policy')).not.toContain('upgrade-insecure-requests');
});

describe('the dashboard of the queues', () => {
  const login = (password: string, user = 'anybody') => ({
    authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
  });
  const open = (path: string, headers: Record<string, string>, method = 'GET') =>
    api.request(method, `/admin/queues${path}`, { as: 'nobody', headers });

  test('is for who has the admin token', async () => {
    const closed = await open('', {});
    expect(closed.status).toBe(401);
    expect(closed.headers.get('www-authenticate')).toContain('Basic realm=');
    expect((await open('', login('wrong'))).status).toBe(401);
    expect((await open('', login(api.tokens.operator))).status).toBe(401);
    expect((await open('/api/queues', {})).status).toBe(401);
    const page = await open('', login(ADMIN_TOKEN));
    expect(page.status).toBe(200);
    expect(page.text).toContain('Codemint');
  });

  test('shows all queues and their jobs', async () => {
    await api.post('/items/identifier_job', { product: PRODUCT, quantity: 1, reference_id: 'shown' });
    const { body } = await open('/api/queues?activeQueue=identifier-jobs&jobsPerPage=50', login(ADMIN_TOKEN));
    expect(body.queues.map(({ name }: { name: string }) => name).sort()).toEqual([
      'adi-events',
      'adi-orders',
      'identifier-jobs',
    ]);
    const { jobs } = body.queues.find(({ name }: { name: string }) => name === 'identifier-jobs');
    expect(jobs.map(({ name }: { name: string }) => name)).toContain('shown');
  });

  test('changes nothing for pages of others', async () => {
    const pause = (from: string) =>
      open('/api/queues/adi-orders/pause', { ...login(ADMIN_TOKEN), 'sec-fetch-site': from }, 'PUT');
    expect((await pause('cross-site')).status).toBe(403);
    expect(await api.queue.queues['adi-orders'].isPaused()).toBe(false);
    expect((await pause('same-origin')).status).toBe(200);
    expect(await api.queue.queues['adi-orders'].isPaused()).toBe(true);
  });
});
