import { hkdfSync, timingSafeEqual } from 'node:crypto';
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

/**
 * Each kept cipher holds an AES key schedule and buffers, some 20 kB. One look-up tries up to 5,000 pools in a fixed
 * order: with no room beyond, a single other pool would push each of them out just before its turn.
 */
const CIPHERS_KEPT = 6_000;

/** The master keys by version, and the pools' ciphers made from them. One ring serves one thread. */
export class KeyRing {
  readonly #masterKeys: ReadonlyMap<number, Uint8Array>;
  /** By check value: a row's id may come back after a restore, for another pool. */
  readonly #ciphers = new Map<string, PoolCipher>();
  /** By version and purpose, of which there are a few. */
  readonly #derivedKeys = new Map<string, Buffer>();
  /** Versions of which a pool that exists was found to be made with the key: whoever looked that up notes it here. */
  readonly proven = new Set<number>();

  /** @param masterKeys 32 bytes each, by version; at least one */
  constructor(masterKeys: ReadonlyMap<number, Uint8Array>) {
    if (masterKeys.size === 0) throw new PoolKeyError('There is no master key.');
    this.#masterKeys = masterKeys;
  }

  /** The versions whose master keys are there, the newest first. */
  get versions(): number[] {
    return [...this.#masterKeys.keys()].sort((a, b) => b - a);
  }

  /**
   * The version that new pools, ids and links take: the highest that is not retired.
   * @param retired versions that make nothing new any more; what they have made they still decode
   * @returns undefined when all are retired
   */
  newestVersion(retired: readonly number[]): number | undefined {
    return this.versions.find((version) => !retired.includes(version));
  }

  /**
   * A key for something other than codes: HKDF-SHA256 (RFC 5869) of a master key, without salt. No pool has it: the
   * descriptors of pools begin with a zero byte.
   * @param purpose what it is for; printable characters
   * @returns 32 bytes
   * @throws PoolKeyError when the master key of that version is missing
   */
  deriveKey(purpose: string, version: number): Buffer {
    const name = `${version} ${purpose}`;
    const kept =
      this.#derivedKeys.get(name) ??
      Buffer.from(hkdfSync('sha256', this.#masterKey(version), '', purpose, 32));
    this.#derivedKeys.set(name, kept);
    return kept;
  }

  /**
   * The cipher of a pool that does not exist yet.
   * @throws PoolKeyError when the master key of that version is missing
   */
  newCipher(descriptor: PoolDescriptor): PoolCipher {
    return new PoolCipher(this.#masterKey(descriptor.keyVersion), descriptor);
  }

  /**
   * The cipher of a pool, checked against the codes that it made when the pool was opened.
   * @throws PoolKeyError when the master key is missing, or when key, alphabet or algorithm are not those of then
   */
  cipher(pool: Pick<StoredPool, 'id' | 'checkValue'> & PoolDescriptor): PoolCipher {
    const kept = this.keptCipher(pool);
    if (kept !== undefined) return kept;
    const cipher = this.newCipher(pool);
    const checkValue = cipher.checkValue();
    if (checkValue.length !== pool.checkValue.length || !timingSafeEqual(checkValue, pool.checkValue)) {
      throw new PoolKeyError(
        `Master key version ${pool.keyVersion} does not make the codes that pool ${pool.id} was opened with: ` +
          'it has been changed. Put the former key back under this version and add a new one under a higher version.',
      );
    }
    this.#ciphers.set(nameOf(pool), cipher);
    if (this.#ciphers.size > CIPHERS_KEPT) this.#dropOldest();
    return cipher;
  }

  /** The checked cipher of a pool, if it was asked for lately. */
  keptCipher(pool: Pick<StoredPool, 'id' | 'checkValue'>): PoolCipher | undefined {
    const name = nameOf(pool);
    const kept = this.#ciphers.get(name);
    if (kept === undefined) return undefined;
    // Last in the map is used last.
    this.#ciphers.delete(name);
    this.#ciphers.set(name, kept);
    return kept;
  }

  #dropOldest(): void {
    const oldest = this.#ciphers.keys().next();
    if (!oldest.done) this.#ciphers.delete(oldest.value);
  }

  #masterKey(version: number): Buffer {
    const key = this.#masterKeys.get(version);
    if (key === undefined) {
      throw new PoolKeyError(
        `Master key version ${version} is missing from CODEMINT_MASTER_KEYS: codes were made with it.`,
      );
    }
    // A key that came from another thread is a plain array of bytes.
    return Buffer.from(key.buffer, key.byteOffset, key.byteLength);
  }
}

function nameOf({ id, checkValue }: Pick<StoredPool, 'id' | 'checkValue'>): string {
  return `${id} ${Buffer.from(checkValue.buffer, checkValue.byteOffset, checkValue.byteLength).toString('latin1')}`;
}
