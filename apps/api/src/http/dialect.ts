import type { Request, RequestHandler, Response } from 'express';
import type { z } from 'zod';

/** What a caller is told when something went wrong. */
export interface ErrorReply {
  status: number;
  body: object;
  retryAfterSeconds?: number;
  /** Not the caller's doing: an operator has to hear of it. */
  isInternal?: boolean;
}

/** How a family of routes is spoken to. */
export interface Dialect {
  /** In which ways a token may come, by their names in the API's description. */
  readonly security: readonly string[];
  /** The caller's token, undefined if there is none. @throws CodemintError for a request that has two */
  tokenOf(request: Request): string | undefined;
  /** The body of a request that may have one; not yet checked. @throws what `reply` knows */
  readBody(request: Request, response: Response): Promise<unknown>;
  /** What a caller is told of an error: the one place where errors become answers. */
  reply(error: unknown): ErrorReply;
  /** Of the bodies that `reply` makes, for the API's description. */
  readonly errorSchema: z.ZodType;
}

export const RETRY_AFTER_SECONDS = 5;

/** Fulfilled when the middleware has passed the request on. */
export function run(middleware: RequestHandler, http: Request, response: Response): Promise<void> {
  return new Promise((resolve, reject) => {
    void middleware(http, response, (error?: unknown) => (error ? reject(error) : resolve()));
  });
}
