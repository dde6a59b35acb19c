import { UnavailableError } from '@codemint/shared';

/**
 * Lets work of this process that wants the same thing take turns. The database's own locks stay what makes it right;
 * but whoever waits for them holds a connection, and a few dozen requests for one product would hold all of them.
 */
export class Turns {
  /** By name what the next comer waits for. */
  readonly #last = new Map<string, Promise<void>>();

  constructor(private readonly limitMs: number) {}

  /**
   * Runs the work when it is its turn for each of the names.
   * @param names in an order that is the same for all
   * @throws UnavailableError when it has waited for one longer than the limit
   */
  async take<Result>(names: readonly string[], work: () => Promise<Result>): Promise<Result> {
    const releases: (() => void)[] = [];
    try {
      for (const name of new Set(names)) releases.push(await this.#enter(name));
      return await work();
    } finally {
      for (const release of releases) release();
    }
  }

  async #enter(name: string): Promise<() => void> {
    const before = this.#last.get(name);
    let release: () => void = () => undefined;
    const mine = new Promise<void>((resolve) => {
      release = resolve;
    });
    const last = (before ?? Promise.resolve()).then(() => mine);
    this.#last.set(name, last);
    void last.then(() => {
      if (this.#last.get(name) === last) this.#last.delete(name);
    });
    if (before === undefined || (await this.#isOver(before))) return release;
    // Those behind wait for the one before all the same.
    release();
    throw new UnavailableError(`${name} has been busy for ${this.limitMs} ms`);
  }

  async #isOver(before: Promise<void>): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), this.limitMs);
    });
    try {
      return await Promise.race([before.then(() => true), limit]);
    } finally {
      clearTimeout(timer);
    }
  }
}
