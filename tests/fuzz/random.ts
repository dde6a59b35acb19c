/** Random choices that are the same for the same seed on every machine. */
export class Random {
  #state: number;

  /** @param seeds whole numbers; all of them count */
  constructor(...seeds: readonly number[]) {
    this.#state = seeds.reduce((state, seed) => mix(state ^ mix(seed)), 0x9e37_79b9);
  }

  /** From 0 up to 1, never 1 (the generator "mulberry32"). */
  fraction(): number {
    this.#state = (this.#state + 0x6d2b_79f5) | 0;
    return mix(this.#state) / 2 ** 32;
  }

  /** Whole numbers from `low` to `high`, both included. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.fraction() * (high - low + 1));
  }

  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  pick<T>(choices: readonly T[]): T {
    if (choices.length === 0) throw new Error('There is nothing to choose from');
    return choices[this.integer(0, choices.length - 1)] as T;
  }

  /** Each of them or not, in their order. */
  some<T>(choices: readonly T[], probability: number): T[] {
    return choices.filter(() => this.chance(probability));
  }

  /** As many as `low` to `high` times what `make` makes. */
  list<T>(low: number, high: number, make: (index: number) => T): T[] {
    return Array.from({ length: this.integer(low, high) }, (_, index) => make(index));
  }

  /** A version 4 UUID. */
  uuid(): string {
    const hex = () => this.integer(0, 0xffff).toString(16).padStart(4, '0');
    return `${hex()}${hex()}-${hex()}-4${hex().slice(1)}-8${hex().slice(1)}-${hex()}${hex()}${hex()}`;
  }
}

/** Spreads the bits of a 32-bit number over all of them. */
function mix(number: number): number {
  let bits = Math.imul(number ^ (number >>> 15), 1 | number);
  bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
  return (bits ^ (bits >>> 14)) >>> 0;
}
