import { isDatabaseAway, sqlState } from '@codemint/db';
import { UnrecoverableError } from '@codemint/queue';
import { CodemintError, PoolKeyError } from '@codemint/shared';
import type { Logger } from 'pino';

/**
 * Data that Postgres does not take (22), a rule that it breaks (null, reference, check), too much of it (54): the same
 * again would end the same. A broken uniqueness is not among them, since two at once can cause it.
 */
const REFUSED_STATES = /^(22...|2350[23]|23514|54...)$/;

/** Work of the queue that may fail, and what becomes of it then. */
interface Attempt<Result> {
  /** For the message: what could not be done, and where. */
  what: string;
  /** The id by which `codemint retry` finds it: of a job, an order or an event. */
  owner: string;
  isLastTry: boolean;
  work(): Promise<Result>;
  /** Writes down that it failed once and for all. */
  fail(message: string): Promise<void>;
}

/**
 * Why work failed that no further try mends, in words that callers may read: what the database says in full is for
 * the log. Undefined for what may pass.
 *
 * A key that is missing or wrong may be there in another worker, as while a new version is being rolled out: until the
 * last try that counts as passing. So does what nobody foresaw; an outage counts as passing for ever.
 */
export function finalReason(error: unknown, isLastTry: boolean): string | undefined {
  if (isDatabaseAway(error)) return undefined;
  if (error instanceof PoolKeyError && !isLastTry) return undefined;
  if (error instanceof CodemintError) return error.message;
  const state = sqlState(error) ?? '';
  if (REFUSED_STATES.test(state))
    return `The database refuses it (SQLSTATE ${state}); a worker's log says more.`;
  return isLastTry
    ? "It failed again and again for an unforeseen reason; a worker's log says more."
    : undefined;
}

/**
 * Does work of the queue. What fails and cannot pass is written down, once and for all, with what an operator can do.
 * @throws UnrecoverableError then; any other error as it is, for another try
 */
export async function endingInFailure<Result>(
  log: Logger,
  { what, owner, isLastTry, work, fail }: Attempt<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const reason = finalReason(error, isLastTry);
    const said = { reason: (error as Error).message };
    if (reason === undefined) {
      if (!isDatabaseAway(error)) log.warn(said, 'this try has failed, there will be another');
      throw error;
    }
    log.error({ ...said, err: error }, 'this cannot be done');
    await fail(`${what}: ${reason} ${adviceFor(owner)}`);
    throw new UnrecoverableError((error as Error).message);
  }
}

/** @param owner id of a job, an order or an event */
export function adviceFor(owner: string): string {
  return `Once that is mended, "codemint retry ${owner}" goes on with it.`;
}
