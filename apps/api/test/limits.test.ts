import { Agent, request } from 'node:http';
import { until } from '../../../tests/support/until';
import { type Answer, type Api, ASSET, type As, codes, PRODUCT, startApi } from './support';

const apis: Api[] = [];
afterEach(async () => {
  await Promise.all(apis.splice(0).map((api) => api.close()));
});

async function start(settings: Record<string, string>, withWay = false): Promise<Api> {
  const api = await startApi({ settings, withWay });
  apis.push(api);
  return api;
}

/** What the items dialect says of a limit. */
function refusal({ status, headers, body }: Answer): object {
  const [{ message, extensions }] = body.errors;
  return { status, retryAfter: Number(headers.get('retry-after')), code: extensions.code, message };
}

describe('requests a second', () => {
  const LIMIT = 40;
  const settings = { CODEMINT_TOKEN_REQUESTS_PER_SECOND: String(LIMIT) };
  const READ = '/items/product?limit=1';

  test('are refused in each dialect with the time to wait; other tokens are not', async () => {
    const api = await start(settings);
    const refused = async (path: string, as: As) =>
      until('a request is refused', 20_000, async () => {
        const answers = await Promise.all(Array.from({ length: 2 * LIMIT }, () => api.get(path, as)));
        return answers.find(({ status }) => status === 429) ?? false;
      });
    const items = await refused(READ, 'operator');
    expect(refusal(items)).toEqual({
      status: 429,
      retryAfter: 1,
      code: 'REQUESTS_EXCEEDED',
      message: 'A token may send 40 requests a second, and this one has sent them: try again in 1 s.',
    });
    const adis = await refused('/adis/orders', 'admin');
    expect(adis.headers.get('retry-after')).toBe('1');
    expect(adis.body).toEqual({
      status: 429,
      errors: ['A token may send 40 requests a second, and this one has sent them: try again in 1 s.'],
      moreInfo: '/docs#/ADI%20orders',
    });
    expect((await api.get(READ, 'stranger')).status).toBe(200);
    await until('the next second', 5_000, async () => (await api.get(READ, 'operator')).status === 200);
  });

  test('turn no outage of the database into anything but a 503 that comes soon', async () => {
    const api = await start(settings, true);
    expect((await api.get(READ, 'admin')).status).toBe(200);
    await api.way?.cut();
    const startMs = performance.now();
    const answers = await Promise.all(Array.from({ length: 2 * LIMIT }, () => api.get(READ, 'admin')));
    expect(performance.now() - startMs).toBeLessThan(10_000);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
    await api.way?.mend();
    await until('the API is back', 10_000, async () => (await api.get(READ, 'admin')).status === 200);
  });
});

describe('jobs running', () => {
  const job = { product: PRODUCT, quantity: 5 };

  test('are counted over jobs and orders, and refused in each dialect', async () => {
    const api = await start({ CODEMINT_TOKEN_JOBS_RUNNING: '3' });
    expect((await api.post('/items/identifier_job', [job, job])).status).toBe(200);
    const order = {
      purchaseOrder: 'P',
      metadata: { identifierKey: 'gs1:21', product: `gs1:01:${PRODUCT.slice(4)}` },
      idGeneration: { characterSet: 'AN-47', quantity: 2, length: 8 },
    };
    const ordered = await api.post('/adis/orders', order);
    expect([ordered.status, ordered.text]).toEqual([201, expect.anything()]);
    expect(refusal(await api.post('/items/identifier_job', job))).toEqual({
      status: 429,
      retryAfter: 5,
      code: 'REQUESTS_EXCEEDED',
      message:
        'A token may have 3 jobs and orders that are not done. With this request this one would have 4: try again when some of them are done.',
    });
    const adis = await api.post('/adis/orders', order);
    expect([adis.status, adis.headers.get('retry-after'), adis.body.errors]).toEqual([
      429,
      '5',
      [expect.stringContaining('A token may have 3 jobs and orders')],
    ]);
    expect((await api.post('/items/identifier_job', job, 'admin')).status).toBe(200);
    await api.database.pool.query(`UPDATE batch SET status = 'complete'`);
    expect((await api.post('/items/identifier_job', job)).status).toBe(200);
  });
});

