import { migrate } from '@codemint/db';
import { type OwnPostgres, startOwnPostgres } from '../../support/ownPostgres';
import { type KeptRedis, startKeptRedis } from '../../support/redis';
import { type Stack, startApps } from '../../support/stack';
import { startTcpProxy, type TcpProxy } from '../../support/tcpProxy';
import type { Queue } from './plan';

/** A way to a server, and the server at its end. */
export interface Reached<Server> {
  server: Server;
  way: TcpProxy;
}

/** Servers of its own, two APIs and three workers: all that a run does harm to. */
export interface Rig {
  database: Reached<OwnPostgres>;
  /** Undefined where the queue is in Postgres. */
  redis: Reached<KeptRedis> | undefined;
  stack: Stack;
  close(): Promise<void>;
}

const ENVIRONMENT = {
  // Many slices and chunks, so that there is always something that a fault can interrupt.
  CODEMINT_CHUNK_SIZE: '30',
  CODEMINT_SLICE_SIZE: '1000',
};

export async function openRig(queue: Queue): Promise<Rig> {
  const closings: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const one of closings.splice(0).reverse()) await one();
  };
  const reach = async <Server extends { stop(): Promise<void> }>(server: Server, url: string) => {
    closings.push(() => server.stop());
    const way = await startTcpProxy(url);
    closings.push(() => way.stop());
    return { server, way };
  };
  try {
    const postgres = await startOwnPostgres();
    const database = await reach(postgres, postgres.connectionString);
    await migrate(postgres.connectionString);
    const kept = queue === 'redis' ? await startKeptRedis() : undefined;
    const redis = kept && (await reach(kept, kept.url));
    const stack = await startApps({
      connectionString: database.way.url,
      ...(redis && { redisUrl: redis.way.url }),
      apis: 2,
      workers: 3,
      environment: ENVIRONMENT,
    });
    closings.push(() => stack.stop());
    return { database, redis, stack, close };
  } catch (error) {
    await close();
    throw error;
  }
}
