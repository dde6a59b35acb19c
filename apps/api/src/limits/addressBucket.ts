import { createHmac } from 'node:crypto';
import type { KeyRing } from '@codemint/shared';

/**
 * Where an address is counted: one of 65,536 buckets that all share, so that memory is bounded whoever calls. The secret
 * keeps callers from choosing whose they share; it is the same in all processes, which count together.
 */
export function addressBuckets(ring: KeyRing): (address: string | undefined) => string {
  const secret = ring.deriveKey('codemint address buckets', Math.max(...ring.versions));
  return (address = '') =>
    String(createHmac('sha256', secret).update(networkOf(address)).digest().readUInt16BE(0));
}

/** Of an IPv6 address the first 64 bits: one caller has all that begin so (RFC 6177). */
function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!address.includes(':')) return address;
  const [before = '', after] = address.split('::');
  const groups = before === '' ? [] : before.split(':');
  const missing = after === undefined ? 0 : 8 - groups.length - after.split(':').length;
  return [...groups, ...new Array<string>(Math.max(0, missing)).fill('0')].slice(0, 4).join(':');
}
