import { randomBytes } from 'node:crypto';
import { ApiClient } from '../support/apiClient';
import { type Backend, describeBackends, LOCAL_BACKENDS } from '../support/backends';
import { type Stack, startApps } from '../support/stack';
import { type CollectedSpan, TraceCollector } from '../support/traceCollector';
import { until } from '../support/until';

const SLICE_SIZE = 2_000;
const CHUNK_SIZE = 1_000;

describeBackends('traces', LOCAL_BACKENDS, (start) => {
  const collector = new TraceCollector();
  let backend: Backend;
  let stack: Stack;
  let api: ApiClient;
  beforeAll(async () => {
    const [opened, endpoint] = await Promise.all([start(), collector.listen()]);
    backend = opened;
    stack = await startApps({
      ...backend,
      environment: {
        OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
        OTEL_BSP_SCHEDULE_DELAY: '100',
        CODEMINT_SLICE_SIZE: String(SLICE_SIZE),
        CODEMINT_CHUNK_SIZE: String(CHUNK_SIZE),
      },
    });
    api = new ApiClient(stack.url, stack.adminToken);
  });
  afterAll(async () => {
    await stack?.stop();
    await Promise.all([backend?.stop(), collector.close()]);
  });

  /** The spans of a trace as soon as there are so many of each of these names. */
  const spansOf = (traceId: string, wanted: Record<string, number>): Promise<CollectedSpan[]> =>
    until('the spans of the trace have come', 10_000, () => {
      const spans = collector.trace(traceId);
      const isThere = ([name, count]: [string, number]) =>
        spans.filter((span) => span.name === name).length >= count;
      return Object.entries(wanted).every(isThere) ? spans : undefined;
    });

  /** Names from the first span of a trace down to one. */
  const pathTo = (spans: CollectedSpan[], { name, parentSpanId }: CollectedSpan): string[] => {
    const parent = spans.find(({ spanId }) => spanId === parentSpanId);
    return parent === undefined ? [name] : [...pathTo(spans, parent), name];
  };

  test('one trace leads from the request of a caller through the queue to each chunk', async () => {
    const product = await api.addProduct('09312345551927');
    const traceId = randomBytes(16).toString('hex');
    const caller = randomBytes(8).toString('hex');
    const answer = await api.request('/items/identifier_job', {
      method: 'POST',
      headers: { 'content-type': 'application/json', traceparent: `00-${traceId}-${caller}-01` },
      body: JSON.stringify({ product, quantity: 2 * SLICE_SIZE, reference_id: 'A reference' }),
    });
    const { data } = (await answer.json()) as { data: { id: string } };
    await api.untilComplete(data.id);

    const chunkCount = (2 * SLICE_SIZE) / CHUNK_SIZE;
    const spans = await spansOf(traceId, {
      'POST /items/identifier_job': 1,
      'accept jobs': 1,
      enqueue: 1,
      'add identifier-jobs': 2,
      'process identifier-jobs': 2,
      'work on slices': 2,
      'make chunk': chunkCount,
      'store chunk': chunkCount,
    });
    const request = spans.find(({ name }) => name === 'POST /items/identifier_job');
    expect(request).toMatchObject({ service: 'codemint-api', parentSpanId: caller });
    expect(spans.filter(({ name }) => name === 'accept jobs').map((span) => pathTo(spans, span))).toEqual([
      ['POST /items/identifier_job', 'accept jobs'],
    ]);
    const chunks = spans.filter(({ name }) => name === 'store chunk' || name === 'make chunk');
    expect(chunks).toHaveLength(2 * chunkCount);
    for (const chunk of chunks) {
      expect(chunk.service).toBe('codemint-worker');
      expect(pathTo(spans, chunk)).toEqual([
        'POST /items/identifier_job',
        'enqueue',
        'add identifier-jobs',
        'process identifier-jobs',
        'work on slices',
        chunk.name,
      ]);
    }
  });

  test('tell no token, no code and nothing of an idle worker', async () => {
    const product = await api.addProduct('09312345552016');
    const { id } = await api.post({ product, quantity: 20 });
    await api.untilComplete(id);
    const refused = await fetch(`${stack.url}/users/me?access_token=a-token-that-is-wrong`);
    expect(refused.status).toBe(401);
    await until('it is told', 10_000, () => collector.spans.some(({ name }) => name === 'GET /users/me'));
    const told = JSON.stringify(collector.spans);
    for (const secret of [stack.adminToken, 'a-token-that-is-wrong', ...(await api.codes(id))]) {
      expect(told).not.toContain(secret);
    }
    const housekeeping = collector.spans.filter(({ name }) => /getNextJob|extendLocks|Stalled/.test(name));
    expect(housekeeping).toEqual([]);
  });

  test('what is left is sent when a process ends', async () => {
    const before = collector.spans.length;
    const another = await stack.startApi({ OTEL_BSP_SCHEDULE_DELAY: '60000' });
    await fetch(`${another.url()}/server/ping`);
    await another.stop();
    expect(collector.spans.slice(before).map(({ name }) => name)).toContain('GET /server/ping');
  });
});
