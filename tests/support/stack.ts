import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type AppProcess, startAppProcess } from './appProcess';
import { Guard } from './guard';
import { hasFailedTest } from './hasFailedTest';

export interface StackOptions {
  /** Of a migrated database. */
  connectionString: string;
  /** Without it the queue is in Postgres. */
  redisUrl?: string;
  /** How many API processes; 1 if absent. */
  apis?: number;
  /** How many worker processes; 1 if absent. */
  workers?: number;
  /** More settings for all of them, such as CODEMINT_MASTER_KEYS to go on with a database of an earlier stack. */
  environment?: Record<string, string>;
}

/** API and workers as processes of their own, as they run in production. */
export interface Stack {
  /** Address of the first API, without a slash at the end. */
  url: string;
  adminToken: string;
  /** As the setting CODEMINT_MASTER_KEYS. */
  masterKeys: string;
  /** All that were started, the ended ones too, in the order of their starts. */
  processes: readonly AppProcess[];
  /** Starts one more API; with a PORT in the settings it takes the place of one that has ended. */
  startApi(environment?: Record<string, string>): Promise<AppProcess>;
  startWorker(environment?: Record<string, string>): Promise<AppProcess>;
  /** What all of them have logged. */
  logs(): string;
  /** Ends all of them, frozen ones too, and shows their logs if a test of this file has failed. */
  stop(): Promise<void>;
}

const READY_TIMEOUT_MS = 120_000;
const HEALTH_POLL_MS = 50;

/**
 * Starts API and workers (the built ones) and waits until they are ready. Call `stop` in `afterAll`; should this
 * test process end without it, they are killed.
 * @throws Error with the logs if one of them does not become ready; none is left running then.
 */
export async function startApps(options: StackOptions): Promise<Stack> {
  const folder = mkdtempSync(join(tmpdir(), 'codemint-apps-'));
  const guard = new Guard();
  const processes: AppProcess[] = [];
  const adminToken = options.environment?.CODEMINT_ADMIN_TOKEN ?? randomBytes(24).toString('base64url');
  const masterKeys = options.environment?.CODEMINT_MASTER_KEYS ?? `1:${randomBytes(32).toString('base64')}`;

  const start = async (app: 'api' | 'worker', environment: Record<string, string> = {}) => {
    const name = `${app}-${processes.filter((one) => one.name.startsWith(app)).length + 1}`;
    const started = startAppProcess(app, name, folder, {
      PATH: process.env.PATH ?? '',
      NODE_ENV: 'production',
      PORT: '0',
      DATABASE_URL: options.connectionString,
      REDIS_URL: options.redisUrl ?? '',
      CODEMINT_DATA_DIR: folder,
      CODEMINT_ADMIN_TOKEN: adminToken,
      CODEMINT_MASTER_KEYS: masterKeys,
      // Tests and benchmarks ask as fast as they can; those of the limits set their own.
      CODEMINT_TOKEN_REQUESTS_PER_SECOND: '0',
      CODEMINT_TOKEN_JOBS_RUNNING: '0',
      CODEMINT_TOKEN_CODES_PER_DAY: '0',
      ...options.environment,
      ...environment,
    });
    processes.push(started);
    guard.watch(started.pid);
    await waitUntilReady(app, started);
    return started;
  };

  const logs = () => processes.map((one) => `--- ${one.name} (${one.state()})\n${one.log()}`).join('\n');
  const end = async () => {
    await Promise.all(processes.map((one) => one.stop()));
    guard.dismiss();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await Promise.all([
      ...Array.from({ length: options.apis ?? 1 }, () => start('api')),
      ...Array.from({ length: options.workers ?? 1 }, () => start('worker')),
    ]);
  } catch (error) {
    const shown = logs();
    await end();
    throw new Error(`${(error as Error).message}\n${shown}`);
  }
  return {
    url: processes.find(({ name }) => name === 'api-1')?.url() ?? '',
    adminToken,
    masterKeys,
    processes,
    startApi: (environment) => start('api', environment),
    startWorker: (environment) => start('worker', environment),
    logs,
    stop: async () => {
      if (hasFailedTest()) process.stderr.write(`${logs()}\n`);
      await end();
    },
  };
}

async function waitUntilReady(app: 'api' | 'worker', one: AppProcess): Promise<void> {
  const isReady = app === 'api' ? () => isHealthy(one.url()) : () => one.log().includes('"msg":"working"');
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (!(await isReady())) {
    if (!one.isRunning()) throw new Error(`${one.name} has ended: ${one.state()}`);
    if (Date.now() > deadline) throw new Error(`${one.name} is not ready after ${READY_TIMEOUT_MS} ms`);
    await sleep(HEALTH_POLL_MS);
  }
}

async function isHealthy(url: string | undefined): Promise<boolean> {
  if (url === undefined) return false;
  try {
    const response = await fetch(`${url}/server/health`, { signal: AbortSignal.timeout(5_000) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
