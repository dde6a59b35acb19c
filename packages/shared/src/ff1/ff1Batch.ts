import { type CodeLayout, DigitTable } from './digits';
import type { Half } from './half';
import { NarrowHalf } from './narrowHalf';
import { BLOCK_BYTES, ROUNDS, RoundFunction } from './roundFunction';
import { WideHalf } from './wideHalf';

/** Codes taken through a round together: few enough for their blocks and halves to stay in the processor's cache. */
const LANES = 2048;

/** FF1 with an empty tweak wants at least this many values (SP 800-38G, section 5.1, as revised). */
const MIN_SPACE = 1_000_000;

const MAX_HALF = 2 ** 60;

/**
 * FF1 of NIST SP 800-38G with AES and an empty tweak, for many consecutive numbers at once: each round takes all of
 * them through one call of AES. The plaintext is an index written as `length` numerals, the most significant first;
 * the ciphertext is written in characters of the alphabet. One object serves one thread; its calls must not overlap.
 */
export class Ff1Batch {
  readonly digits: DigitTable;
  private readonly roundFunction: RoundFunction;
  private readonly left: Half;
  private readonly right: Half;
  private readonly leftLength: number;
  private readonly masks: Uint32Array[];
  private readonly single = new Float64Array(1);
  private blocks = new DataView(new ArrayBuffer(0));

  /**
   * @param key AES key of 16, 24 or 32 bytes.
   * @param alphabet ASCII characters, each once; numeral n is the n-th of them.
   * @param length Characters of a code; alphabet and length must give at least 10^6 codes, each half at most 2^60.
   * @throws RangeError if they do not.
   */
  constructor(
    key: Buffer,
    alphabet: string,
    readonly length: number,
  ) {
    this.digits = new DigitTable(alphabet);
    const { radix } = this.digits;
    this.leftLength = Math.floor(length / 2);
    const rightLength = length - this.leftLength;
    if (radix ** length < MIN_SPACE) throw new RangeError('FF1 needs at least a million codes');
    if (radix ** rightLength > MAX_HALF) throw new RangeError('Half a code must have at most 2^60 values');
    const halfBytes = Math.ceil((BigInt(radix) ** BigInt(rightLength) - 1n).toString(2).length / 8);
    const HalfOfWidth = halfBytes > 4 ? WideHalf : NarrowHalf;
    this.left = new HalfOfWidth(radix, this.leftLength);
    this.right = new HalfOfWidth(radix, rightLength);
    this.roundFunction = new RoundFunction(key, radix, length, halfBytes);
    this.masks = Array.from({ length: ROUNDS }, (_, round) => this.roundFunction.mask(round));
  }

  /**
   * Writes the codes of indexes `first` to `first + count - 1`, each below 2^53 and below radix^length: code k in the
   * `length` bytes of `out` from `offset + k * stride`.
   */
  encrypt(first: number, count: number, out: Uint8Array, offset: number, stride: number): void {
    const indexes = new Float64Array(Math.min(count, LANES));
    this.resize(indexes.length);
    for (let done = 0; done < count; done += LANES) {
      const lanes = Math.min(LANES, count - done);
      for (let k = 0; k < lanes; k++) indexes[k] = first + done + k;
      this.readNumbers(indexes, lanes);
      this.encryptLanes(lanes);
      const codes = { bytes: out, offset: offset + done * stride, stride };
      this.left.writeCharacters(this.digits, codes, lanes);
      this.right.writeCharacters(this.digits, this.rightOf(codes), lanes);
    }
    this.resize(1);
  }

  /**
   * The indexes of `count` codes that lie as in `encrypt`, with no other characters than those of the alphabet.
   * Infinity stands for an index of 2^53 or more, which is no index of a code.
   */
  decrypt(bytes: Uint8Array, count: number, offset: number, stride: number): Float64Array {
    this.resize(Math.min(count, LANES));
    const indexes = new Float64Array(count);
    for (let done = 0; done < count; done += LANES) {
      const lanes = Math.min(LANES, count - done);
      const codes = { bytes, offset: offset + done * stride, stride };
      this.left.readCharacters(this.digits, codes, lanes);
      this.right.readCharacters(this.digits, this.rightOf(codes), lanes);
      this.decryptLanes(lanes);
      this.addNumbers(indexes.subarray(done, done + lanes), lanes);
    }
    this.resize(1);
    for (let k = 0; k < count; k++) {
      if ((indexes[k] as number) > Number.MAX_SAFE_INTEGER) indexes[k] = Number.POSITIVE_INFINITY;
    }
    return indexes;
  }

