import { createHash } from 'node:crypto';
import { mkdirSync, realpathSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder that another live process has taken. */
export class FolderInUseError extends Error {
  override readonly name = 'FolderInUseError';
}

export interface FolderLock {
  release(): Promise<void>;
}

/**
 * Takes a folder for one use by this process; the folder is made (mode 0700) if it is not there.
 *
 * The lock is a local socket named after the folder. The system closes it when its process ends in whatever way, so
 * unlike a file with a process id it cannot go stale.
 * @throws FolderInUseError if another live process holds it.
 */
export async function lockFolder(folder: string, use: 'stack' | 'postgres'): Promise<FolderLock> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const digest = createHash('sha256').update(realpathSync(folder)).digest('hex').slice(0, 32);
  const server = await listen(socketPath(`codemint-${use}-${digest}`));
  if (server === undefined) {
    throw new FolderInUseError(`The data folder ${folder} is in use by another running process.`);
  }
  server.unref();
  return { release: () => new Promise((resolve) => server.close(() => resolve())) };
}

/** Linux has socket names without a file, Windows has pipes; elsewhere the socket is a file, which may be left over. */
function socketPath(name: string): string {
  if (process.platform === 'linux') return `\0${name}`;
  if (process.platform === 'win32') return `\\\\.\\pipe\\${name}`;
  return join(tmpdir(), name);
}

async function listen(path: string): Promise<Server | undefined> {
  const server = await tryToListen(path);
  if (server !== undefined || process.platform === 'linux' || process.platform === 'win32') return server;
  if (await answers(path)) return undefined;
  rmSync(path, { force: true });
  return tryToListen(path);
}

function tryToListen(path: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    server.listen(path, () => resolve(server));
  });
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
