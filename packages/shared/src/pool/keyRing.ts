import { timingSafeEqual } from 'node:crypto';
import { PoolKeyError } from '../errors';
import { PoolCipher } from './cipher';
import type { PoolDescriptor } from './descriptor';

/** A pool that exists, as its row describes it. */
export interface StoredPool extends PoolDescriptor {
  readonly id: bigint;
  /** How many indexes there are. */
  readonly space: number;
  /** All below it are given out. */
  readonly nextIndex: number;
  readonly checkValue: Uint8Array;
}

/** Each kept cipher holds an AES key schedule and buffers; 5,000 pools is the most that one look-up tries. */
const CIPHERS_KEPT = 5_000;

/** The master keys by version, and the pools' ciphers made from them. One ring serves one thread. */
export class KeyRing {
  readonly #masterKeys: ReadonlyMap<number, Uint8Array>;
  readonly #ciphers = new Map<bigint, PoolCipher>();
  /** The version that new pools take: the highest. */
  readonly currentVersion: number;

  /** @param masterKeys 32 bytes each, by version; at least one */
  constructor(masterKeys: ReadonlyMap<number, Uint8Array>) {
    if (masterKeys.size === 0) throw new PoolKeyError('There is no master key.');
    this.#masterKeys = masterKeys;
    this.currentVersion = Math.max(...masterKeys.keys());
  }

  /**
   * The cipher of a pool that does not exist yet.
   * @throws PoolKeyError when the master key of that version is missing
   */
  newCipher(descriptor: PoolDescriptor): PoolCipher {
    return new PoolCipher(this.#masterKey(descriptor), descriptor);
  }

  /**
   * The cipher of a pool, checked against the codes that it made when the pool was opened.
   * @throws PoolKeyError when the master key is missing, or when key, alphabet or algorithm are not those of then
   */
  cipher(pool: Pick<StoredPool, 'id' | 'checkValue'> & PoolDescriptor): PoolCipher {
    const kept = this.#ciphers.get(pool.id);
    if (kept !== undefined) {
      // Last in the map is used last.
      this.#ciphers.delete(pool.id);
      this.#ciphers.set(pool.id, kept);
      return kept;
    }
    const cipher = this.newCipher(pool);
    const checkValue = cipher.checkValue();
    if (checkValue.length !== pool.checkValue.length || !timingSafeEqual(checkValue, pool.checkValue)) {
      throw new PoolKeyError(
        `Master key version ${pool.keyVersion} does not make the codes that pool ${pool.id} was opened with: ` +
          'it has been changed. Put the former key back under this version and add a new one under a higher version.',
      );
    }
    this.#ciphers.set(pool.id, cipher);
    if (this.#ciphers.size > CIPHERS_KEPT) this.#dropOldest();
    return cipher;
  }

  #dropOldest(): void {
    const oldest = this.#ciphers.keys().next();
    if (!oldest.done) this.#ciphers.delete(oldest.value);
  }

  #masterKey(descriptor: PoolDescriptor): Buffer {
    const key = this.#masterKeys.get(descriptor.keyVersion);
    if (key === undefined) {
      throw new PoolKeyError(
        `Master key version ${descriptor.keyVersion} is missing from CODEMINT_MASTER_KEYS: codes were made with it.`,
      );
    }
    // A key that came from another thread is a plain array of bytes.
    return Buffer.from(key.buffer, key.byteOffset, key.byteLength);
  }
}
