// Taken out of Math once: where globals are looked up through a vm context, as in a test runner, each look-up is dear.
const { floor } = Math;

/** Where codes lie in a buffer: what concerns code k begins at `offset + k * stride`. */
export interface CodeLayout {
  readonly bytes: Uint8Array;
  readonly offset: number;
  readonly stride: number;
}

/** Digit of a byte that is no character of the alphabet. */
export const NO_DIGIT = 255;

/** The numerals of an alphabet as characters and back, whole columns of numbers at a time. */
export class DigitTable {
  readonly radix: number;
  /** Digit of each byte, NO_DIGIT where it is no character of the alphabet. */
  readonly digitOf = new Uint8Array(256).fill(NO_DIGIT);
  private readonly alphabet: Uint8Array;
  /** Two characters for each number below radix^2, made when they are first needed. */
  private pairs: Uint8Array | undefined;

  /**
   * @param alphabet ASCII characters, each once.
   * @throws RangeError if they are not.
   */
  constructor(alphabet: string) {
    this.alphabet = Buffer.from(alphabet, 'utf8');
    this.radix = alphabet.length;
    for (const [digit, byte] of this.alphabet.entries()) {
      if (byte > 127 || this.digitOf[byte] !== NO_DIGIT) {
        throw new RangeError('An alphabet has to be ASCII characters, each once');
      }
      this.digitOf[byte] = digit;
    }
  }

  /** Writes each number below radix^digits as that many characters, and uses the numbers up. */
  write(numbers: Float64Array, count: number, digits: number, codes: CodeLayout): void {
    let left = digits;
    for (; left >= 2; left -= 2) this.writeLastPair(numbers, count, codes, left - 2);
    if (left === 1) this.writeFirst(numbers, count, codes);
  }

  /** Takes the last two digits off each number and writes them `at` characters after its beginning. */
  private writeLastPair(numbers: Float64Array, count: number, codes: CodeLayout, at: number): void {
    const { bytes, stride } = codes;
    const pairs = this.pairs ?? this.makePairs();
    const square = this.radix * this.radix;
    let position = codes.offset + at;
    for (let k = 0; k < count; k++) {
      const number = numbers[k] as number;
      const rest = floor(number / square);
      const pair = (number - rest * square) * 2;
      numbers[k] = rest;
      bytes[position] = pairs[pair] as number;
      bytes[position + 1] = pairs[pair + 1] as number;
      position += stride;
    }
  }

  private writeFirst(numbers: Float64Array, count: number, codes: CodeLayout): void {
    const { bytes, offset, stride } = codes;
    for (let k = 0; k < count; k++)
      bytes[offset + k * stride] = this.alphabet[numbers[k] as number] as number;
  }

  private makePairs(): Uint8Array {
    const pairs = new Uint8Array(this.radix * this.radix * 2);
    for (let high = 0; high < this.radix; high++) {
      for (let low = 0; low < this.radix; low++) {
        const at = (high * this.radix + low) * 2;
        pairs[at] = this.alphabet[high] as number;
        pairs[at + 1] = this.alphabet[low] as number;
      }
    }
    this.pairs = pairs;
    return pairs;
  }

  /** Reads numbers of `digits` characters, all of which belong to the alphabet. */
  read(numbers: Float64Array, count: number, digits: number, codes: CodeLayout): void {
    const { bytes, offset, stride } = codes;
    for (let k = 0; k < count; k++) {
      const start = offset + k * stride;
      let number = 0;
      for (let digit = 0; digit < digits; digit++) {
        number = number * this.radix + (this.digitOf[bytes[start + digit] as number] as number);
      }
      numbers[k] = number;
    }
  }
}
