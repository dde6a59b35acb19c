import { isHome, retiredKeys, schemaState } from '@codemint/db';
import type { ApiContext } from '../context';

type Status = 'ok' | 'warn' | 'error';

/** How the service is: `error` when it cannot serve, `warn` when it serves but something is amiss. */
export interface Health {
  status: Status;
  checks: {
    database: { status: Status };
    /** `newer`, and `warn`, while a release is rolled out: each works with the schema of the next one. */
    schema: { status: Status; state: 'current' | 'older' | 'newer' | 'unknown' };
    /** `warn` while all master keys that are there are retired: nothing new can be made. */
    keys: { status: Status };
    /** `warn` where the database was restored, promoted or copied: nothing is given out before `after-restore`. */
    installation: { status: Status };
    /** Without it jobs are accepted and run later. */
    queue: { status: Status; backend: 'redis' | 'postgres' };
    /** Of the slice that has waited longest for a worker; null if none waits. */
    oldestWaitingSlice: { ageSeconds: number | null };
  };
}

/** A database that hangs must not hang the check. */
const LIMIT_MS = 2_000;

const SCHEMA_STATUS = { current: 'ok', newer: 'warn', older: 'error', unknown: 'error' } as const;

/** Looks at everything the service needs; takes no longer than a few seconds. */
export async function checkHealth(context: ApiContext): Promise<Health> {
  const [oldest, state, hasKey, isAtHome, isQueueThere] = await Promise.all([
    orUndefined(oldestWaitingSeconds(context)),
    orUndefined(schemaState(context.database.pool)),
    orUndefined(hasKeyForNew(context)),
    orUndefined(isHome(context.database.pool)),
    orUndefined(context.queue.ping().then(() => true)),
  ]);
  const database = oldest === undefined ? 'error' : 'ok';
  const schema = SCHEMA_STATUS[state ?? 'unknown'];
  const keys = hasKey === false ? 'warn' : 'ok';
  const installation = isAtHome === false ? 'warn' : 'ok';
  const queue = isQueueThere ? 'ok' : 'warn';
  return {
    status: worstOf(database, schema, keys, installation, queue),
    checks: {
      database: { status: database },
      schema: { status: schema, state: state ?? 'unknown' },
      keys: { status: keys },
      installation: { status: installation },
      queue: { status: queue, backend: context.queue.kind },
      oldestWaitingSlice: { ageSeconds: oldest ?? null },
    },
  };
}

function worstOf(...found: Status[]): Status {
  return (['error', 'warn'] as const).find((status) => found.includes(status)) ?? 'ok';
}

async function hasKeyForNew({ database, ring }: ApiContext): Promise<boolean> {
  return ring.newestVersion(await retiredKeys(database.pool)) !== undefined;
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
