import { createServer, type Server } from 'node:http';
import { availableParallelism } from 'node:os';
import { bootstrap, NewerSchemaError, openDatabase, sqlState, waitForSchema } from '@codemint/db';
import { openQueueBackend } from '@codemint/queue';
import { KeyRing, parseServiceSettings, type ServiceSettings, SettingsError } from '@codemint/shared';
import { type Logger, pino } from 'pino';
import { createApp } from './app';
import { ProgressHub } from './codes/progressHub';
import type { ApiContext } from './context';
import { Slots } from './http/slots';
import { SymbolThreads } from './labels/symbolThreads';
import { ShortLinks } from './redirects/shortLinks';
import { MissLimit } from './verify/missLimit';

/** An API process serves many short requests; the queue and streams come on top. */
const POOL_SIZE = 15;
const IMPORTS_AT_ONCE = 3;
/** Each holds some 50 MB once it has drawn. */
const MOST_SYMBOL_THREADS = 4;
/** Requests that are still running then are cut off. */
const SHUTDOWN_LIMIT_MS = 10_000;

async function main(): Promise<void> {
  const settings = parseServiceSettings(process.env);
  const log = pino({ level: settings.LOG_LEVEL, base: { app: 'api' } });
  const context = openContext(settings, log);
  const stopping = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.abort());
  try {
    await waitForSchema(context.database.pool, { log: (line) => log.info(line), signal: stopping.signal });
    await bootstrap(context.database);
    const server = createServer(createApp(context));
    await listen(server, settings);
    log.info({ url: address(server) }, 'the API serves');
    if (!stopping.signal.aborted) {
      await new Promise((resolve) => stopping.signal.addEventListener('abort', resolve, { once: true }));
    }
    log.info('stopping');
    context.progress.close();
    await finish(server);
  } catch (error) {
    // Told to stop while it waited for the schema: that is no failure.
    if (!stopping.signal.aborted) throw error;
  } finally {
    await context.symbols.close();
    await context.queue.close();
    await context.database.close();
  }
}

function openContext(settings: ServiceSettings, log: Logger): ApiContext {
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
  });
  const ring = new KeyRing(settings.CODEMINT_MASTER_KEYS);
  const progress = new ProgressHub(database.pool, queue, log);
  const shortLinks = new ShortLinks(database.pool, ring);
  const imports = new Slots(IMPORTS_AT_ONCE);
  const misses = new MissLimit();
  const symbols = new SymbolThreads(Math.min(availableParallelism(), MOST_SYMBOL_THREADS));
  return { settings, log, database, queue, ring, progress, imports, shortLinks, misses, symbols };
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

/** Takes no new requests and waits for those that run, within limits. */
async function finish(server: Server): Promise<void> {
  const limit = setTimeout(() => server.closeAllConnections(), SHUTDOWN_LIMIT_MS);
  await new Promise((resolve) => server.close(resolve));
  clearTimeout(limit);
}

main().catch((error: unknown) => {
  // A wrong setting, a schema too new, a database that refuses the login: one line says all.
  const isPlain =
    error instanceof SettingsError || error instanceof NewerSchemaError || sqlState(error) !== undefined;
  const { message, stack } = error as Error;
  process.stderr.write(`codemint api: ${isPlain ? message : (stack ?? message)}\n`);
  process.exitCode = 1;
});
