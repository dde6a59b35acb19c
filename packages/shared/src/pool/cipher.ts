import { createHmac } from 'node:crypto';
import { CHARACTER_SETS } from '../characterSets';
import { NO_DIGIT } from '../ff1/digits';
import { Ff1Batch } from '../ff1/ff1Batch';
import { Sgtin96Batch } from '../ff1/sgtin96Batch';
import { derivePoolKey, type PoolDescriptor } from './descriptor';
import { codeWidth, isSgtin96, poolSpace } from './shape';

/** The codes of a pool by their index and back. One object serves one thread; its calls must not overlap. */
export class PoolCipher {
  /** Bytes of a code, prefix and suffix included. */
  readonly width: number;
  /** Indexes run from 0 to space - 1. */
  readonly space: number;
  private readonly key: Buffer;
  private readonly ff1: Ff1Batch | Sgtin96Batch;
  private readonly prefix: Buffer;
  private readonly suffix: Buffer;

  /**
   * @param masterKey The 32 bytes of the master key whose version the descriptor names.
   * @throws RangeError if the descriptor makes no pool: fewer than 10^6 numbers of that length, halves of over 2^60
   *   values, an alphabet that is not ASCII characters, each once, or not the shape that the algorithm is for.
   */
  constructor(masterKey: Buffer, descriptor: PoolDescriptor) {
    this.key = derivePoolKey(masterKey, descriptor);
    this.ff1 = makeBatch(this.key, descriptor);
    this.prefix = Buffer.from(descriptor.prefix, 'utf8');
    this.suffix = Buffer.from(descriptor.suffix, 'utf8');
    this.width = codeWidth(descriptor);
    this.space = poolSpace(descriptor);
  }

  /**
   * The codes of indexes `firstIndex` to `firstIndex + count - 1`, `width` bytes each, in memory of their own that
   * can be transferred to another thread.
   * @param spare Memory to write into if it has just the size; what was in it is lost.
   * @throws RangeError if they are not all indexes of the pool.
   */
  encode(firstIndex: number, count: number, spare?: ArrayBuffer): Buffer {
    if (firstIndex < 0 || firstIndex + count > this.space) {
      throw new RangeError(`The pool has no ${count} codes from index ${firstIndex}`);
    }
    const bytes = count * this.width;
    const codes = spare?.byteLength === bytes ? Buffer.from(spare) : Buffer.allocUnsafeSlow(bytes);
    this.ff1.encrypt(firstIndex, count, codes, this.prefix.length, this.width);
    if (this.prefix.length > 0) this.writeEach(codes, this.prefix, 0);
    if (this.suffix.length > 0) this.writeEach(codes, this.suffix, this.width - this.suffix.length);
    return codes;
  }

  private writeEach(codes: Buffer, text: Buffer, at: number): void {
    for (let start = at; start < codes.length; start += this.width) codes.set(text, start);
  }

  /**
   * The index of each of the codes, which lie one after the other, `width` bytes each: NaN for what is not of the
   * pool's shape, Infinity for what would have an index of 2^53 or more. The pool cannot know which it gave out.
   * @throws RangeError unless the buffer holds a whole number of codes.
   */
  decode(codes: Buffer): Float64Array {
    const count = codes.length / this.width;
    if (!Number.isInteger(count))
      throw new RangeError(`Codes of ${this.width} bytes, but ${codes.length} in all`);
    const positions: number[] = [];
    for (let position = 0; position < count; position++) {
      if (this.hasShape(codes, position * this.width)) positions.push(position);
    }
    if (positions.length === count) return this.ff1.decrypt(codes, count, this.prefix.length, this.width);
    return this.decodeSome(codes, positions);
  }

  /** Only what has the pool's shape is decrypted: of a sibling's codes that can be few. */
  private decodeSome(codes: Buffer, positions: readonly number[]): Float64Array {
    const some = Buffer.allocUnsafe(positions.length * this.width);
    for (const [k, position] of positions.entries()) {
      codes.copy(some, k * this.width, position * this.width, (position + 1) * this.width);
    }
    const found = this.ff1.decrypt(some, positions.length, this.prefix.length, this.width);
    const indexes = new Float64Array(codes.length / this.width).fill(Number.NaN);
    for (const [k, position] of positions.entries()) indexes[position] = found[k] as number;
    return indexes;
  }

  /**
   * The index of one code, as `decode`.
   * @param code as text, or its bytes where many pools are asked for the same code
   */
  decodeOne(code: string | Buffer): number {
    const bytes = typeof code === 'string' ? Buffer.from(code, 'utf8') : code;
    if (bytes.length !== this.width || !this.hasShape(bytes, 0)) return Number.NaN;
    return this.ff1.decryptOne(bytes, this.prefix.length);
  }

  private hasShape(codes: Buffer, start: number): boolean {
    const { prefix, suffix } = this;
    const { digitOf } = this.ff1.digits;
    const end = start + this.width - suffix.length;
    for (let k = 0; k < prefix.length; k++) if (codes[start + k] !== prefix[k]) return false;
    for (let k = 0; k < suffix.length; k++) if (codes[end + k] !== suffix[k]) return false;
    for (let at = start + prefix.length; at < end; at++) {
      if (digitOf[codes[at] as number] === NO_DIGIT) return false;
    }
    return true;
  }

  /**
   * A value that changes if the key, the shape or the way codes are made does, and tells nothing about any of them:
   * HMAC-SHA256 with the pool's key over the codes at fixed indexes, made as all codes are.
   */
  checkValue(): Buffer {
    const hmac = createHmac('sha256', this.key);
    const last = this.space - 1;
    const middle = Math.floor(this.space / 2);
    for (const index of [0, 1, Math.min(999_999, last), middle, last]) hmac.update(this.encode(index, 1));
    return hmac.digest();
  }
}

function makeBatch(
  key: Buffer,
  { prefix, alphabet, length, suffix, algorithm }: PoolDescriptor,
): Ff1Batch | Sgtin96Batch {
  if (!isSgtin96({ algorithm })) return new Ff1Batch(key, alphabet, length);
  if (prefix !== '' || suffix !== '' || alphabet !== CHARACTER_SETS.numeric) {
    throw new RangeError('Serials of SGTIN-96 are digits without prefix and suffix');
  }
  return new Sgtin96Batch(key, length);
}
