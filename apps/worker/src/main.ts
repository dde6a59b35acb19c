import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { isHome, openDatabase, proveKeys, untilReached, waitForSchema } from '@codemint/db';
import { openQueueBackend } from '@codemint/queue';
import {
  KeyRing,
  loggedError,
  parseServiceSettings,
  RestoredDatabaseError,
  type ServiceSettings,
} from '@codemint/shared';
import { observeProcess, openTracing, type Tracing } from '@codemint/telemetry';
import { type Logger, pino, stdSerializers } from 'pino';
import { startConsuming } from './consume';
import type { WorkerContext } from './context';
import { Generator } from './generator/generator';
import { startHealthServer } from './health';
import { openWorkerMetrics } from './metrics/workerMetrics';
import { startReplenishment } from './replenish';
import { startSweep } from './sweep';

/** Each of these has its pieces of work, and each piece holds one connection at most. */
const QUEUES = 3;
/** The sweep, the rules, the health check and the metrics' readings; Prisma is not used here. */
const SPARE_CONNECTIONS = 5;

async function main(): Promise<void> {
  // Chunks lie outside of the heap and are given back when the young generation is collected: a small one, often.
  setFlagsFromString('--semi-space-growth-factor=1');
  const settings = parseServiceSettings(process.env);
  const log = pino({
    level: settings.LOG_LEVEL,
    base: { app: 'worker', pid: process.pid },
    serializers: { err: stdSerializers.wrapErrorSerializer(loggedError) },
  });
  const stopping = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.abort());
  const endpoint = settings.OTEL_EXPORTER_OTLP_ENDPOINT;
  const tracing = await openTracing({ endpoint, serviceName: 'codemint-worker', log });
  const context = openContext(settings, log, tracing);
  observeProcess(context.metrics.registry);
  let stopWork: (() => Promise<void>) | undefined;
  const health = await startHealthServer(context, () => stopWork !== undefined);
  try {
    const waiting = { log: (line: string) => log.info(line), signal: stopping.signal };
    await waitForSchema(context.database.pool, waiting);
    await untilReached(waiting, async () => {
      await proveKeys(context.database.pool, context.ring);
      if (!(await isHome(context.database.pool))) log.error(new RestoredDatabaseError().message);
    });
    stopWork = work(context);
    await untilAborted(stopping.signal);
    log.info('stopping: chunks under way are ended, the rest goes back to the queue');
  } catch (error) {
    // Told to stop while it waited for the schema: that is no failure.
    if (!stopping.signal.aborted) throw error;
  } finally {
    health?.close();
    await stopWork?.();
    await close(context);
  }
  log.info('stopped');
}

function openContext(settings: ServiceSettings, log: Logger, tracing: Tracing): WorkerContext {
  const database = openDatabase({
    connectionString: settings.DATABASE_URL,
    poolSize: QUEUES * settings.WORKER_CONCURRENCY + SPARE_CONNECTIONS,
    applicationName: 'codemint worker',
    onIdleError: (error) => log.warn({ reason: error.message }, 'an idle database connection broke'),
  });
  const queue = openQueueBackend({
    redisUrl: settings.REDIS_URL,
    databaseUrl: settings.DATABASE_URL,
    role: 'consumer',
    log,
    telemetry: tracing.queue,
  });
  return {
    settings,
    log,
    tracing,
    metrics: openWorkerMetrics(database, queue),
    database,
    queue,
    ring: new KeyRing(settings.CODEMINT_MASTER_KEYS),
    generator: new Generator(
      settings.CODEMINT_MASTER_KEYS,
      Math.min(settings.WORKER_CONCURRENCY, availableParallelism()),
    ),
  };
}

/** Starts everything; what it gives back stops it again. */
function work(context: WorkerContext): () => Promise<void> {
  const { settings, log, queue } = context;
  const stops = [
    startConsuming(context, settings.WORKER_CONCURRENCY),
    startSweep(context),
    startReplenishment(context),
  ];
  log.info({ queue: queue.kind, concurrency: settings.WORKER_CONCURRENCY }, 'working');
  return async () => {
    await Promise.all(stops.map((stop) => stop()));
  };
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

async function close({ generator, queue, database, tracing }: WorkerContext): Promise<void> {
  await generator.close();
  await queue.close();
  await database.close();
  await tracing.close();
}

function exitWithReason(reason: string): never {
  process.stderr.write(`codemint worker: ${reason}\n`);
  process.exit(1);
}

main().catch((error: unknown) => {
  exitWithReason(error instanceof Error ? error.message : String(error));
});
