import { startContainers, whyNoContainers } from './containers';
import { createTestDatabase } from './postgres';
import { startRedis, whyNoRedis } from './redis';

/** Where a stack under test keeps its data and its queue. */
export interface Backend {
  /** Of a migrated database. */
  connectionString: string;
  /** Without it the queue is in Postgres. */
  redisUrl?: string;
  stop(): Promise<void>;
}

interface BackendKind {
  name: string;
  whyNot(): string | undefined;
  start(): Promise<Backend>;
}

/** What a machine has that has nothing: no Redis. */
export const POSTGRES: BackendKind = {
  name: 'embedded Postgres alone',
  whyNot: () => undefined,
  async start() {
    const { connectionString, drop } = await createTestDatabase();
    return { connectionString, stop: drop };
  },
};

const REDIS: BackendKind = {
  name: 'embedded Postgres and Redis',
  whyNot: whyNoRedis,
  async start() {
    const [database, redis] = await Promise.all([createTestDatabase(), startRedis()]);
    const stop = async () => void (await Promise.all([database.drop(), redis.stop()]));
    return { connectionString: database.connectionString, redisUrl: redis.url, stop };
  },
};

const CONTAINERS: BackendKind = {
  name: 'containers of Postgres and Redis',
  whyNot: whyNoContainers,
  start: startContainers,
};

/** Both ways to keep the queue, on servers of this machine. */
export const LOCAL_BACKENDS = [POSTGRES, REDIS];

export const ALL_BACKENDS = [...LOCAL_BACKENDS, CONTAINERS];

/** Declares the same tests on each kind of backend; where one cannot run, its tests are skipped and the reason is told. */
export function describeBackends(
  what: string,
  kinds: readonly BackendKind[],
  declare: (start: () => Promise<Backend>) => void,
): void {
  for (const { name, whyNot, start } of kinds) {
    const reason = whyNot();
    if (reason === undefined) {
      describe(`${what} on ${name}`, () => declare(start));
    } else {
      process.stderr.write(`skipped: ${what} on ${name}: ${reason}\n`);
      describe.skip(`${what} on ${name} (${reason})`, () => declare(start));
    }
  }
}