describe('codes a day', () => {
  test('are refused until midnight UTC, a list of jobs as a whole', async () => {
    const api = await start({ CODEMINT_TOKEN_CODES_PER_DAY: '100' });
    const jobs = (...quantities: number[]) =>
      api.post(
        '/items/identifier_job',
        quantities.map((quantity) => ({ product: ASSET, type: 'grai', quantity })),
      );
    expect((await jobs(40, 50)).status).toBe(200);
    const refused = await jobs(5, 6);
    expect(codes(refused)).toEqual(['REQUESTS_EXCEEDED']);
    expect(refused.body.errors[0].message).toContain(
      '90 since midnight UTC, and this request asks for 11 more: 10 are',
    );
    const wait = Number(refused.headers.get('retry-after'));
    expect(new Date(Date.now() + wait * 1_000 + 5_000).toISOString().slice(11, 15)).toBe('00:0');
    const { rows } = await api.database.pool.query('SELECT count(*)::int AS count FROM identifier_job');
    expect(rows).toEqual([{ count: 2 }]);
    expect((await jobs(10)).status).toBe(200);
  });

  test('count an idempotent repetition once', async () => {
    const api = await start({ CODEMINT_TOKEN_CODES_PER_DAY: '100' });
    const post = () =>
      api.request('POST', '/items/identifier_job', {
        body: { product: PRODUCT, quantity: 60 },
        headers: { 'idempotency-key': 'once' },
      });
    const first = await post();
    expect(first.status).toBe(200);
    expect((await post()).body).toEqual(first.body);
    expect((await api.post('/items/identifier_job', { product: PRODUCT, quantity: 40 })).status).toBe(200);
  });
});

type Refusal = { errors: [{ extensions: { code: string } }] };

describe('an address without a valid token', () => {
  /** Over one process or the other. */
  const ask = (url: string, token: string, from: string, path = '/items/product?limit=1') =>
    fetch(url + path, { headers: { authorization: `Bearer ${token}`, 'x-forwarded-for': from } });

  test('is refused after a while by all processes, but for tokens that have worked there', async () => {
    const api = await start({ TRUST_PROXY: '1' });
    const other = await api.another();
    try {
      expect((await ask(api.url, api.tokens.operator, '198.51.100.1')).status).toBe(200);
      const tries = Array.from({ length: 100 }, (_, i) =>
        ask(i % 2 ? api.url : other.url, `wrong-${i}`, '198.51.100.1'),
      );
      expect(new Set((await Promise.all(tries)).map(({ status }) => status))).toEqual(new Set([401]));
      for (const url of [api.url, other.url]) {
        const refused = await ask(url, 'wrong', '198.51.100.1');
        expect([refused.status, ((await refused.json()) as Refusal).errors[0].extensions.code]).toEqual([
          429,
          'REQUESTS_EXCEEDED',
        ]);
        expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(50);
        expect((await ask(url, api.tokens.stranger, '198.51.100.1')).status).toBe(429);
      }
      const adis = await ask(api.url, 'wrong', '198.51.100.1', '/adis/orders');
      expect([adis.status, ((await adis.json()) as { moreInfo: string }).moreInfo]).toEqual([
        429,
        expect.any(String),
      ]);
      expect((await ask(api.url, api.tokens.operator, '198.51.100.1')).status).toBe(200);
      expect((await ask(api.url, api.tokens.stranger, '198.51.100.2')).status).toBe(200);
    } finally {
      await other.close();
    }
  });
});

describe('what is counted by misses', () => {
  test('is counted over all processes', async () => {
    const api = await start({ TRUST_PROXY: '1' });
    const other = await api.another();
    try {
      const guess = (url: string) =>
        fetch(`${url}/r/none.example/abcdefgh`, { headers: { 'x-forwarded-for': '203.0.113.9' } });
      for (let i = 0; i < 30; i++) expect((await guess(i % 2 ? api.url : other.url)).status).toBe(404);
      expect([(await guess(api.url)).status, (await guess(other.url)).status]).toEqual([429, 429]);

      const guesses = Array.from({ length: 10_000 }, (_, i) => String(i).padStart(12, '0'));
      const verify = (url: string) =>
        fetch(`${url}/verify`, {
          method: 'POST',
          headers: { authorization: `Bearer ${api.tokens.reader}`, 'content-type': 'application/json' },
          body: JSON.stringify({ codes: guesses, product: PRODUCT }),
        });
      for (let i = 0; i < 10; i++) expect((await verify(i % 2 ? api.url : other.url)).status).toBe(200);
      expect([(await verify(api.url)).status, (await verify(other.url)).status]).toEqual([429, 429]);
    } finally {
      await other.close();
    }
  });
});

test('one token has no more than its share of a process at once', async () => {
  const api = await start({});
  const headers = { authorization: `Bearer ${api.tokens.operator}`, 'content-type': 'application/json' };
  const agent = new Agent({ keepAlive: false });
  // Their bodies never come.
  const waiting = Array.from({ length: 250 }, () => {
    const options = { method: 'POST', headers: { ...headers, 'content-length': 2 }, agent };
    const started = request(`${api.url}/verify`, options).on('error', () => undefined);
    started.flushHeaders();
    return started;
  });
  const read = () => api.get('/items/product?limit=1');
  const refused = await until('a request is refused', 20_000, async () => {
    const answer = await read();
    return answer.status === 429 && answer;
  });
  expect(refusal(refused)).toMatchObject({
    code: 'REQUESTS_EXCEEDED',
    message: expect.stringContaining('250'),
  });
  expect((await api.get('/items/product?limit=1', 'reader')).status).toBe(200);
  for (const one of waiting) one.destroy();
  await until('a request is served again', 20_000, async () => (await read()).status === 200);
});
