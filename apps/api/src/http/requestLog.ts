import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { loggedError } from '@codemint/shared';
import type { RequestHandler } from 'express';
import type { Logger } from 'pino';
import { pinoHttp } from 'pino-http';

const SANE_REQUEST_ID = /^[\w.:-]{1,64}$/;

/**
 * One line a request, with an id that the caller may give as `x-request-id` and that each answer carries. Headers
 * are left out, and a token or a link's signature in the query is blotted out: a secret never gets into the log.
 */
export function requestLog(log: Logger): RequestHandler {
  return pinoHttp<IncomingMessage, ServerResponse>({
    logger: log,
    genReqId(request, response) {
      const given = request.headers['x-request-id'];
      const id = typeof given === 'string' && SANE_REQUEST_ID.test(given) ? given : randomUUID();
      response.setHeader('x-request-id', id);
      return id;
    },
    customLogLevel: (_request, response, error) =>
      error !== undefined || response.statusCode >= 500 ? 'error' : 'info',
    // Request lines of errors are those of all others; the error itself has a line of its own.
    customErrorObject: (_request, _response, _error, value: object) => ({ ...value, err: undefined }),
    customErrorMessage: () => 'request failed',
    serializers: {
      err: loggedError,
      req: (request: { id: string; method: string; url: string; remoteAddress?: string }) => ({
        id: request.id,
        method: request.method,
        url: withoutSecrets(request.url),
        remoteAddress: request.remoteAddress,
      }),
      res: (response: { statusCode: number }) => ({ statusCode: response.statusCode }),
    },
  });
}

/** The parameter may be percent-encoded in part: its name is compared decoded. */
function withoutSecrets(url: string): string {
  const [path, query] = splitOnce(url, '?');
  if (query === undefined) return url;
  return `${path}?${query.split('&').map(blot).join('&')}`;
}

function blot(pair: string): string {
  const [name, value] = splitOnce(pair, '=');
  return value !== undefined && /access_token|signature/i.test(decodeLoosely(name)) ? `${name}=***` : pair;
}

function decodeLoosely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
