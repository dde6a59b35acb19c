import { InvalidQueryError } from '@codemint/shared';

/** More than any collection has. */
const MAX_NAMES = 1_000;

/**
 * A parameter that lists names: csv, repeated, `[]` or indexed. Trimmed, without empty ones and repetitions.
 * @throws InvalidQueryError if it has the form of an object, or if there are more than anybody needs
 */
export function parseNames(parameter: string, raw: unknown): string[] {
  if (raw === undefined || raw === null) return [];
  const parts: unknown[] = Array.isArray(raw) ? raw : [raw];
  const names = parts.flatMap((part) => {
    if (typeof part !== 'string') throw new InvalidQueryError(`"${parameter}" must be a list of strings`);
    return part.split(',').map((name) => name.trim());
  });
  const distinct = new Set(names.filter((name) => name !== ''));
  if (distinct.size > MAX_NAMES) throw new InvalidQueryError(`"${parameter}" has at most ${MAX_NAMES} names`);
  return [...distinct];
}

/**
 * The object in a parameter that may also come as JSON; undefined if it is empty.
 * @throws InvalidQueryError if it is anything else
 */
export function parseObject(parameter: string, raw: unknown): Record<string, unknown> | undefined {
  if (raw === undefined || raw === null || raw === '') return undefined;
  const value = typeof raw === 'string' ? parseJson(parameter, raw) : raw;
  if (!isPlainObject(value)) throw new InvalidQueryError(`"${parameter}" has to be an object`);
  return value;
}

/** @throws InvalidQueryError */
export function parseJson(parameter: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidQueryError(`Invalid JSON for ${parameter} object`);
  }
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
