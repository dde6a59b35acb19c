import { type FieldIssue, isUuid } from '@codemint/shared';
import type { Collection, Field } from '../collection';
import { BOOLEANS } from '../query/values';

/** A value of its field's type; 64-bit integers as bigint. */
export type InputValue = string | number | bigint | boolean | null;

/** What a caller sent, as far as it is his to say. */
export interface Input {
  /** By field, with the type that the field has. */
  readonly values: ReadonlyMap<string, InputValue>;
  /** At most one a field. An integer that is too large has an issue and a value. */
  readonly issues: readonly FieldIssue[];
}

const MAX_STRING_LENGTH = 255;

/** Inclusive. */
const INTEGER_LIMITS: Record<'integer' | 'bigInteger', [bigint, bigint]> = {
  integer: [-(2n ** 31n), 2n ** 31n - 1n],
  bigInteger: [-(2n ** 63n), 2n ** 63n - 1n],
};

/** Reads the fields that callers may set, changing "12" to 12; all others are ignored. */
export function parseInput(collection: Collection, body: Readonly<Record<string, unknown>>): Input {
  const values = new Map<string, InputValue>();
  const issues: FieldIssue[] = [];
  for (const [name, field] of Object.entries(collection.fields)) {
    if (field.setBy === 'server' || !Object.hasOwn(body, name) || body[name] === undefined) continue;
    const { value, issue } = convert(field, body[name]);
    if (value !== undefined) values.set(name, value);
    if (issue !== undefined) issues.push({ field: name, ...issue });
  }
  return { values, issues };
}

export function textOf(values: ReadonlyMap<string, InputValue>, field: string): string | null {
  const value = values.get(field) ?? null;
  return value === null ? null : String(value);
}

export function integerOf(values: ReadonlyMap<string, InputValue>, field: string): number | null {
  const value = values.get(field) ?? null;
  return value === null ? null : Number(value);
}

interface Converted {
  value?: InputValue;
  issue?: Omit<FieldIssue, 'field'>;
}

function convert(field: Field, raw: unknown): Converted {
  if (raw === null) return { value: null };
  if (typeof raw === 'object')
    return refuse('type', `Value has to be ${nameOf(field)}, not an object or a list.`);
  if (field.type === 'integer' || field.type === 'bigInteger') return convertInteger(field.type, raw);
  const text = String(raw);
  if (field.type === 'float') return convertFloat(text);
  if (field.type === 'boolean') {
    const truth = BOOLEANS.get(text);
    return truth === undefined ? refuse('boolean', 'Value has to be true or false.') : { value: truth };
  }
  if (field.type === 'uuid') {
    return isUuid(text) ? { value: text.toLowerCase() } : refuse('uuid', 'Value has to be a uuid.');
  }
  if (field.values !== undefined) return convertChoice(field, field.values, text);
  return convertText(text);
}

function convertText(text: string): Converted {
  if (text.length > MAX_STRING_LENGTH) {
    return refuse(
      'max_length',
      `Value has to have at most ${MAX_STRING_LENGTH} characters.`,
      MAX_STRING_LENGTH,
    );
  }
  // Postgres keeps no NUL in a text.
  if (text.includes('\0')) return refuse('regex', 'Value must not contain the character NUL.');
  return { value: text };
}

function convertChoice(
  { ignoreCase, aliases, whyNoOther }: Field,
  choices: readonly string[],
  text: string,
): Converted {
  const normalise = (choice: string) => (ignoreCase ? choice.toLowerCase() : choice);
  const chosen = choices.find((choice) => normalise(choice) === normalise(text));
  if (chosen !== undefined) return { value: aliases?.get(chosen) ?? chosen };
  const list = choices.map((choice) => `"${choice}"`).join(', ');
  const why = whyNoOther === undefined ? '' : ` ${whyNoOther}`;
  return refuse('in', `Value has to be one of ${list}.${why}`, choices);
}

function convertInteger(type: 'integer' | 'bigInteger', raw: unknown): Converted {
  const isInteger =
    typeof raw === 'number'
      ? Number.isInteger(raw)
      : typeof raw === 'string' && /^\s*-?\d{1,40}\s*$/.test(raw);
  if (!isInteger) return refuse('integer', 'Value has to be an integer.');
  const exact = BigInt(raw as number | string);
  const value = type === 'integer' ? Number(exact) : exact;
  const [least, most] = INTEGER_LIMITS[type];
  if (exact < least)
    return { value, ...refuse('gte', `Value has to be greater than or equal to "${least}".`) };
  if (exact > most) return { value, ...refuse('lte', `Value has to be less than or equal to "${most}".`) };
  return { value };
}

function convertFloat(text: string): Converted {
  const isNumber = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(text);
  const value = isNumber ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? { value } : refuse('number', 'Value has to be a number.');
}

function nameOf({ type, relation }: Field): string {
  if (relation !== undefined) return 'the id of an item';
  return {
    uuid: 'a uuid',
    string: 'a string',
    integer: 'an integer',
    bigInteger: 'an integer',
    float: 'a number',
    boolean: 'true or false',
    timestamp: 'a time',
  }[type];
}

function refuse(rule: string, message: string, valid?: unknown): Converted {
  return { issue: { rule, message, valid } };
}
