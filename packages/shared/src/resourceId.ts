import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { KeyRing } from './pool/keyRing';

/** Characters of the ids of orders, events, projects, Thngs and actions (contract of ADI orders). */
const ALPHABET = 'abcdefghkmnpqrstwxyABCDEFGHKMNPQRSTUVWXY0123456789';
const RADIX = BigInt(ALPHABET.length);
const ID_LENGTH = 24;
const ID = new RegExp(`^[${ALPHABET}]{${ID_LENGTH}}$`);

/** Bytes below it are spread evenly over the alphabet. */
const EVEN = 256 - (256 % ALPHABET.length);

/** A new random id: 135 bits. */
export function newResourceId(): string {
  let id = '';
  while (id.length < ID_LENGTH) {
    for (const byte of randomBytes(ID_LENGTH)) {
      if (byte < EVEN && id.length < ID_LENGTH) id += ALPHABET[byte % ALPHABET.length];
    }
  }
  return id;
}

export function isResourceId(text: string): boolean {
  return ID.test(text);
}

/** One of many alike that have no row of their own: the `number`-th Thng of a batch, or action of an event. */
export interface Member {
  kind: 'thng' | 'action';
  /** Number of the batch or event, 0 to 2^63 - 1. */
  owner: bigint;
  /** 0 to 2^31 - 1. */
  number: number;
  /** Of the master key; the owner keeps it, so that its members' ids never change. */
  keyVersion: number;
}

const KINDS: Record<Member['kind'], number> = { thng: 1, action: 2 };
const BLOCK_BYTES = 16;
const OWNER_AT = 1;
const NUMBER_AT = 9;
/** The three bytes behind the number are zero: of what is no id of ours hardly any looks so. */
const ZEROS_AT = 13;

/**
 * Ids of things without rows: owner and number in one block of AES-256 under a key derived from the master key, so
 * that an id leads to its thing and nobody can tell the next one.
 */
export class ResourceIds {
  constructor(private readonly ring: KeyRing) {}

  /** @throws PoolKeyError when the master key of that version is missing */
  idOf({ kind, owner, number, keyVersion }: Member): string {
    const block = Buffer.alloc(BLOCK_BYTES);
    block[0] = KINDS[kind];
    block.writeBigUInt64BE(owner, OWNER_AT);
    block.writeUInt32BE(number, NUMBER_AT);
    const cipher = createCipheriv('aes-256-ecb', this.#key(keyVersion), null).setAutoPadding(false);
    return toText(cipher.update(block));
  }

  /** What an id leads to; whether it is there, and under that key version, its owner must say. */
  memberOf(kind: Member['kind'], id: string): Member | undefined {
    const sealed = isResourceId(id) ? toBlock(id) : undefined;
    if (sealed === undefined) return undefined;
    for (const keyVersion of this.ring.versions) {
      const cipher = createDecipheriv('aes-256-ecb', this.#key(keyVersion), null).setAutoPadding(false);
      const block = cipher.update(sealed);
      const isOurs = block[0] === KINDS[kind] && block.readUIntBE(ZEROS_AT, 3) === 0;
      const owner = block.readBigInt64BE(OWNER_AT);
      const number = block.readInt32BE(NUMBER_AT);
      if (isOurs && owner >= 0n && number >= 0) return { kind, owner, number, keyVersion };
    }
    return undefined;
  }

  #key(version: number): Buffer {
    return this.ring.deriveKey('codemint resource ids', version);
  }
}

function toText(block: Buffer): string {
  let value = BigInt(`0x${block.toString('hex')}`);
  let text = '';
  for (let i = 0; i < ID_LENGTH; i++) {
    text = ALPHABET[Number(value % RADIX)] + text;
    value /= RADIX;
  }
  return text;
}

/** Undefined for what is more than a block holds. */
function toBlock(id: string): Buffer | undefined {
  let value = 0n;
  for (const character of id) value = value * RADIX + BigInt(ALPHABET.indexOf(character));
  const hex = value.toString(16).padStart(BLOCK_BYTES * 2, '0');
  return hex.length > BLOCK_BYTES * 2 ? undefined : Buffer.from(hex, 'hex');
}
