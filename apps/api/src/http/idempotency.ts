import {
  type Caller,
  type Database,
  findKept,
  type KeyedRequest,
  keepAnswer,
  keyedRequest,
} from '@codemint/db';
import { InvalidPayloadError } from '@codemint/shared';
import type { Request } from 'express';
import { z } from 'zod';
import { type Answer, json, type RouteResponse } from './route';

const PRINTABLE = /^[\x20-\x7e]{1,255}$/;

/** For the description of routes that serve a repeated request once. */
export const idempotencyHeaders = z.object({
  'Idempotency-Key': z.string().min(1).max(255).optional().meta({
    description:
      'A name of your own for this request, 1 to 255 printable characters. Sent again within 24 hours with the same body it makes nothing and gives the first answer.',
  }),
});

export const keyRefusals: Readonly<Record<number, RouteResponse>> = {
  409: { description: 'A request with this Idempotency-Key is being served' },
  422: { description: 'This Idempotency-Key came with another request before' },
};

/**
 * The request with its `Idempotency-Key`, undefined if it has none. Keys are an account's, or a user's without one.
 * @param endpoint method and path
 * @throws InvalidPayloadError for what cannot be a key
 */
export function keyedBy(
  http: Request,
  { accountId, userId }: Caller,
  endpoint: string,
  body: unknown,
): KeyedRequest | undefined {
  const key = http.get('idempotency-key');
  if (key === undefined) return undefined;
  if (PRINTABLE.test(key)) return keyedRequest(accountId ?? userId, key, endpoint, body);
  throw new InvalidPayloadError('The header Idempotency-Key has to have 1 to 255 printable ASCII characters');
}

/** How a request is served. */
export interface Serving {
  /** Does what is asked for; of a keyed request it keeps the ids, in its transaction, by `makeOnce`. */
  make(): Promise<string[]>;
  /** The answer's body, from the ids of what was made. */
  answer(made: readonly string[]): Promise<unknown>;
  /** 200 unless said otherwise. */
  status?: number;
  /** Besides the body, from the ids of what was made. */
  headers?(made: readonly string[]): Record<string, string>;
}

/**
 * Serves a request, and one with a key only once: repeated it gets the first answer, composed again from what was
 * made if the first time the process was killed in between. What was refused has made nothing and is tried afresh.
 * @throws KeyReusedError, ConflictError
 */
export async function answerOnce(
  { pool }: Database,
  keyed: KeyedRequest | undefined,
  { make, answer, status = 200, headers = () => ({}) }: Serving,
): Promise<Answer> {
  const before = keyed && (await findKept(pool, keyed));
  const made = before?.made ?? (await make());
  const body =
    keyed === undefined
      ? await answer(made)
      : JSON.parse(before?.answer ?? (await keepAnswer(pool, keyed, JSON.stringify(await answer(made)))));
  const replayed: Record<string, string> = before === undefined ? {} : { 'idempotency-replayed': 'true' };
  return json(body, status, { ...headers(made), ...replayed });
}
