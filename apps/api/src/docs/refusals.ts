import {
  ConflictError,
  ForbiddenError,
  InvalidPayloadError,
  KeyReusedError,
  UnavailableError,
} from '@codemint/shared';
import { adisDialect } from '../adis/dialect';
import { AdiError, UnsupportedTypeError } from '../adis/errors';
import type { Dialect } from '../http/dialect';
import { InvalidCredentialsError, RouteNotFoundError, TooManyRequestsError } from '../http/errors';
import type { Access, RouteResponse } from '../http/route';

/** What every route may answer that asks for a token. */
const OF_TOKENS: Readonly<Record<number, RouteResponse>> = {
  400: { description: 'The request is wrong; two tokens are' },
  401: { description: 'There is no token, or it is not one of ours' },
  429: {
    description:
      'The token has more requests, jobs or codes than it may have, or the address too many wrong tokens: come back ' +
      'after `Retry-After` seconds',
  },
  500: { description: 'Nobody foresaw this; the log says more' },
  503: { description: 'The database is away for now' },
};

/** What a route may be refused with besides what it says itself. */
export function commonRefusals(path: string, access: Access): Readonly<Record<number, RouteResponse>> {
  if (access !== 'public') return OF_TOKENS;
  return path.includes('{') ? { 400: { description: 'The path has a broken percent escape' } } : {};
}

/** An error of each status, from which a dialect makes its own answer. */
function errorOf(status: number, dialect: Dialect): Error | undefined {
  switch (status) {
    case 400:
      return new InvalidPayloadError('"quantity" has to be a whole number');
    case 401:
      return new InvalidCredentialsError();
    case 403:
      return new ForbiddenError();
    case 404:
      return dialect === adisDialect
        ? new AdiError(80000020, 'ADI Order not found.')
        : new RouteNotFoundError('/r/tn.gg/unknown');
    case 409:
      return new ConflictError('A request with this Idempotency-Key is being served.');
    case 415:
      return new UnsupportedTypeError('The body has to be JSON: Content-Type application/json.');
    case 422:
      return new KeyReusedError('This Idempotency-Key came with another request before.');
    case 423:
      return new AdiError(80000130, 'The order is not completed yet.');
    case 429:
      return new TooManyRequestsError('Too many requests with this token. Try again later.');
    case 500:
      return new Error('Its message is for the log alone.');
    case 503:
      return new UnavailableError('The database is away for now.');
    default:
      return undefined;
  }
}

/** An answer of this status as callers see it; undefined for one that is no refusal. */
export function refusalExample(status: number, dialect: Dialect): object | undefined {
  const error = errorOf(status, dialect);
  return error && dialect.reply(error).body;
}
