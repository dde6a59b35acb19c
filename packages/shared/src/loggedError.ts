/** An error as pino serializes it, before it is cut down. */
interface SerializedError {
  type: string;
  message: string;
  stack: string;
  code?: unknown;
}

/**
 * What a log tells of an error: what it is, what it says, and where it came up, those of its causes included. Whatever
 * else it carries stays out: errors of Postgres have rows and SQL in their fields, those of Redis the command, with its
 * password where that was one. To be wrapped by pino's `wrapErrorSerializer`, of every logger.
 */
export function loggedError({ type, message, stack, code }: SerializedError): SerializedError {
  return { type, message, stack, code };
}
