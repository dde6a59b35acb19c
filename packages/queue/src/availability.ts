import { isNativeError } from 'node:util/types';
import { UnavailableError } from '@codemint/shared';
import { ConnectionClosedError } from 'bullmq';
import { reasonOf } from './log';

/**
 * The outcome of `work`, waited for at most `limitMs`. `work` itself is not stopped by the limit: it may still
 * happen later.
 * @throws UnavailableError when `work` fails or takes longer; `what` begins its message.
 */
export async function available<T>(what: string, limitMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new UnavailableError(`${what}: no answer within ${limitMs} ms`)),
      limitMs,
    );
  });
  try {
    return await Promise.race([work, limit]);
  } catch (error) {
    if (error instanceof UnavailableError) throw error;
    throw new UnavailableError(`${what}: ${reasonOf(error)}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Waits for the backend's first answer. A queue may be opened while its backend is away; what needs the backend
 * waits here until it has been reached once.
 */
export class Gate {
  /** Resolves when the gate opens, rejects when it is closed before. */
  readonly opened: Promise<void>;
  #isOpen = false;
  readonly #waiting = new Set<() => void>();
  #resolve: () => void = () => undefined;
  #reject: (error: Error) => void = () => undefined;

  constructor() {
    this.opened = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.opened.catch(() => undefined);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  open(): void {
    this.#isOpen = true;
    this.#resolve();
    for (const proceed of this.#waiting) proceed();
  }

  close(): void {
    this.#reject(new ConnectionClosedError());
  }

  /** Resolves when the gate is open or the limit has passed; leaves nothing behind that would pile up. */
  async wait(limitMs: number): Promise<void> {
    if (this.#isOpen) return;
    await new Promise<void>((resolve) => {
      const proceed = () => {
        clearTimeout(timer);
        this.#waiting.delete(proceed);
        resolve();
      };
      const timer = setTimeout(proceed, limitMs);
      this.#waiting.add(proceed);
    });
  }
}

/** Classes of SQLSTATE that say the server, not the statement, is the trouble: connection, resources, shutdown. */
const SERVER_AWAY = /^(08|53|57P)/;
const SYSTEM_ERROR = /^E[A-Z_]+$/;
const DRIVER_MESSAGES =
  /connection (is closed|terminated|error)|closed the connection|isn't writeable|not queryable|max retries|timed out|timeout|calling end on the pool/i;

/** Whether an error of BullMQ, ioredis or pg means that the backend could not be reached. */
export function isConnectionLoss(error: unknown): boolean {
  if (error instanceof ConnectionClosedError) return true;
  if (!isNativeError(error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  if (code !== undefined) return SERVER_AWAY.test(code) || SYSTEM_ERROR.test(code);
  return DRIVER_MESSAGES.test(error.message);
}
