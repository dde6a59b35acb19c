import { schemaState } from '@codemint/db';
import type { ApiContext } from '../context';

type Status = 'ok' | 'warn' | 'error';

/** How the service is: `error` when it cannot serve, `warn` when it serves but something is amiss. */
export interface Health {
  status: Status;
  checks: {
    database: { status: Status };
    schema: { status: Status; state: 'current' | 'older' | 'newer' | 'unknown' };
    /** Without it jobs are accepted and run later. */
    queue: { status: Status; backend: 'redis' | 'postgres' };
    /** Of the slice that has waited longest for a worker; null if none waits. */
    oldestWaitingSlice: { ageSeconds: number | null };
  };
}

/** A database that hangs must not hang the check. */
const LIMIT_MS = 2_000;

/** Looks at everything the service needs; takes no longer than a few seconds. */
export async function checkHealth(context: ApiContext): Promise<Health> {
  const [oldest, state, isQueueThere] = await Promise.all([
    orUndefined(oldestWaitingSeconds(context)),
    orUndefined(schemaState(context.database.pool)),
    orUndefined(context.queue.ping().then(() => true)),
  ]);
  const database = oldest === undefined ? 'error' : 'ok';
  const schema = state === 'current' ? 'ok' : 'error';
  const queue = isQueueThere ? 'ok' : 'warn';
  const isServing = database === 'ok' && schema === 'ok';
  return {
    status: isServing ? queue : 'error',
    checks: {
      database: { status: database },
      schema: { status: schema, state: state ?? 'unknown' },
      queue: { status: queue, backend: context.queue.kind },
      oldestWaitingSlice: { ageSeconds: oldest ?? null },
    },
  };
}

async function oldestWaitingSeconds({ database }: ApiContext): Promise<number | null> {
  const { rows } = await database.pool.query<{ age: number | null }>(
    `SELECT extract(epoch FROM now() - min(b.date_created))::float8 AS age
       FROM slice s JOIN batch b ON b.id = s.batch_id
      WHERE s.state = 'open' AND s.progress = 0 AND b.status IN ('new', 'in_progress')`,
  );
  const age = rows[0]?.age ?? null;
  return age === null ? null : Math.max(0, Math.round(age * 10) / 10);
}

async function orUndefined<Result>(work: Promise<Result>): Promise<Result | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), LIMIT_MS);
  });
  try {
    return await Promise.race([work, limit]);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
