import { availableParallelism } from 'node:os';
import { openDatabase, waitForSchema } from '@codemint/db';
import { openQueueBackend } from '@codemint/queue';
import { KeyRing, parseServiceSettings, type ServiceSettings, SettingsError } from '@codemint/shared';
import pino, { type Logger } from 'pino';
import type { WorkerContext } from './context';
import { Generator } from './generator/generator';
import { startHealthServer } from './health';
import { makeSlice } from './makeSlice';
import { startSweep } from './sweep';

/** Slices in work, the sweep, the health check; Prisma is not used here. */
const SPARE_CONNECTIONS = 3;

async function main(): Promise<void> {
  const settings = readSettings();
  const log = pino({ level: settings.LOG_LEVEL, base: { app: 'worker', pid: process.pid } });
  const stopping = new AbortController();
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        stopping.abort();
        resolve();
      });
    }
  });
  const context = openContext(settings, log);
  await waitForSchema(context.database.pool, { log: (line) => log.info(line), signal: stopping.signal });
  const stop = stopping.signal.aborted ? () => close(context) : await work(context);
  await stopped;
  log.info('stopping: chunks under way are ended, the rest goes back to the queue');
  await stop();
  log.info('stopped');
}

function readSettings(): ServiceSettings {
  try {
    return parseServiceSettings(process.env);
  } catch (error) {
    if (error instanceof SettingsError) exitWithReason(error.message);
    throw error;
  }
}

function openContext(settings: ServiceSettings, log: Logger): WorkerContext {
  return {
    settings,
    log,
    database: openDatabase({
      connectionString: settings.DATABASE_URL,
      poolSize: settings.WORKER_CONCURRENCY + SPARE_CONNECTIONS,
      applicationName: 'codemint worker',
      onIdleError: (error) => log.warn({ reason: error.message }, 'an idle database connection broke'),
    }),
    ring: new KeyRing(settings.CODEMINT_MASTER_KEYS),
    generator: new Generator(
      settings.CODEMINT_MASTER_KEYS,
      Math.min(settings.WORKER_CONCURRENCY, availableParallelism()),
    ),
    queue: openQueueBackend({
      redisUrl: settings.REDIS_URL,
      databaseUrl: settings.DATABASE_URL,
      role: 'consumer',
      log,
    }),
  };
}

/** Starts everything; what it gives back stops it again. */
async function work(context: WorkerContext): Promise<() => Promise<void>> {
  const { settings, log, queue } = context;
  const consumer = queue.consumeSlices((job, run) => makeSlice(context, job, run), {
    concurrency: settings.WORKER_CONCURRENCY,
  });
  const stopSweep = startSweep(context);
  const health =
    settings.WORKER_HEALTH_PORT === undefined
      ? undefined
      : await startHealthServer(context, settings.WORKER_HEALTH_PORT, settings.HOST);
  log.info({ queue: queue.kind, concurrency: settings.WORKER_CONCURRENCY }, 'working');
  return async () => {
    health?.close();
    await Promise.all([consumer.close(), stopSweep()]);
    await close(context);
  };
}

async function close({ generator, queue, database }: WorkerContext): Promise<void> {
  await generator.close();
  await queue.close();
  await database.close();
}

function exitWithReason(reason: string): never {
  process.stderr.write(`codemint worker: ${reason}\n`);
  process.exit(1);
}

main().catch((error: unknown) => {
  exitWithReason(error instanceof Error ? error.message : String(error));
});
