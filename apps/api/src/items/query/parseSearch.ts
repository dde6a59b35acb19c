import { isUuid } from '@codemint/shared';
import type { Collection, Field } from '../collection';
import { type Filter, MATCH_ALL, MATCH_NONE, type Test } from './itemsQuery';

/**
 * Items with the words in some text, in upper or lower case, or with just this number or uuid. Nothing to look for
 * finds all, only blanks find none.
 */
export function parseSearch(collection: Collection, raw: unknown): Filter {
  if (typeof raw !== 'string' || raw === '') return MATCH_ALL;
  // Postgres keeps no NUL in a text.
  if (raw.trim() === '' || raw.includes('\0')) return MATCH_NONE;
  const parts = Object.entries(collection.fields).flatMap(([field, description]): Filter[] => {
    const test = searchTest(description, raw);
    return test === undefined ? [] : [{ kind: 'test', column: { path: [], field }, test }];
  });
  return { kind: 'or', parts };
}

/** Inclusive, by bits of the column. */
const LARGEST = { integer: 2n ** 31n - 1n, bigInteger: 2n ** 63n - 1n } as const;

function searchTest({ type, values, onRequest }: Field, text: string): Test | undefined {
  if (onRequest) return undefined;
  if (values !== undefined) {
    const found = values.filter((value) => value.toLowerCase().includes(text.toLowerCase()));
    return found.length === 0 ? undefined : { kind: 'in', negated: false, values: found };
  }
  switch (type) {
    case 'string':
      return { kind: 'text', negated: false, place: 'anywhere', ignoreCase: true, text };
    case 'uuid':
      return isUuid(text) ? { kind: 'compare', operator: '=', value: text.toLowerCase() } : undefined;
    case 'float':
      return String(Number(text)) === text && Number.isFinite(Number(text))
        ? { kind: 'compare', operator: '=', value: Number(text) }
        : undefined;
    case 'timestamp':
    case 'boolean':
      return undefined;
    default: {
      // Only as the number is written in answers.
      const number = /^(0|-?[1-9]\d{0,18})$/.test(text) ? BigInt(text) : undefined;
      const fits = number !== undefined && number <= LARGEST[type] && number >= -LARGEST[type] - 1n;
      return fits ? { kind: 'compare', operator: '=', value: number } : undefined;
    }
  }
}
