import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '@codemint/local';
import { Guard } from './guard';
import { execute } from './testServer';

export interface OwnPostgres {
  connectionString: string;
  stop(): Promise<void>;
  /** Ends it at once, as after a loss of power: `pg_ctl stop -m immediate`. */
  crash(): Promise<void>;
  /** Starts it again at the same address, with what was committed. */
  restart(): Promise<void>;
  /** All its processes stand still with their connections open, until `thaw`. */
  freeze(): void;
  thaw(): void;
}

/** An embedded server of its own in a temporary folder, for tests that do it harm; it ends with this process. */
export async function startOwnPostgres(): Promise<OwnPostgres> {
  const dataDir = mkdtempSync(join(tmpdir(), 'codemint-own-postgres-'));
  const open = (port?: number) => startPostgres({ dataDir, log: () => undefined, port });
  let server = await open();
  const { port, connectionString } = server;
  // Nothing here has to outlive the machine; what is written outlives the server all the same.
  await execute(connectionString, [
    'ALTER SYSTEM SET fsync = off',
    'ALTER SYSTEM SET full_page_writes = off',
    'SELECT pg_reload_conf()',
  ]);
  const guard = new Guard();
  let pid = postmasterPid(dataDir);
  guard.watch(pid);
  return {
    connectionString,
    stop: async () => {
      await server.stop();
      guard.dismiss();
      rmSync(dataDir, { recursive: true, force: true });
    },
    crash: async () => {
      process.kill(pid, 'SIGQUIT');
      await server.ended;
    },
    restart: async () => {
      server = await open(port);
      pid = postmasterPid(dataDir);
      guard.watch(pid);
    },
    freeze: () => signalServer(pid, 'SIGSTOP'),
    thaw: () => signalServer(pid, 'SIGCONT'),
  };
}

function postmasterPid(dataDir: string): number {
  return Number.parseInt(readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8'), 10);
}

/** Each backend of the server is a group of its own, so they are found by their parent. */
function signalServer(pid: number, signal: 'SIGSTOP' | 'SIGCONT'): void {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  for (const line of stdout.split('\n')) {
    const [one = 0, parent] = line.trim().split(/\s+/).map(Number);
    if (one === pid || parent === pid) process.kill(one, signal);
  }
}
