import { createServer, type Server } from 'node:http';
import type { WorkerContext } from './context';

/**
 * Two answers for an orchestrator: `/live`, that this process's event loop turns, and `/ready`, that it reaches
 * database and queue. Neither needs a token: they tell nothing else.
 */
export function startHealthServer(context: WorkerContext, port: number, host: string): Promise<Server> {
  const server = createServer((request, response) => {
    const answer = (status: number, text: string) =>
      response.writeHead(status, { 'content-type': 'text/plain' }).end(text);
    if (request.url === '/live') return answer(200, 'live');
    if (request.url !== '/ready') return answer(404, 'not found');
    return Promise.all([context.database.pool.query('SELECT 1'), context.queue.ping()]).then(
      () => answer(200, 'ready'),
      (error: Error) => answer(503, `not ready: ${error.message}`),
    );
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}
