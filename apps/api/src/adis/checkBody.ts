import { ValidationError } from '@codemint/shared';
import type { z } from 'zod';

/**
 * A body that has the form of the schema, as it was sent: what the schema does not name is still there.
 * @param schema without transforms and defaults
 * @throws ValidationError with every value that is wrong and its place
 */
export function checkBody<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return body as z.output<Schema>;
  throw new ValidationError(
    parsed.error.issues.map(({ path, message }) => ({
      field: placeText(path),
      rule: 'form',
      message: `${message}.`,
    })),
  );
}

/** Members that are checked elsewhere: `true`, or what of them is. */
export interface Exempt {
  readonly [key: string]: true | Exempt;
}

/** Deeper than any body that is of use, and well below what the stack takes. */
const MAX_DEPTH = 32;

/**
 * Refuses what the database could not keep: U+0000 and halves of surrogate pairs, in values and in keys, and what is
 * nested too deeply.
 * @throws ValidationError that names the first place
 */
export function requireStorable(body: unknown, exempt: Exempt = {}): void {
  const flaw = findFlaw(body, 1, exempt);
  if (flaw === undefined) return;
  throw ValidationError.of(placeText(flaw.path), 'form', flaw.reason);
}

interface Flaw {
  path: (string | number)[];
  reason: string;
}

function findFlaw(value: unknown, depth: number, exempt: Exempt): Flaw | undefined {
  if (typeof value === 'string') return textFlaw(value);
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth > MAX_DEPTH) return { path: [], reason: `Nested too deeply: ${MAX_DEPTH} levels are the most.` };
  const members: Iterable<[string | number, unknown]> = Array.isArray(value)
    ? value.entries()
    : Object.entries(value);
  for (const [key, member] of members) {
    const exemption = Object.hasOwn(exempt, key) ? exempt[key] : undefined;
    if (exemption === true) continue;
    const flaw =
      (typeof key === 'string' ? textFlaw(key) : undefined) ?? findFlaw(member, depth + 1, exemption ?? {});
    if (flaw !== undefined) return { ...flaw, path: [key, ...flaw.path] };
  }
  return undefined;
}

function textFlaw(text: string): Flaw | undefined {
  if (text.includes('\0')) return { path: [], reason: 'Text must not hold U+0000.' };
  if (/\p{Surrogate}/u.test(text)) return { path: [], reason: 'Text must not hold half a surrogate pair.' };
  return undefined;
}

/** As JavaScript would name it: `metadata.tags[2]`. */
function placeText(path: readonly PropertyKey[]): string {
  const text = path.map((step) => {
    if (typeof step === 'number') return `[${step}]`;
    return /^\w+$/.test(String(step)) ? `.${String(step)}` : `[${JSON.stringify(String(step))}]`;
  });
  return text.join('').replace(/^\./, '') || 'body';
}
