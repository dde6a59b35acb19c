import { setTimeout as sleep } from 'node:timers/promises';
import { startRedis, whyNoRedis } from '../support/redis';
import { type Bed, isComplete, newProduct, openBed, timeJob } from './bed';
import { Caller } from './caller';
import { ms, type Row } from './report';
import { percentile, timeMs } from './timing';

const CLIENTS = 50;
const SMALL_QUANTITY = 10;
const PROBE_QUANTITY = 100;
const PROBE_LIMIT_MS = 2_000;
const PROBE_INTERVAL_MS = 500;
const BIG_QUANTITY = 10_000_000;
const DOWNLOADS = 2;
const DOWNLOADED_QUANTITY = 5_000_000;
const DOWNLOADED = '00000000-0000-4000-8000-0000000000d1';
const LEAST_MS = 20_000;
const POLL_MS = 10;

interface Job {
  id: string;
}

/** Everything at once, with the queue in Postgres and in Redis. */
export async function benchLoad(): Promise<Row[]> {
  const rows = await loadOf('queue in Postgres', undefined);
  if (whyNoRedis() !== undefined) return rows;
  const redis = await startRedis();
  try {
    return [...rows, ...(await loadOf('queue in Redis', redis.url))];
  } finally {
    await redis.stop();
  }
}

async function loadOf(where: string, redisUrl: string | undefined): Promise<Row[]> {
  const bed = await openBed({ redisUrl });
  try {
    return await load(bed, where);
  } finally {
    await bed.stop();
  }
}

async function load(bed: Bed, where: string): Promise<Row[]> {
  const products: string[] = [];
  for (let i = 0; i < CLIENTS + 2; i++) products.push((await newProduct(bed, i)).id);
  const [bigProduct, probeProduct, ...others] = products as [string, string, ...string[]];
  await timeJob(bed, { id: bigProduct }, DOWNLOADED_QUANTITY, DOWNLOADED);

  const callers = Array.from(
    { length: CLIENTS + DOWNLOADS + 2 },
    () => new Caller(bed.stack.url, bed.stack.adminToken),
  );
  const [big, prober, ...rest] = callers as [Caller, Caller, ...Caller[]];
  const [readers, clients] = [rest.slice(0, DOWNLOADS), rest.slice(DOWNLOADS)];
  const stop = new AbortController();
  const { signal } = stop;
  let bytes = 0;
  const background = [
    ...clients.map((client, i) => postSmallJobs(client, others[i] as string, signal)),
    ...readers.map(async (reader) => {
      while (!signal.aborted)
        bytes += await reader.read(`/items/identifier_job/${DOWNLOADED}/codes.csv`, signal);
    }),
  ];
  const probes: number[] = [];
  const probing = probe(bed, prober, probeProduct, probes, signal);
  let bigMs = 0;
  const durationMs = await timeMs(async () => {
    const atLeast = sleep(LEAST_MS);
    bigMs = await timeMs(() => makeJob(bed, big, bigProduct, BIG_QUANTITY));
    await atLeast;
  });
  stop.abort();
  await Promise.all([...background, probing]);
  const backlog = await openJobs(bed);
  const drainMs = await timeMs(() => untilNone(bed));
  for (const caller of callers) caller.close();

  const posts = clients.flatMap(({ latencies }) => latencies);
  const failures = callers.flatMap((caller) => caller.failures);
  for (const failure of failures.slice(0, 10)) console.error(failure);
  const refusals = callers.reduce((sum, caller) => sum + caller.refusals, 0);
  const seconds = durationMs / 1_000;
  const worst = Math.max(...probes);
  const row = (what: string, measured: string, target = '', met?: boolean): Row => {
    return { what: `Load, ${where}: ${what}`, measured, target, met };
  };
  return [
    row('errors / 429s', `${failures.length} / ${refusals}`, '0 / any', failures.length === 0),
    row(`${CLIENTS} clients: small jobs posted a second`, `${Math.round(posts.length / seconds)}`),
    row('… POST p50 / p99', `${ms(percentile(posts, 0.5))} / ${ms(percentile(posts, 0.99))}`),
    row(
      `${probes.length} jobs of ${PROBE_QUANTITY} codes, POST to complete: p50 / worst`,
      `${ms(percentile(probes, 0.5))} / ${ms(worst)}`,
      `< ${PROBE_LIMIT_MS} ms`,
      worst < PROBE_LIMIT_MS,
    ),
    row('10M codes, POST to complete', ms(bigMs)),
    row(`${DOWNLOADS} downloads together`, `${Math.round(bytes / seconds / 2 ** 20)} MB/s`),
    row('jobs open at the end / until they were made', `${backlog} / ${ms(drainMs)}`),
  ];
}

/** One after the other, the next as soon as the one before is answered. */
async function postSmallJobs(client: Caller, product: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await client.call('POST', '/items/identifier_job', { product, quantity: SMALL_QUANTITY });
  }
}

async function probe(bed: Bed, prober: Caller, product: string, durations: number[], signal: AbortSignal) {
  while (!signal.aborted) {
    durations.push(await timeMs(() => makeJob(bed, prober, product, PROBE_QUANTITY)));
    await sleep(PROBE_INTERVAL_MS);
  }
}

async function makeJob(bed: Bed, caller: Caller, product: string, quantity: number): Promise<void> {
  const job = await caller.call<Job>('POST', '/items/identifier_job', { product, quantity });
  while (job !== undefined && !(await isComplete(bed, job.id))) await sleep(POLL_MS);
}

async function openJobs({ client }: Bed): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM batch WHERE status IN ('new', 'in_progress')`,
  );
  return rows[0]?.count ?? 0;
}

async function untilNone(bed: Bed): Promise<void> {
  while ((await openJobs(bed)) > 0) await sleep(POLL_MS);
}
