import { MAX_NUMERIC_SERIAL } from '../gs1/epc/epcSerial';
import { DigitTable } from './digits';
import { Ff1Batch } from './ff1Batch';

const DECIMALS = '0123456789';

/** Bits of SGTIN-96's serial (TDS 2, section 14.6.1.1). */
const SERIAL_BITS = 38;

/** Fewest digits of a serial: below there are too few of them for FF1. */
const MIN_SGTIN_96_LENGTH = 6;

/** Digits of the greatest serial. */
export const MAX_SGTIN_96_LENGTH = String(MAX_NUMERIC_SERIAL).length;

/**
 * The serials of a length that SGTIN-96 holds, first to last: no leading zero, as that would be lost, and no more
 * than 38 bits.
 */
export function sgtin96Serials(length: number): { first: number; last: number } {
  return { first: 10 ** (length - 1), last: Math.min(10 ** length - 1, MAX_NUMERIC_SERIAL) };
}

/**
 * As Ff1Batch, for serials of SGTIN-96: index i stands for the i-th of them, and is taken through FF1 over all numbers
 * of that many digits until it is one of them again (cycle walking). That is a permutation of the serials. Of those
 * with 12 digits only one in six fits: there FF1 goes over all numbers of 38 bits instead, of which two in three do.
 */
export class Sgtin96Batch {
  readonly digits = new DigitTable(DECIMALS);
  private readonly ff1: Ff1Batch;
  private readonly first: number;
  private readonly last: number;

  /**
   * @param key AES key of 16, 24 or 32 bytes.
   * @throws RangeError unless there are such serials, and a million numbers of that length.
   */
  constructor(
    key: Buffer,
    readonly length: number,
  ) {
    if (length < MIN_SGTIN_96_LENGTH || length > MAX_SGTIN_96_LENGTH) {
      throw new RangeError(
        `Serials of SGTIN-96 have ${MIN_SGTIN_96_LENGTH} to ${MAX_SGTIN_96_LENGTH} digits here`,
      );
    }
    const { first, last } = sgtin96Serials(length);
    this.first = first;
    this.last = last;
    this.ff1 =
      last < MAX_NUMERIC_SERIAL
        ? new Ff1Batch(key, DECIMALS, length)
        : new Ff1Batch(key, DECIMALS.slice(0, 2), SERIAL_BITS);
  }

  /** As Ff1Batch.encrypt. */
  encrypt(first: number, count: number, out: Uint8Array, offset: number, stride: number): void {
    const numbers = new Float64Array(count);
    for (let k = 0; k < count; k++) numbers[k] = this.first + first + k;
    this.walk(numbers, 1);
    this.digits.write(numbers, count, this.length, { bytes: out, offset, stride });
  }

  /** As Ff1Batch.decrypt; NaN for digits that are no such serial. */
  decrypt(bytes: Uint8Array, count: number, offset: number, stride: number): Float64Array {
    const numbers = new Float64Array(count);
    this.digits.read(numbers, count, this.length, { bytes, offset, stride });
    const serials = select(numbers, (number) => this.isSerial(number));
    const some = pick(numbers, serials);
    this.walk(some, -1);
    const indexes = numbers.fill(Number.NaN);
    for (const [k, position] of serials.entries()) indexes[position] = (some[k] as number) - this.first;
    return indexes;
  }

  /** As `decrypt`, for one code that begins at `offset`. */
  decryptOne(bytes: Uint8Array, offset: number): number {
    const number = new Float64Array(1);
    this.digits.read(number, 1, this.length, { bytes, offset, stride: this.length });
    let serial = number[0] as number;
    if (!this.isSerial(serial)) return Number.NaN;
    do serial = this.ff1.decryptNumber(serial);
    while (!this.isSerial(serial));
    return serial - this.first;
  }

  /** Takes each serial to the next one on its cycle, or the one before, in place: those that fell outside go on. */
  private walk(serials: Float64Array, direction: 1 | -1): void {
    this.ff1.permute(serials, direction);
    const { first } = this;
    // FF1 makes no number above the last serial.
    const isOutside = (number: number) => number < first;
    for (let outside = select(serials, isOutside); outside.length > 0; ) {
      const some = pick(serials, outside);
      this.ff1.permute(some, direction);
      for (const [k, position] of outside.entries()) serials[position] = some[k] as number;
      outside = outside.filter((position) => isOutside(serials[position] as number));
    }
  }

  private isSerial(number: number): boolean {
    return number >= this.first && number <= this.last;
  }
}

function select(numbers: Float64Array, isWanted: (number: number) => boolean): number[] {
  const positions: number[] = [];
  for (let k = 0; k < numbers.length; k++) if (isWanted(numbers[k] as number)) positions.push(k);
  return positions;
}

function pick(numbers: Float64Array, positions: readonly number[]): Float64Array {
  const some = new Float64Array(positions.length);
  for (let k = 0; k < some.length; k++) some[k] = numbers[positions[k] as number] as number;
  return some;
}
