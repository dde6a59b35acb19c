import { ValidationError } from '../../errors';

/** Most bits that are shifted at once: with the up to 3 that wait they stay within 31. */
const STEP = 24;

/** Hexadecimal digits of the 16-bit words, as tags have them, that hold so many bits (TDS, section 15.1.1). */
export function hexDigits(bits: number): number {
  return Math.ceil(bits / 16) * 4;
}

/** Collects bits as hexadecimal digits. */
export class HexWriter {
  constructor(
    private hex = '',
    private waiting = 0,
    private waitingBits = 0,
  ) {}

  /** A writer that goes on from here and leaves this one as it is. */
  fork(): HexWriter {
    return new HexWriter(this.hex, this.waiting, this.waitingBits);
  }

  /** @param value An integer from 0 to 2^bits - 1, bits at most 53. */
  push(value: number, bits: number): this {
    if (bits > STEP)
      return this.push(Math.floor(value / 2 ** STEP), bits - STEP).push(value % 2 ** STEP, STEP);
    const all = (this.waiting << bits) | value;
    const allBits = this.waitingBits + bits;
    const rest = allBits & 3;
    const digits = allBits >> 2;
    if (digits > 0) this.hex += (all >>> rest).toString(16).padStart(digits, '0');
    this.waiting = all & ((1 << rest) - 1);
    this.waitingBits = rest;
    return this;
  }

  /** Digits of a key, 4 bits each. */
  pushDigits(digits: string): this {
    for (let k = 0; k < digits.length; k++) this.push(digits.charCodeAt(k) - 48, 4);
    return this;
  }

  /** The bits so far and zeros up to `bits` (or none but these), in upper-case digits of whole 16-bit words. */
  toHex(bits = this.hex.length * 4 + this.waitingBits): string {
    const last = this.waitingBits > 0 ? (this.waiting << (4 - this.waitingBits)).toString(16) : '';
    return (this.hex + last).toUpperCase().padEnd(hexDigits(bits), '0');
  }
}

/** Reads bits from hexadecimal digits. */
export class HexReader {
  private readonly bits: string;
  private at = 0;

  /** @throws ValidationError that names the field unless the text is whole 16-bit words in hexadecimal. */
  constructor(
    private readonly field: string,
    hex: string,
  ) {
    if (!/^(?:[0-9A-Fa-f]{4})+$/.test(hex)) {
      const message = 'The EPC of a tag is written in hexadecimal, 4 digits for each of its 16-bit words.';
      throw ValidationError.of(field, 'regex', message);
    }
    this.bits = hex.replace(/./g, (digit) => Number.parseInt(digit, 16).toString(2).padStart(4, '0'));
  }

  /**
   * The next bits as a number, at most 53.
   * @throws ValidationError if there are not so many.
   */
  read(bits: number): number {
    return Number.parseInt(this.take(bits), 2);
  }

  /** The next bits, of any number, as an integer. */
  readBig(bits: number): bigint {
    return BigInt(`0b${this.take(bits)}`);
  }

  /** All bits that are left, `0` and `1`. */
  rest(): string {
    return this.bits.slice(this.at);
  }

  /** @throws ValidationError unless all that is left are the zeros that fill the last word. */
  finish(): void {
    if (!this.rest().includes('1')) return;
    throw ValidationError.of(this.field, 'epc_padding', "Behind an EPC's fields there may be zeros only.");
  }

  private take(bits: number): string {
    const taken = this.bits.slice(this.at, this.at + bits);
    if (taken.length < bits) {
      throw ValidationError.of(this.field, 'epc_length', 'The EPC ends before all of its fields.');
    }
    this.at += bits;
    return taken;
  }
}
