import type { Client } from '../connection/database';

/**
 * Claims the next round of a task that all workers share: of any number that ask, one may do it. Whoever dies in it
 * costs one interval. The database's clock counts.
 * @param task any name, the same for all
 * @param everyMs a round is due so long after the one before was claimed
 * @returns whether the round is the caller's
 */
export async function claimRound(client: Client, task: string, everyMs: number): Promise<boolean> {
  // A clock that was put back must not stop all rounds until it has caught up.
  const isRecent = (lastRun: string) =>
    `${lastRun} BETWEEN now() - $2 * interval '1 millisecond' AND now() + $2 * interval '1 millisecond'`;
  const { rowCount } = await client.query({
    name: 'claim-round',
    // Looks before it inserts: most of the time nothing is due, and then nothing is written or locked.
    text: `INSERT INTO schedule AS s (task, last_run)
           SELECT $1, now() WHERE NOT EXISTS (SELECT 1 FROM schedule WHERE task = $1 AND ${isRecent('last_run')})
               ON CONFLICT (task) DO UPDATE SET last_run = excluded.last_run WHERE NOT ${isRecent('s.last_run')}`,
    values: [task, everyMs],
  });
  return rowCount === 1;
}
