import { bootstrap, deleteJobs, failBatch, migrate, openDatabase } from '@codemint/db';
import { openQueueBackend, type QueueBackend } from '@codemint/queue';
import { pino } from 'pino';
import { startOwnPostgres } from '../../../tests/support/ownPostgres';
import { until } from '../../../tests/support/until';
import { jobProgress } from '../src/codes/jobProgress';
import { ProgressHub } from '../src/codes/progressHub';
import { type Progress, ProgressReader } from '../src/codes/progressReader';
import { RateMeter } from '../src/codes/rateMeter';
import { acceptJob, makeJob, makeSliceOf, open } from './codesSupport';
import { type Api, codes as errorCodes, PRODUCT, startApi } from './support';

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const log = pino({ level: 'silent' });
const path = (id: string) => `/items/identifier_job/${id}/progress`;

interface SentEvent {
  event?: string;
  id?: string;
  data: Progress;
}

/** The events of a stream; comments are left out. */
async function* events(id: string, headers: Record<string, string> = {}): AsyncGenerator<SentEvent> {
  const response = await open(api, path(id), { headers });
  response.setEncoding('utf8');
  let rest = '';
  for await (const part of response) {
    const blocks = (rest + part).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks.filter((text) => !text.startsWith(':'))) yield parseEvent(block);
  }
  expect(rest).toBe('');
}

function parseEvent(block: string): SentEvent {
  const fields = Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/)));
  return { ...fields, data: JSON.parse(fields.data) };
}

async function all(id: string, headers?: Record<string, string>): Promise<SentEvent[]> {
  const found: SentEvent[] = [];
  for await (const event of events(id, headers)) found.push(event);
  return found;
}

describe('the stream', () => {
  it('of a finished job tells its state and ends', async () => {
    const id = await makeJob(api);
    const data = { status: 'complete', quantity: 250, created: 250, rate: 0 };
    expect(await all(id)).toEqual([{ data }, { event: 'end', id: 'end', data }]);
  });

  it('is not kept back by anybody', async () => {
    const { headers } = await open(api, path(await makeJob(api)));
    expect(headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    });
  });

  it('follows a job from its start to its end', async () => {
    const { id, slices } = await acceptJob(api);
    const seen: SentEvent[] = [];
    const times: number[] = [];
    for await (const event of events(id)) {
      seen.push(event);
      times.push(performance.now());
      // A chunk for each event, so every one of them is a change.
      const next = slices.find(({ sliceId }) => !done.has(sliceId));
      if (next !== undefined) await makeNext(next.sliceId, slices);
    }
    const created = seen.map(({ data }) => data.created);
    expect(seen[0]?.data).toEqual({ status: 'new', quantity: 250, created: 0, rate: 0 });
    expect(created).toEqual(created.toSorted((a, b) => a - b));
    expect(seen[1]?.data).toMatchObject({ status: 'in_progress', created: 40 });
    expect(seen[1]?.data.rate).toBeGreaterThan(0);
    expect(seen.at(-1)).toMatchObject({ event: 'end', data: { status: 'complete', created: 250 } });
    // Without the last event, which comes twice.
    const gaps = times.slice(1, -1).map((time, i) => time - (times[i] as number));
    expect(Math.min(...gaps)).toBeGreaterThan(200);
  });

  const done = new Set<string>();
  async function makeNext(sliceId: string, slices: Awaited<ReturnType<typeof acceptJob>>['slices']) {
    const slice = slices.find((one) => one.sliceId === sliceId);
    await makeSliceOf(api, slice, { maxChunks: 1 });
    const { rows } = await api.database.pool.query(`SELECT state FROM slice WHERE id = $1`, [sliceId]);
    if (rows[0].state === 'done') done.add(sliceId);
  }

  it('ends when the job fails', async () => {
    const { id, slices } = await acceptJob(api);
    const seen: SentEvent[] = [];
    for await (const event of events(id)) {
      seen.push(event);
      await failBatch(api.database.pool, BigInt(slices[0]?.batchId ?? 0), 'no such key');
    }
    expect(seen.at(-1)).toMatchObject({ event: 'end', data: { status: 'error', created: 0 } });
  });

  it('ends when the job is deleted', async () => {
    const { id } = await acceptJob(api);
    const seen: SentEvent[] = [];
    for await (const event of events(id)) {
      seen.push(event);
      if (seen.length === 1) await deleteJobs(api.database, [id]);
    }
    expect(seen.at(-1)).toEqual({
      event: 'end',
      id: 'end',
      data: { status: 'deleted', quantity: 250, created: 0, rate: 0 },
    });
  });

  it('begins anew for a caller who lost it, and tells who has seen its end to stay away', async () => {
    const id = await makeJob(api);
    expect(await all(id, { 'last-event-id': 'whatever' })).toHaveLength(2);
    expect((await open(api, path(id), { headers: { 'last-event-id': 'end' } })).statusCode).toBe(204);
  });

  it('is for those who may see the job', async () => {
    const id = await makeJob(api);
    const missing = '00000000-0000-4000-8000-000000000000';
    for (const answer of [
      await api.get(path(id), 'stranger'),
      await api.get(path(missing)),
      await api.get(path('x')),
    ]) {
      expect(answer.status).toBe(403);
      expect(errorCodes(answer)).toEqual(['FORBIDDEN']);
    }
    const byParameter = await api.get(`${path(id)}?access_token=${api.tokens.reader}`, 'nobody');
    expect(byParameter.status).toBe(200);
    expect((await api.request('HEAD', path(id))).status).toBe(200);
  });

  it('is read no longer when its caller is gone', async () => {
    const { id } = await acceptJob(api);
    const queries = jest.spyOn(api.database.pool, 'query');
    const readings = () => queries.mock.calls.filter(([query]) => nameOf(query) === 'read-progress').length;
    for await (const { data } of events(id)) {
      expect(data.status).toBe('new');
      break;
    }
    let before = -1;
    let since = performance.now();
    await until('nobody reads any more', 10_000, () => {
      if (readings() !== before) since = performance.now();
      before = readings();
      return performance.now() - since > 1500;
    });
    queries.mockRestore();
  });
});

