import { InvalidQueryError } from '@codemint/shared';

/**
 * A parameter that lists names: csv, repeated, `[]` or indexed. Trimmed, without empty ones and repetitions.
 * @throws InvalidQueryError if it has the form of an object
 */
export function parseNames(parameter: string, raw: unknown): string[] {
  if (raw === undefined || raw === null) return [];
  const parts: unknown[] = Array.isArray(raw) ? raw : [raw];
  const names = parts.flatMap((part) => {
    if (typeof part !== 'string') throw new InvalidQueryError(`"${parameter}" must be a list of strings`);
    return part.split(',').map((name) => name.trim());
  });
  return [...new Set(names.filter((name) => name !== ''))];
}

/** The object in a parameter that may also come as JSON; anything else stays as it is. */
export function parseJsonParameter(raw: unknown): unknown {
  if (typeof raw !== 'string') return raw;
  try {
    return JSON.parse(raw);
  } catch {
    return raw;
  }
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
