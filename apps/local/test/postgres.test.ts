import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FolderInUseError, type RunningPostgres, startPostgres } from '../src';
import { listProcesses } from '../src/processes';
import { waitUntil } from '../src/wait';

const TIMEOUT_MS = 60_000;
const STARTER = `
  const { startPostgres } = require(${JSON.stringify(join(__dirname, '..', 'dist'))});
  startPostgres({ dataDir: process.argv[1], log: () => {} }).then(({ port }) => {
    console.log(port);
    setInterval(() => {}, 1000);
  });
`;

let dataDir: string;
let running: RunningPostgres[];

beforeEach(() => {
  // mkdtemp makes it with mode 0700: other users cannot pass.
  dataDir = realpathSync(mkdtempSync(join(tmpdir(), 'codemint-postgres-')));
  running = [];
});

afterEach(async () => {
  await Promise.all(running.map((server) => server.stop()));
  rmSync(dataDir, { recursive: true, force: true });
});

async function start(log: (line: string) => void = () => {}, port?: number): Promise<RunningPostgres> {
  const server = await startPostgres({ dataDir, log, port });
  running.push(server);
  return server;
}

/** Starts the server out of another process, which can then be killed. */
async function startElsewhere(): Promise<{ starter: ChildProcess; port: number }> {
  const starter = spawn(process.execPath, ['-e', STARTER, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(starter.stdout as NodeJS.ReadableStream, 'data');
  return { starter, port: Number(String(line)) };
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

/** The server's answer to a request for encryption: a "N" is enough to know that it is Postgres and listens. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1', () => {
      socket.write(Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]));
    });
    socket.once('error', () => resolve(false));
    socket.once('data', (data) => {
      socket.destroy();
      resolve(data.toString() === 'N');
    });
  });
}

function postmasterPid(): number {
  return Number(readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]);
}

function serverProcesses(): number[] {
  const folder = join(dataDir, 'postgres');
  return listProcesses()
    .filter(({ args, cwd }) => cwd === folder || args.includes(folder))
    .map(({ pid }) => pid);
}

test(
  'makes the database once, starts it again, and stop leaves no process',
  async () => {
    const lines: string[] = [];
    const first = await start((line) => lines.push(line));
    expect(await answers(first.port)).toBe(true);
    expect(statSync(join(dataDir, 'postgres-password')).mode & 0o777).toBe(0o600);
    await first.stop();
    expect(serverProcesses()).toEqual([]);

    const second = await start((line) => lines.push(line));
    expect(lines).toEqual(['Making the database']);
    expect(new URL(second.connectionString).password).toBe(new URL(first.connectionString).password);
  },
  TIMEOUT_MS,
);

test(
  'starts again on the port it is given',
  async () => {
    const first = await start();
    await first.stop();
    const second = await start(undefined, first.port);
    expect(second.connectionString).toBe(first.connectionString);
    expect(await answers(first.port)).toBe(true);
  },
  TIMEOUT_MS,
);

test(
  'refuses a folder that another process uses, and takes it over with its server once that was killed',
  async () => {
    const { starter, port } = await startElsewhere();
    await expect(start()).rejects.toThrow(FolderInUseError);
    await kill(starter);
    expect(await answers(port)).toBe(true);

    const lines: string[] = [];
    await start((line) => lines.push(line));
    expect(lines).toEqual(['Ending a Postgres that an earlier run left behind']);
    expect(await answers(port)).toBe(false);
  },
  TIMEOUT_MS,
);

test(
  'recovers after the postmaster was killed',
  async () => {
    const first = await start();
    process.kill(postmasterPid(), 'SIGKILL');
    await first.ended;
    const second = await start();
    expect(await answers(second.port)).toBe(true);
    const log = readFileSync(join(dataDir, 'logs', 'postgres.log'), 'utf8');
    expect(log).toContain('automatic recovery in progress');
  },
  TIMEOUT_MS,
);

test(
  'starts though the file of an earlier run names a process id that something else has by now',
  async () => {
    const first = await start();
    const pidFile = join(dataDir, 'postgres', 'postmaster.pid');
    const content = readFileSync(pidFile, 'utf8');
    await first.stop();
    writeFileSync(pidFile, content.replace(/^\d+/, String(process.pid)));
    const second = await start();
    expect(await answers(second.port)).toBe(true);
  },
  TIMEOUT_MS,
);

test(
  'says in one line what keeps it from starting',
  async () => {
    const first = await start();
    const other = realpathSync(mkdtempSync(join(tmpdir(), 'codemint-postgres-')));
    try {
      await expect(startPostgres({ dataDir: other, log: () => {}, port: first.port })).rejects.toThrow(
        /^Postgres did not start: could not .*\(log: .*postgres\.log\)$/,
      );
      rmSync(join(other, 'postgres-password'));
      await expect(startPostgres({ dataDir: other, log: () => {} })).rejects.toThrow(
        /password .* is missing/,
      );
    } finally {
      rmSync(other, { recursive: true, force: true });
    }
  },
  TIMEOUT_MS,
);

test(
  'two run side by side',
  async () => {
    const first = await start();
    const other = realpathSync(mkdtempSync(join(tmpdir(), 'codemint-postgres-')));
    const second = await startPostgres({ dataDir: other, log: () => {} });
    running.push(second);
    expect(second.port).not.toBe(first.port);
    await first.stop();
    expect(await answers(second.port)).toBe(true);
    expect(await waitUntil(() => serverProcesses().length === 0, 1000)).toBe(true);
    await second.stop();
    rmSync(other, { recursive: true, force: true });
  },
  TIMEOUT_MS,
);
