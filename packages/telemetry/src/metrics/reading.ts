/**
 * Something that is read elsewhere and looked at by many: read at most once in `keptMs`, by one reader at a time, and
 * waited for no longer than `limitMs`. A reading that takes longer is there for whoever asks next.
 */
export class Reading<Value> {
  #kept: { value: Value; readAt: number } | undefined;
  #running: Promise<Value | undefined> | undefined;

  constructor(
    private readonly read: () => Promise<Value>,
    private readonly limits: { keptMs: number; limitMs: number },
  ) {}

  /** Undefined when it cannot be read in time. */
  async get(): Promise<Value | undefined> {
    if (this.#kept !== undefined && performance.now() - this.#kept.readAt < this.limits.keptMs) {
      return this.#kept.value;
    }
    this.#running ??= this.#readOnce();
    return within(this.limits.limitMs, this.#running);
  }

  async #readOnce(): Promise<Value | undefined> {
    try {
      const value = await this.read();
      this.#kept = { value, readAt: performance.now() };
      return value;
    } catch {
      // Whoever looks sees that there is none; the outage itself is told elsewhere.
      return undefined;
    } finally {
      this.#running = undefined;
    }
  }
}

async function within<Value>(limitMs: number, work: Promise<Value>): Promise<Value | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), limitMs);
  });
  const value = await Promise.race([work, limit]);
  clearTimeout(timer);
  return value;
}
