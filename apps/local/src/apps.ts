import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { backOffMs } from './backOff';
import { openLogFile } from './logFile';
import { listProcesses, signal } from './processes';
import { waitUntil } from './wait';

const STOP_MS = 15_000;
/** The new start waits for its port and its data, so the orphans of an earlier one get less time. */
const STOP_ORPHANS_MS = 5_000;
/** One that has run for so long is taken to be well; its next failure is a first one. */
const STEADY_MS = 60_000;

export interface AppOptions {
  name: 'api' | 'worker';
  /** Path of the program. */
  entry: string;
  dataDir: string;
  environment: NodeJS.ProcessEnv;
  /** Told in one line of an end that was not asked for. */
  log: (line: string) => void;
  /** Called when it has been started again. */
  onRestart: () => void;
}

export interface App {
  pid(): number | undefined;
  /** How often it has ended by itself of late. */
  failures(): number;
  /** SIGTERM, and SIGKILL if it has not ended in time. Fulfilled when it has ended. */
  stop(): Promise<void>;
  /** SIGKILL, for who does not want to wait for `stop`. */
  kill(): void;
}

/**
 * Runs an app as a process of its own and starts it again whenever it ends. Its output goes to
 * `<dataDir>/logs/<name>.log`. It has a process group of its own, so that Ctrl-C reaches this process alone.
 */
export function runApp(options: AppOptions): App {
  let child: ChildProcess | undefined;
  let failures = 0;
  let timer: NodeJS.Timeout | undefined;
  let stopping = false;

  const start = () => {
    const { process: started, logPath } = spawnApp(options);
    const startedAt = Date.now();
    child = started;
    const onEnd = (how: string) => {
      if (child !== started) return;
      child = undefined;
      if (stopping) return;
      if (Date.now() - startedAt > STEADY_MS) failures = 0;
      const waitMs = backOffMs(failures);
      failures += 1;
      options.log(
        `The ${options.name} has ended (${how}); it starts again in ${waitMs / 1000} s. See ${logPath}`,
      );
      timer = setTimeout(() => {
        start();
        options.onRestart();
      }, waitMs);
    };
    started.once('error', (error) => onEnd(error.message));
    started.once('exit', (code, signalName) => onEnd(signalName ?? `code ${code}`));
  };
  start();

  return {
    pid: () => child?.pid,
    failures: () => failures,
    stop: async () => {
      stopping = true;
      clearTimeout(timer);
      child?.kill('SIGTERM');
      if (await waitUntil(() => child === undefined, STOP_MS)) return;
      child?.kill('SIGKILL');
      await waitUntil(() => child === undefined, STOP_MS);
    },
    kill: () => {
      child?.kill('SIGKILL');
    },
  };
}

/**
 * Ends the apps that still run on a data folder after their starter was killed. Only for whoever holds the folder's
 * lock: any such process then has no owner.
 */
export async function endOrphanApps(dataDir: string, log: (line: string) => void): Promise<void> {
  const titles = new Set([title('api', dataDir), title('worker', dataDir)]);
  const find = () => listProcesses().filter(({ args }) => titles.has(args));
  const orphans = find();
  if (orphans.length === 0) return;
  log('Ending the apps that an earlier run left behind');
  for (const { pid } of orphans) signal(pid, 'SIGTERM');
  if (await waitUntil(() => find().length === 0, STOP_ORPHANS_MS)) return;
  for (const { pid } of find()) signal(pid, 'SIGKILL');
  await waitUntil(() => find().length === 0, STOP_ORPHANS_MS);
}

function spawnApp({ name, entry, dataDir, environment }: AppOptions): {
  process: ChildProcess;
  logPath: string;
} {
  const output = openLogFile(dataDir, name);
  try {
    const child = spawn(process.execPath, [`--title=${title(name, dataDir)}`, entry], {
      env: environment,
      detached: true,
      stdio: ['ignore', output.descriptor, output.descriptor],
    });
    return { process: child, logPath: output.path };
  } finally {
    closeSync(output.descriptor);
  }
}

/** What the process list shows for an app: it names the folder, so that a later start knows whose it was. */
function title(name: string, dataDir: string): string {
  return `codemint ${name} ${dataDir}`;
}
