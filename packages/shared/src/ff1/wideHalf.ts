import type { CodeLayout, DigitTable } from './digits';
import type { Half } from './half';
import { BLOCK_BYTES } from './roundFunction';

// Taken out of Math once: where globals are looked up through a vm context, as in a test runner, each look-up is dear.
const { floor, imul } = Math;

/**
 * A half of up to 2^60, as high * base + low, where base is the radix to the power of the last numerals: so the
 * limbs, below 2^30 each, are written as characters without another division. S is 12 bytes, four 16-bit parts
 * above a 32-bit word; with 2^32, 2^48, 2^64 and 2^80 replaced by the limbs of their remainders, the sums over each
 * limb stay below 2^53 and are exact in doubles.
 */
export class WideHalf implements Half {
  readonly modulus: number;
  private readonly lowDigits: number;
  private readonly base: number;
  private readonly highModulus: number;
  /** Limbs of 2^32, 2^48, 2^64 and 2^80 mod modulus: low and high in turn. */
  private readonly powers: number[];
  private high = new Float64Array(0);
  private low = new Float64Array(0);

  constructor(
    radix: number,
    private readonly digits: number,
  ) {
    this.modulus = radix ** digits;
    this.lowDigits = digits >> 1;
    this.base = radix ** this.lowDigits;
    this.highModulus = radix ** (digits - this.lowDigits);
    const base = BigInt(this.base);
    const modulus = BigInt(radix) ** BigInt(digits);
    this.powers = [32n, 48n, 64n, 80n].flatMap((exponent) => {
      const remainder = 2n ** exponent % modulus;
      return [Number(remainder % base), Number(remainder / base)];
    });
  }

  reserve(count: number): void {
    this.high = new Float64Array(count);
    this.low = new Float64Array(count);
  }

  setFromNumbers(numbers: Float64Array, count: number, divisor: number): void {
    const { high, low, base, highModulus } = this;
    for (let k = 0; k < count; k++) {
      const quotient = floor((numbers[k] as number) / divisor);
      const upper = floor(quotient / base);
      low[k] = quotient - upper * base;
      high[k] = upper - floor(upper / highModulus) * highModulus;
    }
  }

  addTo(totals: Float64Array, count: number, factor: number): void {
    for (let k = 0; k < count; k++) {
      (totals[k] as number) += ((this.high[k] as number) * this.base + (this.low[k] as number)) * factor;
    }
  }

  writeBlocks(blocks: DataView, count: number, mask: Uint32Array): void {
    for (let k = 0; k < count; k++) {
      writeBlock(blocks, k * BLOCK_BYTES, mask, this.high[k] as number, this.base, this.low[k] as number);
    }
  }

  addResults(results: DataView, count: number, sign: 1 | -1, blocks: DataView, nextMask: Uint32Array): void {
    const { high, low, base, highModulus } = this;
    const [low32, high32, low48, high48, low64, high64, low80, high80] = this.powers as EightNumbers;
    for (let k = 0; k < count; k++) {
      const at = k * BLOCK_BYTES;
      const part80 = results.getUint16(at);
      const part64 = results.getUint16(at + 2);
      const part48 = results.getUint16(at + 4);
      const part32 = results.getUint16(at + 6);
      const lowResult =
        part80 * low80 + part64 * low64 + part48 * low48 + part32 * low32 + results.getUint32(at + 8);
      const highResult = part80 * high80 + part64 * high64 + part48 * high48 + part32 * high32;
      const lowSum = (low[k] as number) + sign * lowResult;
      const carry = floor(lowSum / base);
      const highSum = (high[k] as number) + sign * highResult + carry;
      const lowLimb = lowSum - carry * base;
      const highLimb = highSum - floor(highSum / highModulus) * highModulus;
      low[k] = lowLimb;
      high[k] = highLimb;
      writeBlock(blocks, at, nextMask, highLimb, base, lowLimb);
    }
  }

  writeCharacters(digits: DigitTable, codes: CodeLayout, count: number): void {
    const highDigits = this.digits - this.lowDigits;
    digits.write(this.high, count, highDigits, codes);
    digits.write(this.low, count, this.lowDigits, { ...codes, offset: codes.offset + highDigits });
  }

  readCharacters(digits: DigitTable, codes: CodeLayout, count: number): void {
    const highDigits = this.digits - this.lowDigits;
    digits.read(this.high, count, highDigits, codes);
    digits.read(this.low, count, this.lowDigits, { ...codes, offset: codes.offset + highDigits });
  }
}

type EightNumbers = [number, number, number, number, number, number, number, number];

/** Writes mask xor (high * base + low), a number below 2^60, into the block's last three words. */
function writeBlock(
  blocks: DataView,
  at: number,
  mask: Uint32Array,
  high: number,
  base: number,
  low: number,
): void {
  // The lower word is exact in 32-bit arithmetic; the product in doubles is off by far less than half of 2^32,
  // so rounding to a multiple of 2^32 gives the upper word.
  const lowerWord = (imul(high, base) + low) >>> 0;
  const upperWord = floor((high * base + low - lowerWord) * 2 ** -32 + 0.5);
  blocks.setUint32(at + 4, mask[1] as number);
  blocks.setUint32(at + 8, (mask[2] as number) ^ upperWord);
  blocks.setUint32(at + 12, (mask[3] as number) ^ lowerWord);
}
