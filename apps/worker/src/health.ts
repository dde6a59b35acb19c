import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { WorkerContext } from './context';

/**
 * Two answers for an orchestrator: `/live`, that this process's event loop turns, and `/ready`, that it takes work
 * and reaches database and queue. Neither needs a token: they tell nothing else.
 * @param isWorking false as long as the worker waits for its database to be migrated
 * @returns undefined without a WORKER_HEALTH_PORT
 */
export async function startHealthServer(
  context: WorkerContext,
  isWorking: () => boolean,
): Promise<Server | undefined> {
  const { WORKER_HEALTH_PORT: port, HOST: host } = context.settings;
  if (port === undefined) return undefined;
  const server = createServer(async (request, response) => {
    const answer = (status: number, text: string) =>
      response.writeHead(status, { 'content-type': 'text/plain' }).end(text);
    if (request.url === '/live') return answer(200, 'live');
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
    return undefined;
  } catch (error) {
    return (error as Error).message || 'the database cannot be reached';
  }
}
