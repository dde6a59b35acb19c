import { listProcesses, signal } from '../processes';
import { waitUntil } from '../wait';

const FAST_SHUTDOWN_MS = 30_000;
const IMMEDIATE_SHUTDOWN_MS = 10_000;

/**
 * Ends the servers, and processes of servers, that still run on a folder of database files after their starter was
 * killed. Only for whoever holds the folder's lock: any such process then has no owner.
 */
export async function endOrphans(folder: string, log: (line: string) => void): Promise<void> {
  const orphans = findOrphans(folder);
  if (orphans.length === 0) return;
  log('Ending a Postgres that an earlier run left behind');
  for (const { pid } of orphans.filter(({ isPostmaster }) => isPostmaster)) {
    await endPostmaster(pid, () => findOrphans(folder).some((orphan) => orphan.pid === pid));
  }
  // Backends whose postmaster was killed end by themselves unless they are deep in a query.
  for (const { pid } of findOrphans(folder)) signal(pid, 'SIGQUIT');
  if (await waitUntil(() => findOrphans(folder).length === 0, IMMEDIATE_SHUTDOWN_MS)) return;
  for (const { pid } of findOrphans(folder)) signal(pid, 'SIGKILL');
  await waitUntil(() => findOrphans(folder).length === 0, IMMEDIATE_SHUTDOWN_MS);
}

/** Fast shutdown (open transactions are rolled back), then an immediate one, from which the next start recovers. */
export async function endPostmaster(pid: number, runs: () => boolean): Promise<void> {
  signal(pid, 'SIGINT');
  if (await waitUntil(() => !runs(), FAST_SHUTDOWN_MS)) return;
  signal(pid, 'SIGQUIT');
  if (await waitUntil(() => !runs(), IMMEDIATE_SHUTDOWN_MS)) return;
  signal(pid, 'SIGKILL');
  await waitUntil(() => !runs(), IMMEDIATE_SHUTDOWN_MS);
}

/** A postmaster has the folder in its arguments; its backends rename themselves but work in that folder. */
function findOrphans(folder: string): { pid: number; isPostmaster: boolean }[] {
  return listProcesses()
    .filter(({ name }) => name === 'postgres')
    .map(({ pid, args, cwd }) => ({ pid, cwd, isPostmaster: args.includes(` -D ${folder} `) }))
    .filter(({ cwd, isPostmaster }) => isPostmaster || cwd === folder);
}
