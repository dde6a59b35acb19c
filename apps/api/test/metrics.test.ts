import { type Api, PRODUCT, startApi } from './support';

const METRICS_TOKEN = 'the-token-of-the-metrics';

describe('the metrics of an API', () => {
  let api: Api;
  beforeAll(async () => {
    api = await startApi({ withWay: true, settings: { METRICS_TOKEN } });
  });
  afterAll(() => api.close());

  const scrape = () => api.request('GET', '/metrics', as(METRICS_TOKEN));
  const as = (token: string) => ({ as: 'nobody' as const, headers: { authorization: `Bearer ${token}` } });

  /** The value of a sample, by its name and a part of its labels; undefined if there is none. */
  const sample = (text: string, name: string, labels = ''): number | undefined => {
    const found = text
      .split('\n')
      .find((line) => (line.startsWith(`${name}{`) || line.startsWith(`${name} `)) && line.includes(labels));
    return found === undefined ? undefined : Number(found.slice(found.lastIndexOf(' ')));
  };

  describe('are read by', () => {
    test('whoever has their token, which opens nothing else', async () => {
      const { status, headers, text } = await scrape();
      expect(status).toBe(200);
      expect(headers.get('content-type')).toContain('text/plain; version=0.0.4');
      expect(headers.get('cache-control')).toBe('no-store');
      expect(text).toContain('# TYPE codemint_http_request_duration_seconds histogram');
      for (const path of ['/users/me', '/items/product', '/adis/orders', '/admin/queues']) {
        expect((await api.request('GET', path, as(METRICS_TOKEN))).status).toBe(401);
      }
    });

    test('an administrator', async () => {
      expect((await api.get('/metrics', 'admin')).status).toBe(200);
    });

    test('nobody else', async () => {
      for (const who of ['nobody', 'reader', 'operator'] as const) {
        const { status, text } = await api.get('/metrics', who);
        expect([who, status]).toEqual([who, who === 'nobody' ? 401 : 403]);
        expect(text).not.toContain('codemint_');
      }
      expect((await api.request('GET', '/metrics', as('the-token-of-the-metrics-or-so'))).status).toBe(401);
    });
  });

  test('time requests by route, never by path', async () => {
    await api.get(`/items/product/${encodeURIComponent(PRODUCT)}`);
    await api.get('/items/product/unknown');
    await api.get('/no/such/path');
    await api.get('/NO/such/path');
    await api.get('/Admin/Queues/api/queues', 'nobody');
    const { text } = await scrape();
    const seen = (labels: string) => sample(text, 'codemint_http_request_duration_seconds_count', labels);
    expect(seen('method="GET",route="/items/product/:id",status="200"')).toBe(1);
    expect(seen('method="GET",route="/items/product/:id",status="403"')).toBe(1);
    expect(seen('method="GET",route="none",status="404"')).toBe(2);
    expect(seen('method="GET",route="/admin/queues",status="401"')).toBeGreaterThanOrEqual(1);
    expect(seen('method="GET",route="/metrics",status="200"')).toBeGreaterThanOrEqual(1);
    expect(text).not.toContain(PRODUCT);
    expect(sample(text, 'codemint_http_requests_in_flight')).toBe(1);
  });

  test('tell what waits, what is full and what has failed', async () => {
    const made = await api.post('/items/identifier_job', {
      product: PRODUCT,
      quantity: 25_000,
      length: 6,
      character_set: 'numeric',
    });
    expect(made.status).toBe(200);
    const { pool } = api.database;
    await pool.query(`UPDATE batch SET date_created = now() - interval '90 seconds'`);
    const another = await api.another();
    try {
      const { text } = await fetchText(`${another.url}/metrics`);
      expect(sample(text, 'codemint_database_up')).toBe(1);
      expect(sample(text, 'codemint_queue_up')).toBe(1);
      expect(sample(text, 'codemint_slices', 'state="waiting"')).toBe(1);
      expect(sample(text, 'codemint_oldest_waiting_slice_age_seconds')).toBeGreaterThanOrEqual(90);
      expect(sample(text, 'codemint_oldest_waiting_slice_age_seconds')).toBeLessThan(150);
      expect(sample(text, 'codemint_batches_in_error')).toBe(0);
      expect(sample(text, 'codemint_rules_unmet')).toBe(0);
      expect(sample(text, 'codemint_database_moved')).toBe(0);
      expect(sample(text, 'codemint_queue_jobs', 'queue="identifier-jobs",state="prioritized"')).toBe(1);
      expect(sample(text, 'codemint_pool_fill_ratio', 'kind="sgtin"')).toBe(0.025);
      expect(sample(text, 'codemint_database_size_bytes')).toBeGreaterThan(1e6);
      expect(sample(text, 'codemint_database_connections_max')).toBe(8);
    } finally {
      await another.close();
    }
  });

  test('are there without the database, all but what it knows', async () => {
    const another = await api.another();
    try {
      await api.way?.cut();
      const startedAt = Date.now();
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => fetchText(`${another.url}/metrics`)),
      );
      expect(Date.now() - startedAt).toBeLessThan(8_000);
      for (const { status, text } of answers) {
        expect(status).toBe(200);
        expect(sample(text, 'codemint_database_up')).toBe(0);
        expect(sample(text, 'codemint_slices', 'state="waiting"')).toBeUndefined();
        expect(sample(text, 'codemint_http_requests_in_flight')).toBeGreaterThanOrEqual(1);
      }
    } finally {
      await api.way?.mend();
      await another.close();
    }
  });

  const fetchText = async (url: string) => {
    const response = await fetch(url, { headers: { authorization: `Bearer ${METRICS_TOKEN}` } });
    return { status: response.status, text: await response.text() };
  };
});
