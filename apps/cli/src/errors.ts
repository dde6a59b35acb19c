import { isDatabaseAway } from '@codemint/db';
import { RestoredDatabaseError, UnknownReferenceError, ValidationError } from '@codemint/shared';

/** A command cannot be carried out; the message is one line for the person who gave it. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

/** Says any error in one line. */
export function explain(error: unknown): string {
  if (error instanceof ValidationError) {
    return error.issues.map(({ field, message }) => `Wrong ${field}: ${message}`).join(' ');
  }
  if (error instanceof UnknownReferenceError) return noSuch(error.collection, error.value);
  if (error instanceof RestoredDatabaseError) return error.message;
  if (isDatabaseAway(error)) return `The database cannot be reached (${reason(error)}): does it run?`;
  return reason(error);
}

/** The line on something that does not exist. */
export function noSuch(thing: string, value: string): string {
  return `There is no ${thing} "${value}": "codemint ${thing} list" shows all.`;
}

/** Where every address of a host refuses, the error has no message of its own. */
function reason(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return reason(error.errors[0]);
  return (error instanceof Error ? error.message : String(error)).trim().replace(/\s+/g, ' ');
}
