import type { CuttableWay } from './proxy';
import { ADMIN_TOKEN, type Api, ASSET, codes, PRODUCT, startApi } from './support';

const JOBS = '/items/identifier_job';

describe('while all is well', () => {
  let api: Api;
  beforeAll(async () => {
    api = await startApi();
  });
  afterAll(() => api.close());

  test.each(['/nope', '/auth/login', '/fields', '/collections', '/graphql', '/items', '/items/a/b/c'])(
    'nothing is served at %s',
    async (path) => {
      const answer = await api.get(path);
      expect(answer.status).toBe(404);
      expect(answer.body.errors).toEqual([
        { message: `Route ${path} doesn't exist.`, extensions: { path, code: 'ROUTE_NOT_FOUND' } },
      ]);
    },
  );

  test.each([
    ['GET', '/items/nope'],
    ['POST', '/items/nope'],
    ['GET', '/items/nope/1'],
    ['POST', '/items/account'],
  ])('%s %s: no such collection', async (method, path) => {
    const answer = await api.request(method, path, { body: method === 'GET' ? undefined : {} });
    const name = path.split('/')[2];
    const reason = `You don't have permission to access collection "${name}" or it does not exist. Queried in root.`;
    expect(answer.status).toBe(403);
    expect(answer.body.errors).toEqual([{ message: reason, extensions: { reason, code: 'FORBIDDEN' } }]);
  });

  test('a path that cannot be decoded is refused', async () => {
    expect(codes(await api.get('/items/product/%E0%A4%A'))).toEqual(['INVALID_PAYLOAD']);
  });

  test('a sane request id is taken over, any other replaced', async () => {
    const idFor = async (given: string) =>
      (await api.request('GET', '/server/ping', { headers: { 'x-request-id': given } })).headers.get(
        'x-request-id',
      );
    expect(await idFor('order-17.a')).toBe('order-17.a');
    expect(await idFor('a b')).toMatch(/^[0-9a-f-]{36}$/);
    expect(await idFor('x'.repeat(65))).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('no token gets into the log', async () => {
    await api.get('/items/product', 'admin');
    await api.get(`/items/product?limit=1&access_token=${ADMIN_TOKEN}`, 'nobody');
    await api.get(`/items/product?access%5Ftoken=${ADMIN_TOKEN}`, 'nobody');
    await api.get(`/nope?access_token=${ADMIN_TOKEN}`, 'nobody');
    const text = api.logged.join('');
    expect(text).toContain('"url":"/items/product?limit=1&access_token=***"');
    expect(text).not.toContain(ADMIN_TOKEN);
  });

  test('what is wrong with the service itself stays inside', async () => {
    await api.database.pool.query('ALTER TABLE product RENAME COLUMN brand TO label');
    const answer = await api.request('GET', '/items/product', { headers: { 'x-request-id': 'broken' } });
    await api.database.pool.query('ALTER TABLE product RENAME COLUMN label TO brand');
    expect(answer.status).toBe(500);
    expect(answer.body).toEqual({
      errors: [{ message: 'An unexpected error occurred.', extensions: { code: 'INTERNAL_SERVER_ERROR' } }],
    });
    const line = api.logged.find((one) => one.includes('"broken"') && one.includes('"err"'));
    // Postgres tells more, as the file and line of its source, and of some errors rows and SQL.
    expect(Object.keys(JSON.parse(line as string).err)).toEqual(['type', 'message', 'stack', 'code']);
    expect(line).toContain('brand');
  });

  test('a master key that changed is 503 for operators to hear of, without the key', async () => {
    await api.post(JOBS, { product: PRODUCT, quantity: 1 });
    await api.database.pool.query(`
      WITH n AS (INSERT INTO namespace (kind, key) VALUES ('grai', '9312345551927') RETURNING id)
      INSERT INTO pool (namespace_id, prefix, alphabet, length, suffix, key_version, algorithm, space, next_index, check_value)
      SELECT n.id, prefix, alphabet, length, suffix, 2, algorithm, space, next_index, check_value FROM pool, n`);
    const answer = await api.post(JOBS, { type: 'grai', product: ASSET, quantity: 1 });
    expect(answer.status).toBe(503);
    expect(answer.body.errors[0].message).toContain('Master key version 2 is missing');
    expect(answer.text).not.toContain(Buffer.alloc(32, 7).toString('base64'));
  });
});

describe('while something is away', () => {
  test('the database: 503 in the envelope, and all goes on when it is back', async () => {
    const api = await startApi({ withWay: true });
    const way = api.way as CuttableWay;
    try {
      expect((await api.get('/items/product')).status).toBe(200);
      await way.cut();
      for (const answer of [
        await api.get('/items/product', 'admin'),
        await api.get('/items/product'),
        await api.post(JOBS, {}),
      ]) {
        expect(answer.status).toBe(503);
        expect(answer.headers.get('retry-after')).toBe('5');
        expect(codes(answer)).toEqual(['SERVICE_UNAVAILABLE']);
      }
      const health = await api.get('/server/health', 'nobody');
      expect(health.status).toBe(503);
      expect(health.body).toMatchObject({ status: 'error', checks: { database: { status: 'error' } } });
      expect((await api.get('/server/ping', 'nobody')).status).toBe(200);
      await way.mend();
      expect((await api.get('/items/product')).status).toBe(200);
    } finally {
      await api.close();
    }
  });

  test('the queue: a job is accepted within a second', async () => {
    const api = await startApi({ redisUrl: 'redis://127.0.0.1:1' });
    try {
      const startedAt = Date.now();
      const answer = await api.post(JOBS, { product: PRODUCT, quantity: 1 });
      expect(answer.status).toBe(200);
      expect(Date.now() - startedAt).toBeLessThan(1000);
      const health = await api.get('/server/health', 'nobody');
      expect(health.status).toBe(200);
      expect(health.body).toMatchObject({
        status: 'warn',
        checks: { queue: { status: 'warn', backend: 'redis' } },
      });
      expect(health.body.checks.oldestWaitingSlice.ageSeconds).toBeGreaterThanOrEqual(0);
    } finally {
      await api.close();
    }
  });
});
