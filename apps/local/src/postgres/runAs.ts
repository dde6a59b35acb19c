import { type SpawnOptions, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, lchownSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { PostgresBinaries } from './binaries';

/** How to run a program of Postgres, which refuses to run as root. */
export interface RunAs {
  /** Words that come before the program. */
  prefix: string[];
  /** User and group of the process; undefined: those of this process. */
  uid: number | undefined;
  gid: number | undefined;
}

const AS_IS: RunAs = { prefix: [], uid: undefined, gid: undefined };

/** To itself the process is user 1000, to the file system it is still root: it reaches folders of mode 0700. */
const AS_MAPPED_USER: RunAs = {
  prefix: ['unshare', '--user', '--map-user=1000', '--map-group=1000'],
  uid: undefined,
  gid: undefined,
};

/**
 * Chooses how Postgres can run here: as this process does, or if that is root, as another user who can reach both
 * the programs and the data folder.
 * @throws Error of one line if there is no way.
 */
export function chooseRunAs(binaries: PostgresBinaries, dataDir: string): RunAs {
  if (process.getuid?.() !== 0) return AS_IS;
  if (works(AS_MAPPED_USER, binaries, dataDir)) return AS_MAPPED_USER;
  const mode = statSync(dataDir).mode;
  // Others may pass through to the database's folder; what lies beside it has mode 0600.
  chmodSync(dataDir, mode | 0o111);
  const found = unprivilegedUsers(binaries).find((user) => works(user, binaries, dataDir));
  if (found !== undefined) return found;
  chmodSync(dataDir, mode);
  throw new Error(
    `Postgres does not run as root, and no other user can be used for ${dataDir}: ` +
      'start as an ordinary user, or set DATABASE_URL to a Postgres server.',
  );
}

/** The program and the options to spawn it with; nothing of this process's environment reaches it but PATH. */
export function spawnArguments(
  runAs: RunAs,
  program: string,
  args: string[],
): [command: string, args: string[], options: SpawnOptions] {
  const [command = program, ...rest] = [...runAs.prefix, program, ...args];
  const env = { PATH: process.env.PATH, LC_ALL: 'C' };
  const { uid, gid } = runAs;
  // A user who may not enter the working folder could not even start there.
  return [command, rest, { cwd: '/', env, ...(uid === undefined ? {} : { uid, gid }) }];
}

/** Gives a folder and all that is in it to the user who runs Postgres. */
export function giveFolder(folder: string, runAs: RunAs): void {
  if (process.getuid?.() !== 0) return;
  const { uid = 0, gid = 0 } = runAs;
  if (statSync(folder).uid === uid) return;
  for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    lchownSync(join(folder, entry), uid, gid);
  }
  // The folder itself last: its owner says that all of it is done.
  chownSync(folder, uid, gid);
}

function works(runAs: RunAs, binaries: PostgresBinaries, dataDir: string): boolean {
  const script = 'cd "$1" && exec "$2" --version';
  const [command, args, options] = spawnArguments(runAs, '/bin/sh', [
    '-c',
    script,
    'sh',
    dataDir,
    binaries.postgres,
  ]);
  return spawnSync(command, args, { ...options, stdio: 'ignore' }).status === 0;
}

/** Whoever owns the programs, then the users that systems keep for such uses. */
function unprivilegedUsers(binaries: PostgresBinaries): RunAs[] {
  const owner = statSync(binaries.postgres);
  const users = [{ uid: owner.uid, gid: owner.gid }];
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  for (const name of ['postgres', 'nobody']) {
    const account = accounts.find((fields) => fields[0] === name);
    if (account !== undefined) users.push({ uid: Number(account[2]), gid: Number(account[3]) });
  }
  return users.filter(({ uid }) => uid !== 0).map((user) => ({ prefix: [], ...user }));
}
