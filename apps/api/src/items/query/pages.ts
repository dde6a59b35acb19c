import { InvalidQueryError } from '@codemint/shared';

const DEFAULT_LIMIT = 100;

/** -1 means all (null here), an empty text no rows. @throws InvalidQueryError */
export function parseLimit(raw: unknown): number | null {
  if (raw === undefined || raw === null) return DEFAULT_LIMIT;
  const limit = parseInteger('limit', raw, -1);
  return limit === -1 ? null : limit;
}

/**
 * `page` counts from 1 and beats `offset`; page 0 is as none, and so is any page of all or of nothing.
 * @throws InvalidQueryError
 */
export function parseOffset(
  { offset: rawOffset, page: rawPage }: { offset?: unknown; page?: unknown },
  limit: number | null,
): number {
  const offset = rawOffset === undefined ? 0 : parseInteger('offset', rawOffset, 0);
  const page = rawPage === undefined || rawPage === '' ? 0 : parseInteger('page', rawPage, 0);
  if (page === 0 || limit === null || limit === 0) return offset;
  const skipped = (page - 1) * limit;
  if (!Number.isSafeInteger(skipped)) throw new InvalidQueryError('"page" is too large');
  return skipped;
}

/** An empty text is 0. */
function parseInteger(name: string, raw: unknown, least: number): number {
  const value = typeof raw === 'string' || typeof raw === 'number' ? Number(raw) : Number.NaN;
  if (Number.isNaN(value)) throw new InvalidQueryError(`"${name}" must be a number`);
  if (!Number.isFinite(value)) throw new InvalidQueryError(`"${name}" cannot be infinity`);
  if (Math.abs(value) > Number.MAX_SAFE_INTEGER) {
    throw new InvalidQueryError(`"${name}" must be a safe number`);
  }
  if (!Number.isInteger(value)) throw new InvalidQueryError(`"${name}" must be an integer`);
  if (value < least) throw new InvalidQueryError(`"${name}" must be greater than or equal to ${least}`);
  return value;
}
