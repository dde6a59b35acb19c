import { createHmac, timingSafeEqual } from 'node:crypto';
import type { KeyRing } from '@codemint/shared';

/** Files of a completed order. */
export const FILE_NAMES = ['identifiers.csv', 'identifiers.txt', 'identifiers.json', 'errors.json'] as const;

export type FileName = (typeof FILE_NAMES)[number];

/** What a link leads to, and until when. */
export interface LinkTarget {
  accountId: string;
  orderId: string;
  file: FileName;
  /** Seconds since 1970. */
  expires: number;
}

const LIFETIME_MS = 30 * 60 * 1000;

/** When links end that are made now, in seconds since 1970. */
export function linkExpiry(nowMs: number): number {
  return Math.floor((nowMs + LIFETIME_MS) / 1000);
}

/** Signs links under a version of the master key. */
export function linkSigner(ring: KeyRing, version: number): (target: LinkTarget) => string {
  const key = ring.deriveKey('codemint signed links', version);
  return ({ accountId, orderId, file, expires }) =>
    createHmac('sha256', key)
      .update(JSON.stringify([accountId, orderId, file, expires]))
      .digest('base64url');
}

/**
 * Whether this is the link's signature under any of the master keys that are not retired; it takes as long whatever is
 * wrong with it.
 */
export function isSigned(
  ring: KeyRing,
  retired: readonly number[],
  target: LinkTarget,
  signature: string,
): boolean {
  // As text: of what is no base64url Node would pass over the wrong characters.
  const given = Buffer.from(signature);
  const versions = ring.versions.filter((version) => !retired.includes(version));
  return versions.some((version) => {
    const right = Buffer.from(linkSigner(ring, version)(target));
    return given.length === right.length && timingSafeEqual(given, right);
  });
}
