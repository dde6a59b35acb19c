import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 20;

/**
 * Asks again and again until there is an answer other than undefined and false.
 * @throws Error that names `what` when there is none after `limitMs`
 */
export async function until<Answer>(
  what: string,
  limitMs: number,
  ask: () => Answer | Promise<Answer>,
  pollMs = POLL_MS,
): Promise<Exclude<Answer, undefined | false>> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer as Exclude<Answer, undefined | false>;
    if (Date.now() > deadline) throw new Error(`${what}: not so after ${limitMs} ms`);
    await sleep(pollMs);
  }
}
