import type { CodeLayout, DigitTable } from './digits';
import type { Half } from './half';
import { BLOCK_BYTES } from './roundFunction';

// Taken out of Math once: where globals are looked up through a vm context, as in a test runner, each look-up is dear.
const { floor } = Math;

/**
 * A half below 2^32. S is 8 bytes, h * 2^48 + l * 2^32 + w; with the powers of two replaced by their remainders
 * the sum stays below 2^53 and is exact in a double, so each round costs one division.
 */
export class NarrowHalf implements Half {
  readonly modulus: number;
  private readonly power32: number;
  private readonly power48: number;
  private values = new Float64Array(0);

  constructor(
    radix: number,
    private readonly digits: number,
  ) {
    this.modulus = radix ** digits;
    this.power32 = 2 ** 32 % this.modulus;
    this.power48 = 2 ** 48 % this.modulus;
  }

  reserve(count: number): void {
    this.values = new Float64Array(count);
  }

  setFromNumbers(numbers: Float64Array, count: number, divisor: number): void {
    const { values, modulus } = this;
    for (let k = 0; k < count; k++) {
      const quotient = floor((numbers[k] as number) / divisor);
      values[k] = quotient - floor(quotient / modulus) * modulus;
    }
  }

  addTo(totals: Float64Array, count: number, factor: number): void {
    for (let k = 0; k < count; k++) (totals[k] as number) += (this.values[k] as number) * factor;
  }

  writeBlocks(blocks: DataView, count: number, mask: Uint32Array): void {
    const { values } = this;
    const mask2 = mask[2] as number;
    const mask3 = mask[3] as number;
    for (let k = 0; k < count; k++) {
      const at = k * BLOCK_BYTES;
      blocks.setUint32(at + 8, mask2);
      blocks.setUint32(at + 12, mask3 ^ (values[k] as number));
    }
  }

  addResults(results: DataView, count: number, sign: 1 | -1, blocks: DataView, nextMask: Uint32Array): void {
    const { values, modulus, power32, power48 } = this;
    const mask2 = nextMask[2] as number;
    const mask3 = nextMask[3] as number;
    for (let k = 0; k < count; k++) {
      const at = k * BLOCK_BYTES;
      const result =
        results.getUint16(at) * power48 + results.getUint16(at + 2) * power32 + results.getUint32(at + 4);
      const sum = (values[k] as number) + sign * result;
      // Floor, and an exact quotient below 2^53, also where the sum is negative.
      const value = sum - floor(sum / modulus) * modulus;
      values[k] = value;
      blocks.setUint32(at + 8, mask2);
      blocks.setUint32(at + 12, mask3 ^ value);
    }
  }

  writeCharacters(digits: DigitTable, codes: CodeLayout, count: number): void {
    digits.write(this.values, count, this.digits, codes);
  }

  readCharacters(digits: DigitTable, codes: CodeLayout, count: number): void {
    digits.read(this.values, count, this.digits, codes);
  }
}
