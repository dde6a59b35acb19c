import { ConflictError, KeyReusedError } from '@codemint/shared';
import type { PoolClient } from 'pg';
import type { Client } from '../connection/database';
import type { KeyedRequest } from './keyedRequest';

/** What a request with a key did when it came first. */
export interface KeptRequest {
  /** Ids of what it made. */
  readonly made: string[];
  /** Body of its answer, JSON; null if it was never composed, as when the process was killed just then. */
  readonly answer: string | null;
}

/** How long a key is kept. */
const LIFETIME = `interval '24 hours'`;
/** Expired keys removed with each new one: more than come in. */
const REMOVED_AT_ONCE = 100;

/**
 * What the request did when it came before; undefined if it did not, or more than 24 hours ago.
 * @throws KeyReusedError when another request had the key
 */
export async function findKept(client: Client, request: KeyedRequest): Promise<KeptRequest | undefined> {
  const { rows } = await client.query<KeptRequest & { fingerprint: Buffer }>(
    `SELECT fingerprint, made, answer FROM idempotency_key
      WHERE owner = $1 AND key = $2 AND date_created > now() - ${LIFETIME}`,
    [request.owner, request.key],
  );
  const row = rows[0];
  if (row === undefined) return undefined;
  if (row.fingerprint.equals(request.fingerprint)) return { made: row.made, answer: row.answer };
  throw new KeyReusedError(
    'This Idempotency-Key came with another request before: use a new one for a new request.',
  );
}

/**
 * To be called first in the transaction that serves a request: lets one of several at once pass.
 * @returns what the request did when it came before; undefined if it is to be served, and then `keepMade` called
 * @throws ConflictError while the same key is being served, KeyReusedError
 */
export async function claimKey(client: PoolClient, request: KeyedRequest): Promise<KeptRequest | undefined> {
  const { rows } = await client.query<{ free: boolean }>(
    'SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS free',
    [`idempotency ${request.owner} ${request.key}`],
  );
  if (!rows[0]?.free) {
    throw new ConflictError(
      'A request with this Idempotency-Key is being served: try again when it is done.',
    );
  }
  // A statement of its own: it sees what the holder of the lock before has committed.
  return findKept(client, request);
}

/** Keeps what a request has made, in the transaction that made it: neither is there without the other. */
export async function keepMade(
  client: PoolClient,
  request: KeyedRequest,
  made: readonly string[],
): Promise<void> {
  await client.query(
    `DELETE FROM idempotency_key WHERE (owner, key) IN (
       SELECT owner, key FROM idempotency_key WHERE date_created <= now() - ${LIFETIME}
        ORDER BY date_created LIMIT ${REMOVED_AT_ONCE} FOR UPDATE SKIP LOCKED)`,
  );
  await client.query(
    `INSERT INTO idempotency_key (owner, key, fingerprint, made) VALUES ($1, $2, $3, $4)
         ON CONFLICT (owner, key) DO UPDATE
        SET fingerprint = excluded.fingerprint, made = excluded.made, answer = NULL, date_created = now()`,
    [request.owner, request.key, request.fingerprint, made],
  );
}

/**
 * Makes what a request asks for, in its transaction; of a request with a key only once.
 * @param ids of what `make` makes
 * @returns the ids of what the request has made, now or when it came before: then `result` is undefined
 * @throws ConflictError while the same key is being served, KeyReusedError
 */
export async function makeOnce<Result>(
  client: PoolClient,
  keyed: KeyedRequest | undefined,
  ids: string[],
  make: () => Promise<Result>,
): Promise<{ ids: string[]; result: Result | undefined }> {
  const before = keyed && (await claimKey(client, keyed));
  if (before !== undefined) return { ids: before.made, result: undefined };
  const result = await make();
  if (keyed !== undefined) await keepMade(client, keyed, ids);
  return { ids, result };
}

/**
 * Keeps the answer to a request that has been served.
 * @returns the answer that counts: of several at once the first
 */
export async function keepAnswer(client: Client, request: KeyedRequest, answer: string): Promise<string> {
  const { rows } = await client.query<{ answer: string }>(
    `UPDATE idempotency_key SET answer = coalesce(answer, $3) WHERE owner = $1 AND key = $2 AND fingerprint = $4
     RETURNING answer`,
    [request.owner, request.key, answer, request.fingerprint],
  );
  return rows[0]?.answer ?? answer;
}
