import { setTimeout as sleep } from 'node:timers/promises';
import { backOffMs } from './backOff';
import { type PostgresOptions, type RunningPostgres, startPostgres } from './postgres/start';

export interface Database {
  connectionString: string;
  stop(): Promise<void>;
}

/** Starts the embedded Postgres and, should it end by itself, starts it again on the same port. */
export async function keepDatabase(options: PostgresOptions): Promise<Database> {
  const first = await startPostgres(options);
  let current = first;
  const stopping = new AbortController();
  const watch = async () => {
    for (;;) {
      await current.ended;
      if (stopping.signal.aborted) return;
      options.log('Postgres has ended; starting it again.');
      const next = await restart({ ...options, port: first.port }, stopping.signal);
      if (next === undefined) return;
      current = next;
    }
  };
  const watching = watch();
  return {
    connectionString: first.connectionString,
    stop: async () => {
      stopping.abort();
      await current.stop();
      await watching;
    },
  };
}

/** Undefined if it is to stop before it has started. */
async function restart(options: PostgresOptions, stop: AbortSignal): Promise<RunningPostgres | undefined> {
  for (let failures = 0; !stop.aborted; failures += 1) {
    await sleep(backOffMs(failures), undefined, { signal: stop }).catch(() => {});
    if (stop.aborted) return undefined;
    try {
      const server = await startPostgres(options);
      if (!stop.aborted) return server;
      await server.stop();
    } catch (error) {
      options.log((error as Error).message);
    }
  }
  return undefined;
}
