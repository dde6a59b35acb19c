import { sqlState } from '@codemint/db';
import { NotUniqueError, UnknownReferenceError } from '@codemint/shared';

const UNIQUE_VIOLATION = '23505';
/** The second one is of constraints with RESTRICT, from Postgres 18 on. */
const REFERENCE_VIOLATIONS = new Set(['23503', '23001']);

/** Throws on what Postgres refused, as the error of the contract if there is one for it. */
export function throwViolation(error: unknown, collection: string): never {
  const state = sqlState(error) ?? '';
  const { detail = '', constraint = '' } = error as { detail?: string; constraint?: string };
  const [, column, value, referrer] =
    /^Key \((\w+)\)=\((.*)\) .*?(?:referenced from table "(\w+)")?\.$/s.exec(detail) ?? [];
  if (column === undefined || value === undefined) throw error;
  if (state === UNIQUE_VIOLATION) throw new NotUniqueError(collection, column, value);
  if (!REFERENCE_VIOLATIONS.has(state)) throw error;
  if (referrer === undefined) throw new UnknownReferenceError(collection, column, value);
  // Somebody else refers to it: constraints are named after table and column.
  const field = constraint.replace(`${referrer}_`, '').replace(/_fkey$/, '');
  throw new UnknownReferenceError(referrer, field, value);
}
