import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';

/**
 * Does something again and again until it is stopped, whatever comes of a round.
 * @param name for the log
 * @param pauseMs between the end of a round and the next
 * @param round is told by the signal when it should come to its end
 * @returns stops it and waits for a round under way
 */
export function startRounds(
  log: Logger,
  name: string,
  pauseMs: number,
  round: (signal: AbortSignal) => Promise<void>,
): () => Promise<void> {
  const stopping = new AbortController();
  const { signal } = stopping;
  const running = (async () => {
    let isFailing = false;
    while (!signal.aborted) {
      try {
        await round(signal);
        isFailing = false;
      } catch (error) {
        // Once an outage, not once a round.
        if (!isFailing) log.warn({ reason: (error as Error).message }, `${name} failed, will go on trying`);
        isFailing = true;
      }
      await delay(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  })();
  return async () => {
    stopping.abort();
    await running;
  };
}
