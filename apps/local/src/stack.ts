import { realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bootstrap, migrate, openDatabase, proveKeys } from '@codemint/db';
import { KeyRing, parseSettings, type Settings } from '@codemint/shared';
import { type App, endOrphanApps, runApp } from './apps';
import { keepDatabase } from './database';
import { lockFolder } from './folderLock';
import { checkPort, findFreePort } from './ports';
import { writePrivateFile } from './secretFile';
import { provideSecrets, type Secrets } from './secrets';
import { StartError } from './startError';

const HEALTH_POLL_MS = 100;
const HEALTH_REQUEST_MS = 2_000;
const HEALTH_TIMEOUT_MS = 120_000;
/** An API that ends this often before it has ever answered is not going to. */
const START_ATTEMPTS = 3;

export interface StackOptions {
  settings: Settings;
  /** What the settings were parsed from; the apps get it too. */
  environment: NodeJS.ProcessEnv;
  log: (line: string) => void;
  /** Aborts the start. */
  signal: AbortSignal;
}

export interface Stack {
  /** Address of the API as this machine reaches it. */
  url: string;
  connectionString: string;
  dataDir: string;
  secrets: Secrets;
}

/** What has been started, to be stopped in the opposite order, also after a start that failed half way. */
export class CleanUp {
  readonly #steps: (() => Promise<void> | void)[] = [];
  readonly #apps: App[] = [];

  add(step: () => Promise<void> | void): void {
    this.#steps.push(step);
  }

  addApps(apps: App[]): void {
    this.#apps.push(...apps);
    this.add(async () => {
      await Promise.all(apps.map((app) => app.stop()));
    });
  }

  async run(): Promise<void> {
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) await step();
  }

  /** Does not wait for the apps to end what they are at. */
  hurry(): void {
    for (const app of this.#apps) app.kill();
  }
}

/**
 * Starts database, API and worker on a data folder.
 * @throws SettingsError, FolderInUseError, StartError: one line for the person who starts it.
 */
export async function startStack(options: StackOptions, cleanUp: CleanUp): Promise<Stack> {
  const { settings, environment, log, signal } = options;
  const lock = await lockFolder(settings.CODEMINT_DATA_DIR, 'stack');
  cleanUp.add(() => lock.release());
  const dataDir = realpathSync(settings.CODEMINT_DATA_DIR);
  await endOrphanApps(dataDir, log);
  const port = settings.PORT === 0 ? await findFreePort() : settings.PORT;
  await checkPort(settings.HOST, port);
  const secrets = provideSecrets(settings, environment, dataDir);

  const connectionString = settings.DATABASE_URL ?? (await startDatabase(dataDir, log, cleanUp));
  signal.throwIfAborted();
  await prepareDatabase(connectionString, secrets, log);
  signal.throwIfAborted();

  const url = `http://${reachableHost(settings.HOST)}:${port}`;
  const stack = { url, connectionString, dataDir, secrets };
  const api = startApps(stack, options, port, cleanUp);
  await waitForHealth(url, api, join(dataDir, 'logs', 'api.log'), signal);
  return stack;
}

async function startDatabase(
  dataDir: string,
  log: (line: string) => void,
  cleanUp: CleanUp,
): Promise<string> {
  const database = await keepDatabase({ dataDir, log });
  cleanUp.add(() => database.stop());
  return database.connectionString;
}

/** @throws SettingsError where the apps would refuse to start for want of a master key: better said at once */
async function prepareDatabase(
  connectionString: string,
  { masterKeys }: Secrets,
  log: (line: string) => void,
): Promise<void> {
  await migrate(connectionString, log);
  const database = openDatabase({ connectionString, poolSize: 1, applicationName: 'codemint start' });
  try {
    const { CODEMINT_MASTER_KEYS: keys = new Map() } = parseSettings({ CODEMINT_MASTER_KEYS: masterKeys });
    await proveKeys(database.pool, new KeyRing(keys));
    await bootstrap(database);
  } finally {
    await database.close();
  }
}

/** Starts both apps and keeps `stack.json`, by which commands find the running stack. */
function startApps(
  { url, connectionString, dataDir, secrets }: Stack,
  { environment, log }: StackOptions,
  port: number,
  cleanUp: CleanUp,
): App {
  const stackFile = join(dataDir, 'stack.json');
  const apps: Partial<Record<'api' | 'worker', App>> = {};
  const writeStackFile = () => {
    const pids = { stack: process.pid, api: apps.api?.pid(), worker: apps.worker?.pid() };
    writePrivateFile(stackFile, `${JSON.stringify({ url, connectionString, pids }, undefined, 2)}\n`);
  };
  cleanUp.add(() => rmSync(stackFile, { force: true }));
  const run = (name: 'api' | 'worker') =>
    runApp({
      name,
      entry: join(__dirname, '..', '..', name, 'dist', 'main.js'),
      dataDir,
      environment: {
        NODE_ENV: 'production',
        ...environment,
        PORT: String(port),
        DATABASE_URL: connectionString,
        CODEMINT_DATA_DIR: dataDir,
        CODEMINT_MASTER_KEYS: secrets.masterKeys,
        CODEMINT_ADMIN_TOKEN: secrets.adminToken,
      },
      log,
      onRestart: writeStackFile,
    });
  const api = run('api');
  apps.api = api;
  apps.worker = run('worker');
  cleanUp.addApps([api, apps.worker]);
  writeStackFile();
  return api;
}

async function waitForHealth(url: string, api: App, logPath: string, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + HEALTH_TIMEOUT_MS;
  while (!(await isHealthy(url, signal))) {
    signal.throwIfAborted();
    if (api.failures() >= START_ATTEMPTS || Date.now() > deadline) {
      throw new StartError(`The API did not start: see ${logPath}`);
    }
    await sleep(HEALTH_POLL_MS, undefined, { signal });
  }
}

async function isHealthy(url: string, signal: AbortSignal): Promise<boolean> {
  try {
    const timeout = AbortSignal.timeout(HEALTH_REQUEST_MS);
    const response = await fetch(`${url}/server/health`, { signal: AbortSignal.any([signal, timeout]) });
    await response.body?.cancel();
    return response.status === 200;
  } catch {
    return false;
  }
}

/** The host of a URL for something that listens on `host`: an address that means "all" is no address to call. */
function reachableHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
