import { sqlState } from '@codemint/db';
import { NotUniqueError, UnknownReferenceError } from '@codemint/shared';

const UNIQUE_VIOLATION = '23505';
/** The second one is of constraints with RESTRICT, from Postgres 18 on. */
const REFERENCE_VIOLATIONS = new Set(['23503', '23001']);

/** Throws on what Postgres refused, as the error of the contract if there is one for it. */
export function throwViolation(error: unknown, collection: string): never {
  const state = sqlState(error) ?? '';
  const { detail, table } = error as { detail?: string; table?: string };
  const [, field, value] = /^Key \((\w+)\)=\((.*)\) /s.exec(detail ?? '') ?? [];
  if (field !== undefined && value !== undefined) {
    if (state === UNIQUE_VIOLATION) throw new NotUniqueError(collection, field, value);
    if (REFERENCE_VIOLATIONS.has(state)) throw new UnknownReferenceError(table ?? collection, field, value);
  }
  throw error;
}