const nameOf = (query: unknown) => (query as { name?: string }).name;

describe('the hub', () => {
  let queue: QueueBackend;
  beforeAll(() => {
    queue = openQueueBackend({ databaseUrl: databaseUrl(), role: 'consumer', log });
  });
  afterAll(() => queue.close());

  const databaseUrl = () => api.database.pool.options.connectionString as string;

  it('reads a job once for all who watch it, and not at all when they are gone', async () => {
    const hub = new ProgressHub(api.database.pool, queue, log);
    const { id } = await acceptJob(api);
    const leaving = [new AbortController(), new AbortController()];
    const watching = leaving.map(({ signal }) => hub.watch(jobProgress(id), signal));
    for (const watch of watching) expect((await watch.next()).value).toMatchObject({ status: 'new' });
    expect(hub.size).toBe(1);
    const ends = watching.map((watch) => watch.next());
    for (const controller of leaving) controller.abort();
    expect(await Promise.all(ends)).toEqual([{ done: true }, { done: true }]);
    expect(hub.size).toBe(0);
  });

  it('ends every watching when it is closed', async () => {
    const hub = new ProgressHub(api.database.pool, queue, log);
    const { id } = await acceptJob(api);
    const watch = hub.watch(jobProgress(id), new AbortController().signal);
    await watch.next();
    const end = watch.next();
    hub.close();
    expect(await end).toEqual({ done: true });
    expect(hub.size).toBe(0);
  });

  it('is told by the queue what a worker makes', async () => {
    const hub = new ProgressHub(api.database.pool, queue, log);
    const { id, slices } = await acceptJob(api);
    queue.consumeSlices(
      async (job, { reportProgress }) => {
        await makeSliceOf(
          api,
          slices.find(({ sliceId }) => sliceId === job.sliceId),
        );
        reportProgress({ batchId: job.batchId, job: job.job, created: 0, quantity: 250 });
      },
      { concurrency: 1 },
    );
    await queue.add(slices, { timeoutMs: 10_000 });
    const seen: Progress[] = [];
    for await (const progress of hub.watch(jobProgress(id), AbortSignal.timeout(30_000))) seen.push(progress);
    expect(seen.at(-1)).toMatchObject({ status: 'complete', created: 250 });
  });
});

it('a reader that is woken reads sooner, but not more than four times a second', async () => {
  const { id } = await acceptJob(api);
  const queries = jest.spyOn(api.database.pool, 'query');
  const reader = new ProgressReader(api.database.pool, jobProgress(id), log);
  const startMs = performance.now();
  const end = reader.run();
  await until('five readings', 10_000, () => {
    reader.wake();
    return queries.mock.calls.filter(([query]) => nameOf(query) === 'read-progress').length >= 5;
  });
  const tookMs = performance.now() - startMs;
  reader.stop();
  await end;
  queries.mockRestore();
  expect(tookMs).toBeGreaterThan(950);
  expect(tookMs).toBeLessThan(3500);
});

it('a watcher waits while the database is away', async () => {
  const server = await startOwnPostgres();
  const database = openDatabase({
    connectionString: server.connectionString,
    poolSize: 2,
    applicationName: 'codes-test',
    onIdleError: () => undefined,
  });
  const hub = new ProgressHub(database.pool, api.queue, log);
  try {
    await migrate(server.connectionString);
    await bootstrap(database);
    const own = { ...api, database };
    await database.prisma.product.create({
      data: { id: PRODUCT, account_id: (await database.prisma.account.findFirstOrThrow()).id },
    });
    const { id, slices } = await acceptJob(own);
    const watch = hub.watch(jobProgress(id), AbortSignal.timeout(50_000));
    expect((await watch.next()).value).toMatchObject({ created: 0 });
    const next = watch.next();
    await server.crash();
    await until('the database is missed', 10_000, () => readFails(database));
    await server.restart();
    await until('the database is back', 20_000, async () => !(await readFails(database)));
    await makeSliceOf(own, slices[0]);
    expect((await next).value).toMatchObject({ status: 'in_progress', created: 100 });
  } finally {
    hub.close();
    await database.close();
    await server.stop();
  }
});

async function readFails({ pool }: Pick<Api['database'], 'pool'>): Promise<boolean> {
  return pool.query('SELECT 1').then(
    () => false,
    () => true,
  );
}

describe('the rate', () => {
  it('is of the last four seconds', () => {
    const meter = new RateMeter();
    expect(meter.add(1000, 500)).toBe(0);
    expect(meter.add(1250, 750)).toBe(1000);
    expect(meter.add(2000, 1500)).toBe(1000);
    expect(meter.add(5000, 1500)).toBe(250);
    expect(meter.add(6000, 1500)).toBe(0);
    expect(meter.add(7000, 4500)).toBe(600);
  });
});
