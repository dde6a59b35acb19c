import { createHmac } from 'node:crypto';

/** What the codes of a pool look like: prefix, `length` characters of the alphabet, suffix. */
export interface PoolShape {
  readonly prefix: string;
  /** ASCII characters, each once, in the order of their numerals. */
  readonly alphabet: string;
  readonly length: number;
  readonly suffix: string;
}

/** A shape in a namespace under a master key: what makes a pool this pool and no other. */
export interface PoolDescriptor extends PoolShape {
  readonly namespaceKind: 'sgtin' | 'grai' | 'short_code' | 'adi';
  readonly namespaceKey: string;
  readonly keyVersion: number;
  readonly algorithm: 'ff1-aes256-1';
}

/** Bytes of a code: characters of the alphabet have one, those of prefix and suffix may have more. */
export function codeWidth({ prefix, length, suffix }: PoolShape): number {
  return Buffer.byteLength(prefix) + length + Buffer.byteLength(suffix);
}

/** How many codes a pool can give out: radix^length, but no index reaches 2^53 - 1. */
export function poolSpace({ alphabet, length }: Pick<PoolShape, 'alphabet' | 'length'>): number {
  const all = BigInt(alphabet.length) ** BigInt(length);
  return all > Number.MAX_SAFE_INTEGER ? Number.MAX_SAFE_INTEGER : Number(all);
}

/**
 * The pool's own key: HKDF-SHA256 (RFC 5869) of the master key, without salt, for the pool's descriptor. It needs no
 * row id, so a pool made again after a restore is the same permutation.
 * @param masterKey 32 bytes.
 */
export function derivePoolKey(masterKey: Buffer, descriptor: PoolDescriptor): Buffer {
  if (masterKey.length !== 32) throw new RangeError('A master key has 32 bytes');
  // One block of output is all that is needed; Node's hkdf refuses an info of more than 1024 bytes, which a long
  // prefix could make.
  const extracted = createHmac('sha256', Buffer.alloc(32)).update(masterKey).digest();
  return createHmac('sha256', extracted)
    .update(encodeDescriptor(descriptor))
    .update(Uint8Array.of(1))
    .digest();
}

/** Every field, each with its length before it, so that no two descriptors are written alike. */
function encodeDescriptor(descriptor: PoolDescriptor): Buffer {
  const fields = [
    descriptor.algorithm,
    descriptor.namespaceKind,
    descriptor.namespaceKey,
    descriptor.prefix,
    descriptor.alphabet,
    String(descriptor.length),
    descriptor.suffix,
    String(descriptor.keyVersion),
  ];
  return Buffer.concat(
    fields.flatMap((field) => {
      const bytes = Buffer.from(field, 'utf8');
      const size = Buffer.alloc(4);
      size.writeUInt32BE(bytes.length);
      return [size, bytes];
    }),
  );
}

/**
 * Whether two shapes could make the same string: their codes have the same number of UTF-8 bytes and at each
 * position a byte in common.
 */
export function couldCollide(a: PoolShape, b: PoolShape): boolean {
  const placesOfA = bytesByPosition(a);
  const placesOfB = bytesByPosition(b);
  return (
    placesOfA.length === placesOfB.length &&
    placesOfA.every((bytes, position) => bytes.some((byte) => placesOfB[position]?.includes(byte)))
  );
}

/** The bytes that can stand at each position of a code. */
function bytesByPosition({ prefix, alphabet, length, suffix }: PoolShape): Uint8Array[] {
  const fixed = (text: string) => Array.from(Buffer.from(text, 'utf8'), (byte) => Uint8Array.of(byte));
  const free = new Array<Uint8Array>(length).fill(Buffer.from(alphabet, 'ascii'));
  return [...fixed(prefix), ...free, ...fixed(suffix)];
}
