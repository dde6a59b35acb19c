import { MAX_ORDER_QUANTITY } from '@codemint/db';
import { ValidationError } from '@codemint/shared';
import type { z } from 'zod';
import { issueText, placeText } from '../http/formIssues';

/**
 * A body that has the form of the schema, as it was sent: what the schema does not name is still there.
 * @param schema without transforms and defaults
 * @throws ValidationError with every value that is wrong and its place
 */
export function checkBody<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const parsed = schema.safeParse(withFewIds(body));
  if (parsed.success) return body as z.output<Schema>;
  throw new ValidationError(
    parsed.error.issues.map((issue) => ({
      field: placeText(issue.path),
      rule: 'form',
      message: `${issueText(issue, body)}.`,
    })),
  );
}

/** Of a list that is too long a part is enough to be checked: each wrong value costs time. */
function withFewIds(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || !('ids' in body)) return body;
  const { ids } = body;
  return Array.isArray(ids) && ids.length > MAX_ORDER_QUANTITY
    ? { ...body, ids: ids.slice(0, MAX_ORDER_QUANTITY) }
    : body;
}

/** Deeper than any body that is of use, and well below what the stack takes. */
const MAX_DEPTH = 32;

/** Characters of JSON besides the codes: each Thng and each list of orders tells all of it again. */
const MAX_LENGTH = 65_536;

/**
 * Refuses what the database could not keep: U+0000 and halves of surrogate pairs, in values and in keys, numbers that
 * are none or very long, what is nested too deeply, and more than is of use.
 * @param exempt members of the body that are checked elsewhere
 * @throws ValidationError that names the first place
 */
export function requireStorable(body: unknown, exempt: readonly string[] = []): void {
  const flaw = findFlaw(body, 1, exempt) ?? sizeFlaw(body);
  if (flaw === undefined) return;
  throw ValidationError.of(placeText(flaw.path), 'form', flaw.reason);
}

interface Flaw {
  path: (string | number)[];
  reason: string;
}

function findFlaw(value: unknown, depth: number, exempt: readonly string[] = []): Flaw | undefined {
  if (typeof value === 'string') return textFlaw(value);
  if (typeof value === 'number') return numberFlaw(value);
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth > MAX_DEPTH) return { path: [], reason: `Nested too deeply: ${MAX_DEPTH} levels are the most.` };
  const members: Iterable<[string | number, unknown]> = Array.isArray(value)
    ? value.entries()
    : Object.entries(value);
  for (const [key, member] of members) {
    if (exempt.includes(String(key))) continue;
    const flaw = (typeof key === 'string' ? textFlaw(key) : undefined) ?? findFlaw(member, depth + 1);
    if (flaw !== undefined) return { ...flaw, path: [key, ...flaw.path] };
  }
  return undefined;
}

function textFlaw(text: string): Flaw | undefined {
  if (text.includes('\0')) return { path: [], reason: 'Text must not hold U+0000.' };
  if (/\p{Surrogate}/u.test(text)) return { path: [], reason: 'Text must not hold half a surrogate pair.' };
  return undefined;
}

/** @param body nested no deeper than is allowed, but for what says which codes are wanted: that has limits of its own */
function sizeFlaw(body: unknown): Flaw | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const { ids: _ids, idGeneration: _generation, ...rest } = body as Record<string, unknown>;
  const { length } = JSON.stringify(rest);
  if (length <= MAX_LENGTH) return undefined;
  const reason = `Besides identifiers there are ${length} characters of JSON, ${MAX_LENGTH} are the most.`;
  return { path: [], reason };
}

/** The database writes numbers out in full: one of five characters can have hundreds of digits. */
function numberFlaw(number: number): Flaw | undefined {
  const size = Math.abs(number);
  if (size === 0 || (size >= 1e-20 && size < 1e21)) return undefined;
  return { path: [], reason: 'A number has to be 0, or from 1e-20 to below 1e21, of either sign.' };
}
