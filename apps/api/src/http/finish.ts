import type { ErrorRequestHandler, RequestHandler } from 'express';
import { errorAnswer } from './envelope';
import { RouteNotFoundError } from './errors';

/** Behind all routes: what came this far is served by none. */
export const refuseUnknownRoute: RequestHandler = (request) => {
  throw new RouteNotFoundError(request.path);
};

/** Behind everything: errors become answers in the envelope. */
export const answerError: ErrorRequestHandler = (error, request, response, next) => {
  const answer = errorAnswer(error);
  if (answer.isInternal) request.log.error({ err: error }, 'request failed');
  // Half an answer is out: the connection has to break, or the caller takes it for a whole one.
  if (response.headersSent) return next(error);
  if (answer.retryAfterSeconds) response.setHeader('retry-after', String(answer.retryAfterSeconds));
  response.status(answer.status).json({ errors: answer.errors });
};
