import { spawnSync } from 'node:child_process';
import { migrate } from '@codemint/db';
import { PostgreSqlContainer } from '@testcontainers/postgresql';
import { RedisContainer } from '@testcontainers/redis';
import { Wait } from 'testcontainers';

export interface Containers {
  connectionString: string;
  redisUrl: string;
  stop(): Promise<void>;
}

const PING = `
const url = new URL(process.argv[1]);
const socket = url.protocol === 'unix:' ? { socketPath: url.pathname } : { host: url.hostname, port: url.port };
require('node:http')
  .get({ ...socket, path: '/_ping' }, ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1))
  .on('error', () => process.exit(1));`;
const PING_LIMIT_MS = 5_000;

/**
 * Written once by the server that makes the database and once by the one that stays. Not the health check that
 * testcontainers would wait for: podman runs none without systemd.
 */
const READY = /database system is ready to accept connections/;

/** Why tests with containers cannot run here, or undefined if they can. */
export function whyNoContainers(): string | undefined {
  const engine = process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock';
  const { status } = spawnSync(process.execPath, ['-e', PING, engine], { timeout: PING_LIMIT_MS });
  return status === 0 ? undefined : `no Docker engine answers at ${engine}`;
}

/** Postgres, migrated, and Redis, each in a container of its own. */
export async function startContainers(): Promise<Containers> {
  const [postgres, redis] = await Promise.all([
    new PostgreSqlContainer('postgres:16-alpine').withWaitStrategy(Wait.forLogMessage(READY, 2)).start(),
    // Without a password Redis refuses other machines unless it is told not to.
    new RedisContainer('redis:7-alpine').withPassword('of-a-test').start(),
  ]);
  const stop = async () => void (await Promise.all([postgres.stop(), redis.stop()]));
  try {
    const connectionString = postgres.getConnectionUri();
    await migrate(connectionString);
    return { connectionString, redisUrl: redis.getConnectionUrl(), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
