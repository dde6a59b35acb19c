import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { keepSecret, readIfThere } from '../secretFile';
import type { PostgresBinaries } from './binaries';
import { giveFolder, type RunAs, spawnArguments } from './runAs';

export interface Cluster {
  folder: string;
  password: string;
}

/**
 * The database files in `<dataDir>/postgres` and their password, made if they are not there.
 * @throws Error of one line if they cannot be made, or the password of existing ones is lost.
 */
export function openCluster(
  binaries: PostgresBinaries,
  runAs: RunAs,
  dataDir: string,
  log: (line: string) => void,
): Cluster {
  const folder = join(dataDir, 'postgres');
  const passwordFile = join(dataDir, 'postgres-password');
  const exists = existsSync(folder);
  if (exists && readIfThere(passwordFile) === undefined) {
    throw new Error(`The password of the database in ${folder} is missing: ${passwordFile} is not there.`);
  }
  // Hexadecimal, so that it needs no escaping in a connection string.
  const password = keepSecret(passwordFile, () => randomBytes(24).toString('hex'));
  if (exists) giveFolder(folder, runAs);
  else {
    log('Making the database');
    if (runAs.uid !== undefined) chownSync(passwordFile, runAs.uid, runAs.gid ?? 0);
    initialise(binaries, runAs, folder, passwordFile);
  }
  return { folder, password };
}

/** Made under another name first: what bears the final name is whole. */
function initialise(binaries: PostgresBinaries, runAs: RunAs, folder: string, passwordFile: string): void {
  const unfinished = `${folder}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { mode: 0o700 });
  giveFolder(unfinished, runAs);
  const [command, args, options] = spawnArguments(runAs, binaries.initdb, [
    `--pgdata=${unfinished}`,
    '--username=postgres',
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--no-instructions',
  ]);
  const { status, stderr, error } = spawnSync(command, args, { ...options, encoding: 'utf8' });
  if (status !== 0) {
    const reason = stderr?.match(/error: (.*)/)?.[1] ?? stderr?.trim().split('\n').at(-1) ?? error?.message;
    throw new Error(`The database could not be made in ${folder}: ${reason}`);
  }
  renameSync(unfinished, folder);
}
