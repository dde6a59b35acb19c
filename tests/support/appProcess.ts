import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** An API waits up to 10 s for its requests. */
const STOP_MS = 15_000;

/** An API or a worker that runs, or has run, as a process of its own. */
export interface AppProcess {
  /** `api-1`, `worker-2`. */
  readonly name: string;
  readonly pid: number;
  /** Fulfilled when it has ended, with its exit code or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  isRunning(): boolean;
  /** `running`, `code 0` or `SIGKILL`. */
  state(): string;
  /** Where an API listens, as soon as it does; undefined for a worker. */
  url(): string | undefined;
  /** All that it has written so far. */
  log(): string;
  /** SIGSTOP and SIGCONT freeze and thaw it. One that has ended takes no notice. */
  signal(signal: NodeJS.Signals): void;
  /** SIGTERM, and SIGKILL if it has not ended in 15 s; wakes it if it is frozen. */
  stop(): Promise<void>;
}

/** Starts the built app with these variables alone. Its output goes to `<folder>/<name>.log`. */
export function startAppProcess(
  app: 'api' | 'worker',
  name: string,
  folder: string,
  environment: Record<string, string>,
): AppProcess {
  const logFile = join(folder, `${name}.log`);
  const output = openSync(logFile, 'w');
  const child = spawn(process.execPath, [require.resolve(`@codemint/${app}`)], {
    env: environment,
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  if (child.pid === undefined) throw new Error(`${name} could not be started`);
  // Jest may end although a test forgot to stop it.
  child.unref();

  const outcome = () => child.exitCode ?? child.signalCode;
  const ended = new Promise<number | NodeJS.Signals>((fulfil) => {
    child.once('exit', (code, signal) => fulfil(code ?? signal ?? 1));
  });
  const log = () => readFileSync(logFile, 'utf8');
  return {
    name,
    pid: child.pid,
    ended,
    isRunning: () => outcome() === null,
    state: () => {
      const how = outcome();
      if (how === null) return 'running';
      return typeof how === 'number' ? `code ${how}` : how;
    },
    url: () => /"url":"(http:[^"]+)"[^\n]*"msg":"the API serves"/.exec(log())?.[1],
    log,
    signal: (signal) => void child.kill(signal),
    stop: async () => {
      child.kill('SIGTERM');
      child.kill('SIGCONT');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      if (outcome() === null) await ended;
      clearTimeout(timer);
    },
  };
}
