import { type Client, countPoints } from '@codemint/db';

export interface CountRules {
  /** What is counted; no two counts have the same. */
  name: string;
  limit: number;
  windowMs: number;
  /** How long from the moment the limit is reached; if absent, until the window ends. */
  blockMs?: number;
}

/** Who is blocked here is kept for so many; of more the one blocked first is asked for in the database again. */
const MOST_KEPT = 10_000;

/**
 * Counts by key what must not be too much, over all processes of the API. Counting asks the database. Whether a key is
 * blocked is known from memory alone, so it costs nothing to ask; each process learns it when it counts the key itself.
 */
export class SharedCount {
  /** By key until when, in terms of `performance.now()`. */
  readonly #blocked = new Map<string, number>();

  constructor(
    private readonly client: Client,
    private readonly rules: CountRules,
  ) {}

  /** How long a key is blocked as far as this process knows; 0 if it is not. */
  waitSeconds(key: string): number {
    const untilMs = this.#blocked.get(key);
    if (untilMs === undefined) return 0;
    const leftMs = untilMs - performance.now();
    if (leftMs > 0) return Math.ceil(leftMs / 1_000);
    this.#blocked.delete(key);
    return 0;
  }

  /**
   * Counts points; with 0 it asks only.
   * @returns how long the key is blocked for what came before these points; 0 if they may still be answered
   */
  async count(key: string, points: number): Promise<number> {
    const { name, ...rules } = this.rules;
    const askedMs = performance.now();
    const { before, leftMs } = await countPoints(this.client, { key: `${name} ${key}`, points, ...rules });
    if (before + points < rules.limit) return 0;
    this.#block(key, askedMs + leftMs);
    return before < rules.limit ? 0 : Math.max(1, this.waitSeconds(key));
  }

  #block(key: string, untilMs: number): void {
    this.#blocked.set(key, untilMs);
    if (this.#blocked.size <= MOST_KEPT) return;
    const oldest = this.#blocked.keys().next();
    if (!oldest.done) this.#blocked.delete(oldest.value);
  }
}
