import type { Server, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/** So long a connection may still bring the request that its client was about to send. */
const LAST_REQUESTS_MS = 1_000;

/**
 * Prepares a server to end without breaking a connection on which somebody asks. To be called before it listens.
 * @returns ends it: answers say from now on that theirs is the last of their connection; after a moment nothing new is
 *   accepted and idle connections are closed; what still runs is waited for, and cut off after `limitMs`
 */
export function prepareEnd(server: Server): (limitMs: number) => Promise<void> {
  const answering = new Set<ServerResponse>();
  let isEnding = false;
  const isLast = (response: ServerResponse) => {
    if (!response.headersSent) response.setHeader('connection', 'close');
    // Of a download that had begun before the client still believes that it may go on.
    else response.once('close', () => setImmediate(() => server.closeIdleConnections()));
  };
  server.prependListener('request', (_request, response) => {
    answering.add(response);
    response.once('close', () => answering.delete(response));
    if (isEnding) isLast(response);
  });
  return async (limitMs) => {
    isEnding = true;
    for (const response of answering) isLast(response);
    if (await hasConnections(server)) await delay(LAST_REQUESTS_MS);
    const limit = setTimeout(() => server.closeAllConnections(), limitMs);
    await new Promise((resolve) => server.close(resolve));
    clearTimeout(limit);
  };
}

function hasConnections(server: Server): Promise<boolean> {
  return new Promise((resolve) =>
    server.getConnections((error, count) => resolve(error === null && count > 0)),
  );
}
