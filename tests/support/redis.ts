import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';

export interface TestRedis {
  url: string;
  /** Ends the server, as an administrator would. */
  stop(): Promise<void>;
  /** Ends it at once; nothing it held is kept. */
  kill(): Promise<void>;
  /** Starts it again, empty, at the same address. */
  restart(): Promise<void>;
  /** The server stands still with its connections open, until `thaw`. */
  freeze(): void;
  thaw(): void;
}

/** Why tests with Redis cannot run here, or undefined if they can. */
export function whyNoRedis(): string | undefined {
  const { status } = spawnSync('redis-server', ['--version'], { stdio: 'ignore' });
  return status === 0 ? undefined : 'redis-server is not installed';
}

/** A Redis of its own on a free loopback port, without anything on disk; ends with this process. */
export async function startRedis(...settings: string[]): Promise<TestRedis> {
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  let server = await startServer(port, settings);
  const end = async (signal: NodeJS.Signals) => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill(signal);
    await ended;
  };
  const killWithUs = () => server.kill('SIGKILL');
  process.once('exit', killWithUs);
  return {
    url,
    stop: async () => {
      process.off('exit', killWithUs);
      server.kill('SIGCONT');
      await end('SIGTERM');
    },
    kill: () => end('SIGKILL'),
    restart: async () => {
      server = await startServer(port, settings);
    },
    freeze: () => server.kill('SIGSTOP'),
    thaw: () => server.kill('SIGCONT'),
  };
}

/** As `TestRedis`, with its data on disk: killed and started again it has them, unless they were removed meanwhile. */
export interface KeptRedis extends TestRedis {
  /** Only while it does not run. */
  removeData(): void;
}

/** A Redis that writes down each command before it answers, in a temporary folder; not for the loss of the machine. */
export async function startKeptRedis(): Promise<KeptRedis> {
  const folder = mkdtempSync(join(tmpdir(), 'codemint-redis-'));
  const data = join(folder, 'appendonlydir');
  const redis = await startRedis('--appendonly', 'yes', '--appendfsync', 'no', '--dir', folder);
  return {
    ...redis,
    removeData: () => rmSync(data, { recursive: true, force: true }),
    stop: async () => {
      await redis.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function startServer(port: number, settings: string[]): Promise<ChildProcess> {
  const address = ['--bind', '127.0.0.1', '--port', String(port)];
  const nothingOnDisk = ['--save', '', '--appendonly', 'no', '--dir', tmpdir()];
  const server = spawn('redis-server', [...address, ...nothingOnDisk, ...settings], { stdio: 'ignore' });
  const client = new Redis({ host: '127.0.0.1', port, retryStrategy: () => 20, maxRetriesPerRequest: 250 });
  client.on('error', () => undefined);
  try {
    await client.ping();
    return server;
  } catch (error) {
    server.kill('SIGKILL');
    throw error;
  } finally {
    client.disconnect();
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
