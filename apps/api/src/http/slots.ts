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
