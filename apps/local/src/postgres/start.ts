import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { lockFolder } from '../folderLock';
import { type LogFile, openLogFile } from '../logFile';
import { findFreePort } from '../ports';
import { readIfThere } from '../secretFile';
import { waitUntil } from '../wait';
import { findBinaries, type PostgresBinaries } from './binaries';
import { type Cluster, openCluster } from './cluster';
import { endOrphans, endPostmaster } from './orphans';
import { chooseRunAs, type RunAs, spawnArguments } from './runAs';

const PORT_ATTEMPTS = 5;
/** Crash recovery may have gigabytes of log to go through. */
const READY_TIMEOUT_MS = 10 * 60_000;

/**
 * For one machine that stores codes in bulk: few checkpoints, room for some dozens of connections. Durability stays
 * as it is by default, that is full.
 */
const SERVER_SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '256MB',
  max_wal_size: '4GB',
  checkpoint_timeout: '15min',
  timezone: 'UTC',
  log_timezone: 'UTC',
} as const;

export interface PostgresOptions {
  /** The database lies in `<dataDir>/postgres`; made if it is not there. */
  dataDir: string;
  /** Told of steps that take long or are out of the ordinary. */
  log: (line: string) => void;
  /** Loopback port; a free one if it is left out. */
  port?: number | undefined;
}

export interface RunningPostgres {
  connectionString: string;
  port: number;
  /** Fulfilled when the server has ended, for whatever reason. */
  ended: Promise<void>;
  /** Ends the server; open transactions are rolled back. Fulfilled when it has ended. */
  stop(): Promise<void>;
}

/**
 * Starts the embedded Postgres on the loopback interface, in a process group of its own, so that Ctrl-C does not
 * reach it. A server that a killed process left behind on the same folder is ended first.
 * @throws FolderInUseError if another live process runs one on this folder.
 * @throws Error of one line if it cannot be made or started.
 */
export async function startPostgres({ dataDir, log, port }: PostgresOptions): Promise<RunningPostgres> {
  const lock = await lockFolder(dataDir, 'postgres');
  const home = realpathSync(dataDir);
  try {
    const binaries = findBinaries();
    const runAs = chooseRunAs(binaries, home);
    await endOrphans(join(home, 'postgres'), log);
    // A file left over may name a process id that something else has by now, and Postgres would refuse to start.
    rmSync(join(home, 'postgres', 'postmaster.pid'), { force: true });
    const cluster = openCluster(binaries, runAs, home, log);
    const server = await startServer({ binaries, runAs, home, cluster, log }, port);
    const ended = server.exited.then(() => lock.release());
    return {
      connectionString: `postgresql://postgres:${cluster.password}@127.0.0.1:${server.port}/postgres`,
      port: server.port,
      ended,
      stop: async () => {
        if (server.runs()) await endPostmaster(server.pid, server.runs);
        await ended;
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

interface Context {
  binaries: PostgresBinaries;
  runAs: RunAs;
  home: string;
  cluster: Cluster;
  log: (line: string) => void;
}

interface Server {
  pid: number;
  port: number;
  runs(): boolean;
  exited: Promise<void>;
}

/** Between finding a free port and listening on it another program can take it: then another port is tried. */
async function startServer(context: Context, wantedPort: number | undefined): Promise<Server> {
  for (let attempt = 1; ; attempt += 1) {
    const port = wantedPort ?? (await findFreePort());
    const output = openLogFile(context.home, 'postgres');
    try {
      const server = spawnServer(context, port, output);
      if (await isReady(server, context)) return server;
      const said = readFileSync(output.path).subarray(output.startBytes).toString();
      const lostPort = /could not bind|Address already in use/.test(said);
      if (!lostPort || wantedPort !== undefined || attempt === PORT_ATTEMPTS) {
        const reason = said.match(/FATAL: *(.*)/)?.[1] ?? said.trim().split('\n').at(-1) ?? '';
        throw new Error(`Postgres did not start: ${reason} (log: ${output.path})`);
      }
    } finally {
      closeSync(output.descriptor);
    }
  }
}

function spawnServer({ binaries, runAs, cluster }: Context, port: number, output: LogFile): Server {
  const settings = Object.entries({ ...SERVER_SETTINGS, port: String(port) });
  const [command, args, options] = spawnArguments(runAs, binaries.postgres, [
    '-D',
    cluster.folder,
    ...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ]);
  const child: ChildProcess = spawn(command, args, {
    ...options,
    detached: true,
    stdio: ['ignore', output.descriptor, output.descriptor],
  });
  child.unref();
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const runs = () => child.pid !== undefined && child.exitCode === null && child.signalCode === null;
  return { pid: child.pid ?? 0, port, runs, exited };
}

/** The server's own file says when it accepts connections: its eighth line. False if it has ended instead. */
async function isReady(server: Server, { cluster, log }: Context): Promise<boolean> {
  const file = join(cluster.folder, 'postmaster.pid');
  const accepts = () => {
    const lines = readIfThere(file)?.split('\n') ?? [];
    return Number(lines[0]) === server.pid && lines[7]?.trim() === 'ready';
  };
  const slowNotice = setTimeout(
    () => log('Postgres is recovering what an earlier run left unfinished'),
    5_000,
  );
  try {
    await waitUntil(() => !server.runs() || accepts(), READY_TIMEOUT_MS);
    if (server.runs() && accepts()) return true;
    if (server.runs()) await endPostmaster(server.pid, server.runs);
    return false;
  } finally {
    clearTimeout(slowNotice);
  }
}
