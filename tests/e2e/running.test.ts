import { randomUUID } from 'node:crypto';
import { createParser } from 'eventsource-parser';
import { ApiClient, type Job } from '../support/apiClient';
import { ALL_BACKENDS, type Backend, describeBackends } from '../support/backends';
import { checkDatabase } from '../support/checkDatabase';
import { query } from '../support/sql';
import { type Stack, startApps } from '../support/stack';
import { until } from '../support/until';

/** Small slices and chunks, so that something can happen in the middle of a job. */
const SLOW = {
  CODEMINT_SLICE_SIZE: '10000',
  CODEMINT_CHUNK_SIZE: '100',
  WORKER_CONCURRENCY: '1',
};
const BIG = 150_000;

interface Progress {
  status: string;
  quantity: number;
  created: number;
  rate: number;
}

describeBackends('while jobs run', ALL_BACKENDS, (start) => {
  let backend: Backend;
  let stack: Stack;
  let api: ApiClient;
  let product: string;
  beforeAll(async () => {
    backend = await start();
    stack = await startApps({ ...backend, environment: SLOW });
    api = new ApiClient(stack.url, stack.adminToken);
    product = await api.addProduct('09312345551927');
  });
  afterAll(async () => {
    try {
      await checkDatabase(backend.connectionString);
    } finally {
      await stack?.stop();
      await backend?.stop();
    }
  });

  const untilBegun = (id: string) =>
    until('it has begun', 30_000, async () => ((await api.job(id)).quantity_created ?? 0) > 0);

  test('the progress stream goes from the first state to the end', async () => {
    const { id } = await api.post({ product, quantity: BIG });
    const events = await readEvents(await api.request(`/items/identifier_job/${id}/progress`));
    const states = events.filter(({ event }) => event !== 'end').map(({ data }) => data);
    const last = { status: 'complete', quantity: BIG, created: BIG, rate: expect.any(Number) };
    expect(states[0]).toMatchObject({ quantity: BIG });
    expect(states[0]?.created).toBeLessThan(BIG);
    expect(states.length).toBeGreaterThan(2);
    const counts = states.map(({ created }) => created);
    expect(counts).toEqual([...counts].sort((a, b) => a - b));
    expect(states.some(({ status, rate }) => status === 'in_progress' && rate > 0)).toBe(true);
    expect(events.slice(-2)).toEqual([
      { event: undefined, data: last },
      { event: 'end', data: last },
    ]);
    expect((await api.job(id)).status).toBe('complete');
  });

  test('small jobs do not wait for a big one that came first', async () => {
    const big = await api.post({ product, quantity: BIG });
    await untilBegun(big.id);
    const small: Job[] = [];
    for (const quantity of [1, 100, 999]) small.push(await api.post({ product, quantity }));
    await Promise.all(small.map(({ id }) => api.untilComplete(id)));
    const { status, quantity_created: created } = await api.job(big.id);
    expect(status).toBe('in_progress');
    expect(created).toBeLessThan(BIG / 2);
    await api.untilComplete(big.id, 60_000);
    // No code is there twice among jobs of one product.
    const lists = await Promise.all([big, ...small].map(({ id }) => api.codes(id)));
    expect(new Set(lists.flat()).size).toBe(BIG + 1100);
  });

  test('PATCH renames a job and changes nothing else', async () => {
    const { id } = await api.post({ product, quantity: BIG / 4, reference_id: 'BATCH-SGTIN-2024' });
    await untilBegun(id);
    const patched = await api.data<Job>('PATCH', `/items/identifier_job/${id}`, {
      status: 'complete',
      quantity_created: 100,
      reference_id: 'BATCH-SGTIN-2024-COMPLETED',
    });
    expect(patched).toMatchObject({ reference_id: 'BATCH-SGTIN-2024-COMPLETED', status: 'in_progress' });
    expect(patched.quantity_created).not.toBe(100);
    const refused = await api.call('PATCH', `/items/identifier_job/${id}`, { quantity: 7 });
    expect(refused.status).toBe(400);
    expect(await api.untilComplete(id)).toMatchObject({
      quantity: BIG / 4,
      quantity_created: BIG / 4,
      reference_id: 'BATCH-SGTIN-2024-COMPLETED',
    });
  });

  test('DELETE stops a job; its codes are gone and never come again', async () => {
    const { id } = await api.post({ product, quantity: BIG, length: 9 });
    await untilBegun(id);
    const batch = await batchOf(backend.connectionString, id);
    const early = await readCodes(backend.connectionString, batch);
    expect(early.length).toBeGreaterThan(0);
    expect((await api.call('DELETE', `/items/identifier_job/${id}`)).status).toBe(204);
    expect((await api.call('GET', `/items/identifier_job/${id}`)).status).toBe(403);
    // They are removed in short statements behind the answer.
    const codesAreGone = async () => (await readCodes(backend.connectionString, batch)).length === 0;
    await until('its codes are gone', 30_000, codesAreGone);
    const next = await api.post({ product, quantity: 1000, length: 9 });
    await api.untilComplete(next.id);
    const codes = new Set(await api.codes(next.id));
    expect(codes.size).toBe(1000);
    expect(early.filter((code) => codes.has(code))).toEqual([]);
    expect(await readCodes(backend.connectionString, batch)).toEqual([]);
    const found = await api.data<unknown[]>(
      'GET',
      `/items/unique_code?filter[product][_eq]=${encodeURIComponent(product)}&filter[code][_eq]=${early[0]}`,
    );
    expect(found).toEqual([]);
  });

  test('an id may be given, once', async () => {
    const job = { id: randomUUID(), product, quantity: 10 };
    expect((await api.post(job)).id).toBe(job.id);
    const { status, body } = await api.call('POST', '/items/identifier_job', job);
    expect([status, body.errors?.[0]?.extensions]).toMatchObject([
      400,
      { code: 'RECORD_NOT_UNIQUE', field: 'id', collection: 'identifier_job' },
    ]);
    await api.untilComplete(job.id);
  });
});

async function readEvents(response: Response): Promise<{ event: string | undefined; data: Progress }[]> {
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  const events: { event: string | undefined; data: Progress }[] = [];
  const parser = createParser({
    onEvent: ({ event, data }) => void events.push({ event, data: JSON.parse(data) }),
  });
  parser.feed(await response.text());
  return events;
}

async function batchOf(connectionString: string, job: string): Promise<string> {
  const text = 'SELECT batch_id FROM identifier_job WHERE id = $1';
  const [row] = await query<{ batch_id: string }>(connectionString, text, [job]);
  return row?.batch_id as string;
}

async function readCodes(connectionString: string, batch: string): Promise<string[]> {
  const text = 'SELECT code FROM issued_code WHERE batch_id = $1';
  const rows = await query<{ code: string }>(connectionString, text, [batch]);
  return rows.map(({ code }) => code);
}