  /** As `decrypt`, for one code that begins at `offset`: made for a look-up that tries thousands of keys. */
  decryptOne(bytes: Uint8Array, offset: number): number {
    this.resize(1);
    const codes = { bytes, offset, stride: this.length };
    this.left.readCharacters(this.digits, codes, 1);
    this.right.readCharacters(this.digits, this.rightOf(codes), 1);
    return this.decryptSingle();
  }

  /**
   * Each number, below radix^length and 2^53, becomes the number that its code reads as, or back; in place.
   * @param direction 1 encrypts, -1 decrypts
   */
  permute(numbers: Float64Array, direction: 1 | -1): void {
    this.resize(Math.min(numbers.length, LANES));
    for (let done = 0; done < numbers.length; done += LANES) {
      const some = numbers.subarray(done, done + LANES);
      this.readNumbers(some, some.length);
      if (direction === 1) this.encryptLanes(some.length);
      else this.decryptLanes(some.length);
      this.addNumbers(some.fill(0), some.length);
    }
    this.resize(1);
  }

  /** As `permute` backwards, for one number, as fast as `decryptOne`. */
  decryptNumber(number: number): number {
    this.resize(1);
    this.single[0] = number;
    this.readNumbers(this.single, 1);
    return this.decryptSingle();
  }

  private decryptSingle(): number {
    const { left, right, blocks, single } = this;
    left.writeBlocks(blocks, 1, this.maskOf(ROUNDS - 1));
    for (let round = ROUNDS - 1; round >= 0; round--) {
      const half = round % 2 === 0 ? left : right;
      half.addResults(this.roundFunction.encryptOne(blocks), 1, -1, blocks, this.maskOf(round - 1));
    }
    single[0] = 0;
    this.addNumbers(single, 1);
    const index = single[0];
    return index > Number.MAX_SAFE_INTEGER ? Number.POSITIVE_INFINITY : index;
  }

  private readNumbers(numbers: Float64Array, count: number): void {
    this.left.setFromNumbers(numbers, count, this.right.modulus);
    this.right.setFromNumbers(numbers, count, 1);
  }

  private addNumbers(totals: Float64Array, count: number): void {
    this.left.addTo(totals, count, this.right.modulus);
    this.right.addTo(totals, count, 1);
  }

  private rightOf(codes: CodeLayout): CodeLayout {
    return { ...codes, offset: codes.offset + this.leftLength };
  }

  /** Even rounds change the left half by the right one, odd rounds the right half by the left one. */
  private encryptLanes(lanes: number): void {
    this.right.writeBlocks(this.blocks, lanes, this.maskOf(0));
    for (let round = 0; round < ROUNDS; round++) this.runRound(round, lanes, 1, round + 1);
  }

  private decryptLanes(lanes: number): void {
    this.left.writeBlocks(this.blocks, lanes, this.maskOf(ROUNDS - 1));
    for (let round = ROUNDS - 1; round >= 0; round--) this.runRound(round, lanes, -1, round - 1);
  }

  private runRound(round: number, lanes: number, sign: 1 | -1, nextRound: number): void {
    const half = round % 2 === 0 ? this.left : this.right;
    const results = this.roundFunction.encrypt(new Uint8Array(this.blocks.buffer, 0, lanes * BLOCK_BYTES));
    half.addResults(results, lanes, sign, this.blocks, this.maskOf(nextRound));
  }

  /** After the last round come blocks that nobody reads: any mask will do for them. */
  private maskOf(round: number): Uint32Array {
    return (this.masks[round] ?? this.masks[0]) as Uint32Array;
  }

  /** Makes room for that many codes; before and after a call it is room for one, for many of these may be kept. */
  private resize(lanes: number): void {
    if (this.blocks.byteLength === lanes * BLOCK_BYTES) return;
    this.left.reserve(lanes);
    this.right.reserve(lanes);
    this.blocks = new DataView(new ArrayBuffer(lanes * BLOCK_BYTES));
    const [word0, word1] = this.maskOf(0);
    for (let at = 0; at < this.blocks.byteLength; at += BLOCK_BYTES) {
      this.blocks.setUint32(at, word0 as number);
      this.blocks.setUint32(at + 4, word1 as number);
    }
  }
}
