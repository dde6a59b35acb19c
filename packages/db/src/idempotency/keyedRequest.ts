import { createHash } from 'node:crypto';
import { InvalidPayloadError } from '@codemint/shared';

/** A request that its caller may repeat without being served twice. */
export interface KeyedRequest {
  /** Within which keys are unique: an account, or a user without one. */
  readonly owner: string;
  readonly key: string;
  /** SHA-256 of all that the request says. */
  readonly fingerprint: Buffer;
}

/**
 * @param endpoint method and path: a key belongs to one request of one kind
 * @param body as JSON gives it; the order of an object's members does not matter
 * @throws InvalidPayloadError for a body that is nested too deeply to be compared
 */
export function keyedRequest(owner: string, key: string, endpoint: string, body: unknown): KeyedRequest {
  const fingerprint = createHash('sha256')
    .update(`${endpoint}\n${canonicalJson(body, 0)}`)
    .digest();
  return { owner, key, fingerprint };
}

/** Deeper than any body that is of use, and well below what the stack takes. */
const MAX_DEPTH = 50;

function canonicalJson(value: unknown, depth: number): string {
  if (depth > MAX_DEPTH) {
    throw new InvalidPayloadError(`With an Idempotency-Key a body may be ${MAX_DEPTH} levels deep`);
  }
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item, depth + 1)).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, item]) => `${JSON.stringify(name)}:${canonicalJson(item, depth + 1)}`).join()}}`;
}
