import { sqlState } from '@codemint/db';
import { UnrecoverableError } from '@codemint/queue';
import { CodemintError, UnavailableError } from '@codemint/shared';
import type { Logger } from 'pino';

/**
 * Data that Postgres does not take (22), a rule that it breaks (null, reference, check), too much of it (54): the same
 * again would end the same. A broken uniqueness is not among them, since two at once can cause it.
 */
const REFUSED_STATES = /^(22...|2350[23]|23514|54...)$/;

/**
 * Why work failed that no retry mends, in words for the operator; undefined for what may pass, be it an outage or
 * something unforeseen.
 */
function finalReason(error: unknown): string | undefined {
  if (error instanceof CodemintError) return error instanceof UnavailableError ? undefined : error.message;
  if (!REFUSED_STATES.test(sqlState(error) ?? '')) return undefined;
  return `The database does not take this: ${(error as Error).message}`;
}

/**
 * Does work of the queue. What fails and cannot pass is written down by `fail`, once and for all.
 * @throws UnrecoverableError then; any other error as it is, for another try
 */
export async function endingInFailure<Result>(
  log: Logger,
  work: () => Promise<Result>,
  fail: (reason: string) => Promise<void>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const reason = finalReason(error);
    if (reason === undefined) throw error;
    log.error({ reason }, 'this cannot be done, now or later');
    await fail(reason);
    throw new UnrecoverableError(reason);
  }
}
