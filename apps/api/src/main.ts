import type { Server } from 'node:http';
import { availableParallelism } from 'node:os';
import {
  bootstrap,
  isHome,
  NewerSchemaError,
  openDatabase,
  proveKeys,
  sqlState,
  untilReached,
  waitForSchema,
} from '@codemint/db';
import { openQueueBackend } from '@codemint/queue';
import {
  KeyRing,
  loggedError,
  parseServiceSettings,
  RestoredDatabaseError,
  type ServiceSettings,
  SettingsError,
} from '@codemint/shared';
import { observeProcess, openTracing, type Tracing } from '@codemint/telemetry';
import { type Logger, pino, stdSerializers } from 'pino';
import { createApp } from './app';
import { ProgressHub } from './codes/progressHub';
import type { ApiContext } from './context';
import { Slots } from './http/slots';
import { SymbolThreads } from './labels/symbolThreads';
import { Limits } from './limits/limits';
import { createLimitedServer } from './limits/server';
import { openApiMetrics } from './metrics/apiMetrics';
import { ShortLinks } from './redirects/shortLinks';
import { prepareEnd } from './server/gracefulEnd';

/** An API process serves many short requests; the queue and streams come on top. */
const POOL_SIZE = 15;
const IMPORTS_AT_ONCE = 3;
/** Each holds some 50 MB once it has drawn. */
const MOST_SYMBOL_THREADS = 4;
/** Requests that are still running then are cut off. */
const SHUTDOWN_LIMIT_MS = 10_000;

async function main(): Promise<void> {
  const settings = parseServiceSettings(process.env);
  const log = pino({
    level: settings.LOG_LEVEL,
    base: { app: 'api' },
    serializers: { err: stdSerializers.wrapErrorSerializer(loggedError) },
  });
  const endpoint = settings.OTEL_EXPORTER_OTLP_ENDPOINT;
  const tracing = await openTracing({ endpoint, serviceName: 'codemint-api', log });
  const context = openContext(settings, log, tracing);
  observeProcess(context.metrics.registry);
  const stopping = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.abort());
  let stopCleaning = () => {};
  try {
    const waiting = { log: (line: string) => log.info(line), signal: stopping.signal };
    await waitForSchema(context.database.pool, waiting);
    await untilReached(waiting, async () => {
      await proveKeys(context.database.pool, context.ring);
      await bootstrap(context.database);
      if (!(await isHome(context.database.pool))) log.error(new RestoredDatabaseError().message);
    });
    stopCleaning = context.limits.startCleaning(log);
    const server = createLimitedServer(createApp(context), log);
    const end = prepareEnd(server);
    await listen(server, settings);
    log.info({ url: address(server) }, 'the API serves');
    if (!stopping.signal.aborted) {
      await new Promise((resolve) => stopping.signal.addEventListener('abort', resolve, { once: true }));
    }
    log.info('stopping');
    context.progress.close();
    await end(SHUTDOWN_LIMIT_MS);
  } catch (error) {
    // Told to stop while it waited for the schema: that is no failure.
    if (!stopping.signal.aborted) throw error;
  } finally {
    stopCleaning();
    await context.symbols.close();
    await context.queue.close();
    await context.database.close();
    await tracing.close();
  }
}

function openContext(settings: ServiceSettings, log: Logger, tracing: Tracing): ApiContext {
  const database = openDatabase({
    connectionString: settings.DATABASE_URL,
    poolSize: POOL_SIZE,
    applicationName: 'codemint-api',
    onIdleError: (error) => log.warn({ err: error }, 'an idle database connection broke'),
  });
  const queue = openQueueBackend({
    redisUrl: settings.REDIS_URL,
    databaseUrl: settings.DATABASE_URL,
    role: 'producer',
    log,
    telemetry: tracing.queue,
  });
  const ring = new KeyRing(settings.CODEMINT_MASTER_KEYS);
  const progress = new ProgressHub(database.pool, queue, log);
  const limits = new Limits(database.pool, ring, settings);
  const shortLinks = new ShortLinks(database.pool, ring, limits.guesses);
  const imports = new Slots(IMPORTS_AT_ONCE);
  const symbols = new SymbolThreads(Math.min(availableParallelism(), MOST_SYMBOL_THREADS));
  const metrics = openApiMetrics(database, queue);
  const told = { log, metrics, tracing };
  return { settings, ...told, database, queue, ring, progress, imports, shortLinks, limits, symbols };
}

async function listen(server: Server, { HOST, PORT }: ServiceSettings): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? new SettingsError(`PORT ${PORT} of ${HOST} is in use`) : error);
    });
    server.listen(PORT, HOST, resolve);
  });
}

function address(server: Server): string {
  const bound = server.address();
  if (bound === null || typeof bound === 'string') return String(bound);
  return `http://${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}`;
}

main().catch((error: unknown) => {
  // A wrong setting, a schema too new, a database that refuses the login: one line says all.
  const isPlain =
    error instanceof SettingsError || error instanceof NewerSchemaError || sqlState(error) !== undefined;
  const { message, stack } = error as Error;
  process.stderr.write(`codemint api: ${isPlain ? message : (stack ?? message)}\n`);
  process.exitCode = 1;
});
