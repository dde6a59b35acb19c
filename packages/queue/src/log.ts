import { isNativeError } from 'node:util/types';

/** What the queue has to say, in the shape of pino's methods. */
export interface QueueLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/**
 * Tells of an outage once when it begins and once when it ends, however many commands fail in between: a client
 * that reconnects ten times a second would bury everything else.
 */
export class OutageLog {
  #away = false;

  constructor(
    private readonly log: QueueLog,
    private readonly backend: string,
  ) {}

  began(error: unknown): void {
    if (this.#away) return;
    this.#away = true;
    this.log.warn({ backend: this.backend, reason: reasonOf(error) }, 'the queue is away');
  }

  ended(): void {
    if (!this.#away) return;
    this.#away = false;
    this.log.info({ backend: this.backend }, 'the queue is back');
  }
}

/** One line that says why; the message of an AggregateError (several addresses of one host) is empty. */
export function reasonOf(error: unknown): string {
  if (!isNativeError(error)) return String(error);
  if ('errors' in error && Array.isArray(error.errors)) return error.errors.map(reasonOf).join('; ');
  return error.message;
}
