import type { Condition } from './query';
import type { SeedRow } from './recording';

/** Operators that the recorded server hands to LIKE. */
const LIKE = /^_(n?)(i?)(contains|starts_with|ends_with)$/;
const WILDCARD = /[%_]/;

/** The strings that a search looks into. */
const SEARCHED = [
  'reference_id',
  'type',
  'product',
  'character_set',
  'status',
  'sscc_company_prefix',
  'error_message',
];

/** Whether the condition compares with a pattern there and with plain characters here. */
export function isPattern({ operator, value }: Condition): boolean {
  return LIKE.test(operator) && typeof value === 'string' && WILDCARD.test(value);
}

/** Whether it is one as a search. */
export function isPatternText(search: unknown): search is string {
  return typeof search === 'string' && WILDCARD.test(search);
}

export function isFound(job: SeedRow, search: string): boolean {
  return SEARCHED.some((field) => contains(job[field], search));
}

/** Null meets no condition, negated or not. */
export function meets(job: SeedRow, { path, operator, value }: Condition): boolean {
  const [, negation, ignoresCase, place] = LIKE.exec(operator) ?? [];
  const text = job[path];
  if (typeof text !== 'string') return false;
  const fold = (one: string) => (ignoresCase ? one.toLowerCase() : one);
  const [whole, part] = [fold(text), fold(String(value))];
  const found =
    place === 'contains'
      ? whole.includes(part)
      : place === 'starts_with'
        ? whole.startsWith(part)
        : whole.endsWith(part);
  return found !== (negation === 'n');
}

function contains(text: unknown, part: string): boolean {
  return typeof text === 'string' && text.toLowerCase().includes(part.toLowerCase());
}
