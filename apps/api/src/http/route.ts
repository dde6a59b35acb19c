import type { Caller } from '@codemint/db';
import type { Request, Response } from 'express';
import type { z } from 'zod';
import type { ApiContext } from '../context';
import type { Dialect } from './dialect';

/** `search` is Directus's way to send a long query in a body; OpenAPI 3.1 has no place for it. */
export type Method = 'get' | 'post' | 'patch' | 'delete' | 'search';

/**
 * Who may call: everybody, who holds a token (401 without), who holds one and may write (403 for a reader), or who
 * holds one and asks for a collection (403 that names it without).
 */
export type Access = 'public' | 'token' | 'writer' | { readonly collection: string };

type CallerOf<A extends Access> = A extends 'public' ? undefined : Caller;
type Parsed<T extends z.ZodType | undefined> = T extends z.ZodType ? z.output<T> : undefined;

/** A request that has passed the checks of its route. */
export interface RouteRequest<
  P extends z.ZodType | undefined = z.ZodType | undefined,
  Q extends z.ZodType | undefined = z.ZodType | undefined,
  B extends z.ZodType | undefined = z.ZodType | undefined,
  A extends Access = Access,
> {
  readonly params: Parsed<P>;
  readonly query: Parsed<Q>;
  readonly body: Parsed<B>;
  readonly caller: CallerOf<A>;
  /** For headers, logging (`http.log`) and handlers that write the answer themselves. */
  readonly http: Request;
  readonly response: Response;
}

/** What a handler answers. `written`: it has written to `response` itself. */
export type Answer =
  | {
      readonly kind: 'json';
      readonly status: number;
      readonly body: unknown;
      readonly headers?: Record<string, string>;
    }
  | { readonly kind: 'text'; readonly status: number; readonly body: string }
  | { readonly kind: 'empty'; readonly status: number }
  | { readonly kind: 'written' };

export const json = (body: unknown, status = 200, headers: Record<string, string> = {}): Answer => ({
  kind: 'json',
  status,
  body,
  headers,
});
export const text = (body: string): Answer => ({ kind: 'text', status: 200, body });
export const noContent: Answer = { kind: 'empty', status: 204 };
export const written: Answer = { kind: 'written' };

/** One possible answer, for the API's description. */
export interface RouteResponse {
  readonly description: string;
  readonly schema?: z.ZodType;
  /** `application/json` unless said otherwise. */
  readonly contentType?: string;
  /** Content types of files that may be answered instead, as the request asks for them. */
  readonly files?: readonly string[];
  /** Instead of the one that goes with the status. */
  readonly example?: unknown;
}

/** One route: the app and the API's description are both made from this. */
export interface Route<
  P extends z.ZodObject | undefined = z.ZodObject | undefined,
  Q extends z.ZodObject | undefined = z.ZodObject | undefined,
  B extends z.ZodType | undefined = z.ZodType | undefined,
  A extends Access = Access,
> {
  readonly method: Method;
  /** As in OpenAPI: `/items/product/{id}`. A parameter is one path segment and arrives decoded. */
  readonly path: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly access: A;
  /** That of the items unless said otherwise. */
  readonly dialect?: Dialect;
  readonly request?: {
    readonly params?: P;
    readonly query?: Q;
    readonly body?: B;
    /** What the description shows of the body where the handler checks it by rules of its own. */
    readonly describedBody?: z.ZodType;
    /** Content types of a body that the handler reads as it comes in. */
    readonly streamedBody?: readonly string[];
    /** Headers that the handler looks at, for the description. */
    readonly headers?: z.ZodObject;
  };
  readonly responses: Readonly<Record<number, RouteResponse>>;
  handler(context: ApiContext, request: RouteRequest<P, Q, B, A>): Answer | Promise<Answer>;
}

/** Checks a route's types and forgets them, so that routes can stand in one list. */
export function defineRoute<
  P extends z.ZodObject | undefined = undefined,
  Q extends z.ZodObject | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
  const A extends Access = Access,
>(route: Route<P, Q, B, A>): Route {
  return route as unknown as Route;
}
