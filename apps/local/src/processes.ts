import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface ProcessInfo {
  pid: number;
  /** Short name of the program, as the system keeps it. */
  name: string;
  args: string;
  /** Working folder; undefined where the system does not tell. */
  cwd: string | undefined;
}

/** The processes of this machine that this user may see. */
export function listProcesses(): ProcessInfo[] {
  return process.platform === 'linux' ? listProc() : listPs();
}

/** Sends a signal to a process that may have ended by now. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function listProc(): ProcessInfo[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => {
      const name = attempt(() => readFileSync(`/proc/${entry}/comm`, 'utf8').trim());
      const args = attempt(() => readFileSync(`/proc/${entry}/cmdline`, 'utf8').replaceAll('\0', ' ').trim());
      // A process that has ended meanwhile, or a zombie, has no arguments.
      if (name === undefined || !args) return [];
      return [{ pid: Number(entry), name, args, cwd: attempt(() => readlinkSync(`/proc/${entry}/cwd`)) }];
    });
}

function listPs(): ProcessInfo[] {
  return execFileSync('ps', ['-axww', '-o', 'pid=,args='], { encoding: 'utf8' })
    .split('\n')
    .flatMap((line) => {
      const match = /^\s*(\d+)\s+((\S+).*)$/.exec(line);
      if (match?.[2] === undefined || match[3] === undefined) return [];
      const name = match[3].split('/').at(-1) ?? '';
      return [{ pid: Number(match[1]), name: name.replace(/:$/, ''), args: match[2], cwd: undefined }];
    });
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
