import { type Cipher, createCipheriv } from 'node:crypto';
import { unsafe as aes } from '@noble/ciphers/aes.js';

/** Bytes of an AES block. */
export const BLOCK_BYTES = 16;

/** FF1 has ten Feistel rounds. */
export const ROUNDS = 10;

/**
 * The round function of FF1 (NIST SP 800-38G, algorithm 7) for an empty tweak and halves below 2^96. There Q is
 * one block, so PRF(P || Q) = AES(AES(P) xor Q), and S, of at most 16 bytes, is the beginning of that one block.
 * AES(P) is the same for all codes: a block to be encrypted is a mask that depends on the round alone, xor the half.
 */
export class RoundFunction {
  private readonly cipher: Cipher;
  private readonly masks = new Uint32Array(ROUNDS * 4);
  private schedule: Uint32Array | undefined;
  private readonly single = new DataView(new ArrayBuffer(BLOCK_BYTES));

  /**
   * @param key AES key of 16, 24 or 32 bytes.
   * @param halfBytes FF1's b: bytes of the longer half written as a number.
   */
  constructor(
    private readonly key: Buffer,
    radix: number,
    length: number,
    halfBytes: number,
  ) {
    this.cipher = createCipheriv(`aes-${key.length * 8}-ecb`, key, null).setAutoPadding(false);
    const p = Buffer.alloc(BLOCK_BYTES);
    p.set([1, 2, 1]);
    p.writeUIntBE(radix, 3, 3);
    p.set([ROUNDS, Math.floor(length / 2)], 6);
    p.writeUInt32BE(length, 8);
    const encryptedP = this.cipher.update(p);
    for (let round = 0; round < ROUNDS; round++) {
      const mask = Buffer.from(encryptedP);
      const roundAt = BLOCK_BYTES - 1 - halfBytes;
      mask.writeUInt8(mask.readUInt8(roundAt) ^ round, roundAt);
      for (let word = 0; word < 4; word++) this.masks[round * 4 + word] = mask.readUInt32BE(word * 4);
    }
  }

  /** The four big-endian words of the block for `round` whose half is zero. */
  mask(round: number): Uint32Array {
    return this.masks.subarray(round * 4, round * 4 + 4);
  }

  /** Encrypts all blocks at once; the answer has one block for each, in order. */
  encrypt(blocks: Uint8Array): DataView {
    const encrypted = this.cipher.update(blocks);
    return new DataView(encrypted.buffer, encrypted.byteOffset, encrypted.length);
  }

  /**
   * Encrypts one block, in JavaScript: of a call of the native cipher most is to begin and to clean up, six times as
   * much as this takes. The answer is good until the next call.
   */
  encryptOne(block: DataView): DataView {
    this.schedule ??= aes.expandKeyLE(this.key);
    const { s0, s1, s2, s3 } = aes.encrypt(
      this.schedule,
      block.getUint32(0, true),
      block.getUint32(4, true),
      block.getUint32(8, true),
      block.getUint32(12, true),
    );
    this.single.setUint32(0, s0, true);
    this.single.setUint32(4, s1, true);
    this.single.setUint32(8, s2, true);
    this.single.setUint32(12, s3, true);
    return this.single;
  }
}
