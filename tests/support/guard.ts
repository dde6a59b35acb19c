import { type ChildProcess, spawn } from 'node:child_process';

/** Its standard input ends with the process that holds the other end, however that one ended. */
const PROGRAM = `
let pids = '';
process.on('SIGINT', () => {});
process.stdin.setEncoding('utf8');
process.stdin.on('data', (text) => { pids += text; });
process.stdin.on('end', () => {
  for (const pid of pids.split('\\n').filter(Boolean)) {
    try { process.kill(Number(pid), 'SIGKILL'); } catch {}
  }
});`;

/**
 * Kills processes when this one ends before it has stopped them, even by SIGKILL. Jest's test files have no `exit`
 * event of their own that could do it.
 */
export class Guard {
  readonly #child: ChildProcess;

  constructor() {
    this.#child = spawn(process.execPath, ['-e', PROGRAM], { stdio: ['pipe', 'ignore', 'ignore'] });
    this.#child.unref();
  }

  watch(pid: number): void {
    this.#child.stdin?.write(`${pid}\n`);
  }

  /** All that was watched has ended. */
  dismiss(): void {
    this.#child.kill('SIGKILL');
  }
}
