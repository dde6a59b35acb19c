import pg from 'pg';
import { ApiClient } from '../../../tests/support/apiClient';
import { createTestDatabase, type TestDatabase } from '../../../tests/support/postgres';
import { type Stack, startApps } from '../../../tests/support/stack';

const LIMIT = 20;
const WORKER_CONCURRENCY = 2;

let database: TestDatabase;
let stack: Stack;
let clients: ApiClient[];

beforeAll(async () => {
  database = await createTestDatabase();
  stack = await startApps({
    connectionString: database.connectionString,
    apis: 2,
    environment: {
      CODEMINT_TOKEN_REQUESTS_PER_SECOND: String(LIMIT),
      CODEMINT_TOKEN_CODES_PER_DAY: '1000',
      WORKER_CONCURRENCY: String(WORKER_CONCURRENCY),
    },
  });
  clients = stack.processes
    .map((one) => one.url())
    .filter((url) => url !== undefined)
    .map((url) => new ApiClient(url, stack.adminToken));
});
afterAll(async () => {
  await stack.stop();
  await database.drop();
});

const asJson = (body: object): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});
const clientOf = (i: number) => clients[i % clients.length] as ApiClient;

/** Calls again while the token has to wait for the next second. */
async function patiently(ask: () => Promise<Response>): Promise<Response> {
  for (;;) {
    const answer = await ask();
    if (answer.status !== 429) return answer;
    await answer.text();
    await new Promise((resolve) => setTimeout(resolve, Number(answer.headers.get('retry-after')) * 200));
  }
}

test('two processes let a token pass as often as one', async () => {
  let served = 0;
  let refused = 0;
  const startMs = performance.now();
  const ask = async (i: number) => {
    while (refused < 2 * LIMIT) {
      const answer = await clientOf(i).request('/items/product?limit=1');
      await answer.text();
      if (answer.status === 200) served++;
      else refused++;
      expect([200, 429]).toContain(answer.status);
    }
  };
  await Promise.all(Array.from({ length: 16 }, (_, i) => ask(i)));
  const seconds = (performance.now() - startMs) / 1_000;
  expect(served).toBeGreaterThanOrEqual(LIMIT);
  expect(served).toBeLessThanOrEqual(LIMIT * Math.ceil(seconds + 1));
});

test('a process has no more connections than it says, whatever is asked of it', async () => {
  const product = '/01/09312345551927';
  const added = await patiently(() =>
    clientOf(0).request('/items/product', asJson({ gtin: '09312345551927' })),
  );
  expect(added.status).toBe(200);
  const watcher = new pg.Client({ connectionString: database.connectionString, application_name: 'watcher' });
  await watcher.connect();
  const most: Record<string, number> = {};
  let isWatching = true;
  const watch = async () => {
    while (isWatching) {
      // BullMQ gives the connections that listen the name of their queue.
      const { rows } = await watcher.query<{ name: string; count: number }>(
        `SELECT CASE WHEN application_name IN ('identifier-jobs', 'adi-orders', 'adi-events')
                     THEN 'codemint-queue-consumer' ELSE application_name END AS name, count(*)::int AS count
           FROM pg_stat_activity
          WHERE datname = current_database() AND application_name <> 'watcher' GROUP BY 1`,
      );
      for (const { name, count } of rows) most[name] = Math.max(count, most[name] ?? 0);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const watched = watch();
  const post = (i: number) =>
    patiently(() => clientOf(i).request('/items/identifier_job', asJson({ product, quantity: 1 })));
  const health = (i: number) => clientOf(i).request('/server/health');
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, i) => (i % 4 === 0 ? post(i) : health(i))),
  );
  isWatching = false;
  await watched;
  await watcher.end();
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  const bounds = {
    'codemint-api': 2 * 15,
    'codemint-queue-producer': 2 * 8,
    'codemint worker': 3 * WORKER_CONCURRENCY + 5,
    'codemint-queue-consumer': 8,
  };
  expect(Object.keys(most).sort()).toEqual(Object.keys(bounds).sort());
  const tooMany = Object.entries(bounds).filter(([name, bound]) => (most[name] ?? 0) > bound);
  expect([tooMany, most]).toEqual([[], most]);
});
