import { sqlState } from '@codemint/db';
import { ConflictError, NotUniqueError, UnknownReferenceError, ValidationError } from '@codemint/shared';
import type { Collection } from '../collection';

const UNIQUE_VIOLATION = '23505';
/** What an item has to meet is checked before: only two changes at the same time can break it together. */
const CHECK_VIOLATION = '23514';
/** Of the guard of products alone, whose codes belong to a GTIN. */
const GUARD_VIOLATION = '23000';
/** The second one is of constraints with RESTRICT, from Postgres 18 on. */
const REFERENCE_VIOLATIONS = new Set(['23503', '23001']);

/** Throws on what Postgres refused, as the error of the contract if there is one for it. */
export function throwViolation(error: unknown, collection: Collection): never {
  const state = sqlState(error) ?? '';
  if (state === CHECK_VIOLATION) {
    throw new ConflictError(`The ${collection.title} has been changed meanwhile: read it and try again.`);
  }
  if (state === GUARD_VIOLATION) {
    throw ValidationError.of('gtin', 'in_use', 'The product has codes: its gtin cannot change.');
  }
  const { detail = '', constraint = '' } = error as { detail?: string; constraint?: string };
  const [, columns, values, referrer] =
    /^Key \(([\w, ]+)\)=\((.*)\) .*?(?:referenced from table "(\w+)")?\.$/s.exec(detail) ?? [];
  if (columns === undefined || values === undefined) throw error;
  if (state === UNIQUE_VIOLATION) throw notUnique(collection, columns.split(', '), values);
  if (!REFERENCE_VIOLATIONS.has(state)) throw error;
  if (referrer === undefined) throw new UnknownReferenceError(collection.name, columns, values);
  // Somebody else refers to it: constraints are named after table and column.
  const field = constraint.replace(`${referrer}_`, '').replace(/_fkey$/, '');
  throw new UnknownReferenceError(referrer, field, values);
}

/** Of a key of several columns, the first one with a value says most, unless it is that of the account. */
function notUnique({ name, accountColumn }: Collection, columns: readonly string[], values: string) {
  const [first = '', ...others] = columns;
  if (others.length === 0) return new NotUniqueError(name, first, values);
  // No value of such a key has a comma in it.
  const byColumn = new Map(values.split(', ').map((value, index) => [columns[index], value]));
  const isTelling = (column: string) => column !== accountColumn && byColumn.get(column) !== 'null';
  const column = columns.find(isTelling) ?? accountColumn;
  const same = columns.map((each) => `"${each}"`).join(', ');
  const hint = `There is one with the same ${same}: change that one.`;
  return new NotUniqueError(name, column, byColumn.get(column) ?? '', hint);
}
