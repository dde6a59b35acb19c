import { setTimeout as delay } from 'node:timers/promises';
import { types } from 'node:util';
import { UnavailableError } from '@codemint/shared';
import type { Pool, PoolClient } from 'pg';
import { type Actor, sayActor } from '../audit/actor';

const RETRIES = 3;
const DEADLOCK_DETECTED = '40P01';
const SERIALIZATION_FAILURE = '40001';

/**
 * Runs `work` in one transaction: commits what it did, or nothing at all. A deadlock is tried again (the victim
 * has changed nothing), so `work` may run more than once.
 * @param actor who does it, for the audit log; undefined where nobody does: the service by itself
 * @throws what `work` throws; also when `work` passes over a statement that failed, since nothing is committed then
 */
export function inTransaction<Result>(
  pool: Pool,
  work: (client: PoolClient) => Promise<Result>,
  actor?: Actor,
): Promise<Result> {
  return withRetries(async () => {
    const client = await pool.connect();
    let broken: Error | undefined;
    try {
      return await runOnce(client, work, actor, (error) => {
        broken = error;
      });
    } finally {
      client.release(broken);
    }
  });
}

/** As inTransaction, on a connection that the caller holds and throws away when a later statement fails. */
export function inTransactionOn<Result>(
  client: PoolClient,
  work: () => Promise<Result>,
  actor?: Actor,
): Promise<Result> {
  return withRetries(() => runOnce(client, work, actor, () => undefined));
}

async function withRetries<Result>(attempt: () => Promise<Result>): Promise<Result> {
  for (let retry = 0; ; retry++) {
    try {
      return await attempt();
    } catch (error) {
      const code = sqlState(error);
      if (retry === RETRIES || (code !== DEADLOCK_DETECTED && code !== SERIALIZATION_FAILURE)) throw error;
      await delay(Math.random() * 20 * (retry + 1));
    }
  }
}

/** @param onBroken told when the connection cannot even roll back; the server rolls back when it goes */
async function runOnce<Result>(
  client: PoolClient,
  work: (client: PoolClient) => Promise<Result>,
  actor: Actor | undefined,
  onBroken: (error: Error) => void,
): Promise<Result> {
  try {
    await client.query(actor === undefined ? 'BEGIN' : `BEGIN; ${sayActor(actor)}`);
    const result = await work(client);
    const { command } = await client.query('COMMIT');
    if (command !== 'COMMIT') throw new Error('A failed statement was passed over: nothing is committed.');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch(onBroken);
    throw error;
  }
}

/** The five-character SQLSTATE of an error from Postgres, if it is one. */
export function sqlState(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

const NETWORK_CODES = new Set([
  'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH',
]); // biome-ignore format: one line a layer reads best
/**
 * Connection exceptions (08), deadlocks and serialisation failures (40) after all retries, out of connections, memory
 * or disk (53), a lock or a statement that took too long (55P03, 57014), shutting down or starting up (57P01 to 57P03), a
 * standby that only reads (25006).
 */
const AWAY_STATES = /^(08...|40001|40P01|53...|55P03|57014|57P0[123]|25006)$/;
const CONNECTION_MESSAGES =
  /^(Connection terminated|Query read timeout|timeout exceeded when trying to connect|Client has encountered a connection error|Cannot use a pool after)/;

/** What Prisma's adapter makes of errors of the network, which then have no code any more. */
const AWAY_KINDS = new Set(['DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout']);

/** Where errors of Node, pg and Prisma say what happened. */
interface Tells {
  code?: unknown;
  /** Of an AggregateError: one for each address of a host. */
  errors?: readonly unknown[];
  meta?: { driverAdapterError?: { cause?: { kind?: string; originalCode?: string } } };
}

/** Whether an error means that Postgres is away or too busy for now: the same call may pass later. */
export function isDatabaseAway(error: unknown): boolean {
  if (error instanceof UnavailableError) return true;
  // Errors of Node itself are not instances of the Error of every realm.
  if (!types.isNativeError(error)) return false;
  const { code, errors, meta } = error as Error & Tells;
  const { kind = '', originalCode } = meta?.driverAdapterError?.cause ?? {};
  return (
    isAwayCode(code) ||
    isAwayCode(originalCode) ||
    AWAY_KINDS.has(kind) ||
    CONNECTION_MESSAGES.test(error.message) ||
    (errors ?? []).some(isDatabaseAway) ||
    isDatabaseAway(error.cause)
  );
}

function isAwayCode(code: unknown): boolean {
  return typeof code === 'string' && (AWAY_STATES.test(code) || NETWORK_CODES.has(code));
}
