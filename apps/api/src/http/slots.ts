import { TooManyRequestsError } from './errors';

/** Lets only so many of something run at a time; whoever comes besides is sent away. */
export class Slots {
  #free: number;

  constructor(count: number) {
    this.#free = count;
  }

  /** @throws TooManyRequestsError when all are taken */
  async use<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#free === 0) throw new TooManyRequestsError('Too many of these are under way. Try again later.');
    this.#free--;
    try {
      return await work();
    } finally {
      this.#free++;
    }
  }
}

/** Slots of which each key has as many. */
export class SlotsByKey {
  readonly #taken = new Map<string, number>();

  constructor(private readonly count: number) {}

  /** @throws TooManyRequestsError when the key has taken all of its own */
  async use<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    const taken = this.#taken.get(key) ?? 0;
    if (taken >= this.count) {
      throw new TooManyRequestsError(
        `A token may have ${this.count} requests under way at once, and this one has them: wait for some to end.`,
      );
    }
    this.#taken.set(key, taken + 1);
    try {
      return await work();
    } finally {
      const left = (this.#taken.get(key) ?? 1) - 1;
      if (left === 0) this.#taken.delete(key);
      else this.#taken.set(key, left);
    }
  }
}
