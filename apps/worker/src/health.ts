import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { WorkerContext } from './context';

/**
 * Two answers for an orchestrator: `/live`, that this process's event loop turns, and `/ready`, that it takes work
 * and reaches database and queue. `/metrics` tells Prometheus what there is to measure. None needs a token: the port is
 * for the inside.
 * @param isWorking false as long as the worker waits for its database to be migrated
 * @returns undefined without a WORKER_HEALTH_PORT
 */
export async function startHealthServer(
  context: WorkerContext,
  isWorking: () => boolean,
): Promise<Server | undefined> {
  const { WORKER_HEALTH_PORT: port, HOST: host } = context.settings;
  if (port === undefined) return undefined;
  const { registry } = context.metrics;
  const server = createServer(async (request, response) => {
    const answer = (status: number, text: string, contentType = 'text/plain') =>
      response.writeHead(status, { 'content-type': contentType }).end(text);
    if (request.url === '/live') return answer(200, 'live');
    if (request.url === '/metrics') return answer(200, await registry.metrics(), registry.contentType);
    if (request.url !== '/ready') return answer(404, 'not found');
    const obstacle = isWorking() ? await findObstacle(context) : 'waits for the database';
    return obstacle === undefined ? answer(200, 'ready') : answer(503, `not ready: ${obstacle}`);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  context.log.info({ port: (server.address() as AddressInfo).port }, 'health checks are answered');
  return server;
}

async function findObstacle({ database, queue }: WorkerContext): Promise<string | undefined> {
  try {
    await Promise.all([database.pool.query('SELECT 1'), queue.ping()]);
    return queue.isSilent ? 'jobs wait in the queue but this worker gets none' : undefined;
  } catch (error) {
    return (error as Error).message || 'the database cannot be reached';
  }
}
