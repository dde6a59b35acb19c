import { createHmac } from 'node:crypto';
import type { PoolShape } from './shape';

/** A shape in a namespace under a master key: what makes a pool this pool and no other. */
export interface PoolDescriptor extends PoolShape {
  readonly namespaceKind: 'sgtin' | 'grai' | 'short_code' | 'adi';
  readonly namespaceKey: string;
  readonly keyVersion: number;
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
