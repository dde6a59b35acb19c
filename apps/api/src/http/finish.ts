import type { ErrorRequestHandler, RequestHandler } from 'express';
import type { Dialect } from './dialect';
import { RouteNotFoundError } from './errors';

/** Behind all routes: what came this far is served by none. */
export const refuseUnknownRoute: RequestHandler = (request) => {
  throw new RouteNotFoundError(request.originalUrl.replace(/\?.*$/s, ''));
};

/** Behind everything: errors become answers in the dialect's envelope. */
export function answerErrors(dialect: Dialect): ErrorRequestHandler {
  // Express knows a handler of errors by its four parameters.
  return (error, request, response, _next) => {
    const reply = dialect.reply(error);
    if (reply.isInternal || response.headersSent) request.log.error({ err: error }, 'request failed');
    // Something else has answered, as whoever watches for bodies that hardly come.
    if (response.writableEnded) return;
    // Half an answer is out: the connection has to break, or the caller takes it for a whole one.
    if (response.headersSent) return void request.socket.destroy();
    if (reply.retryAfterSeconds) response.setHeader('retry-after', String(reply.retryAfterSeconds));
    response.status(reply.status).json(reply.body);
  };
}
