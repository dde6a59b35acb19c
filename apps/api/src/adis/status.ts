import type { IdentifierError } from './errorCodes';

/** How far something has come that is asked for a number of identifiers. */
export interface Standing<State extends string> {
  state: State | 'completed';
  requested: number;
  /** Identifiers for which it is done. */
  created: number;
}

type Result = 'SUCCEEDED' | 'FAILED' | 'SUCCEEDED_WITH_FAILURES';

/** Undefined until it is completed. */
export function resultOf({ state, requested, created }: Standing<string>): Result | undefined {
  if (state !== 'completed') return undefined;
  if (created === requested) return 'SUCCEEDED';
  return created === 0 ? 'FAILED' : 'SUCCEEDED_WITH_FAILURES';
}

/** The counts of a status, which make up `requested`. */
export function countsOf({ state, requested, created }: Standing<string>) {
  const left = requested - created;
  const isOver = state === 'completed';
  return { created, pending: isOver ? 0 : left, errorsCount: isOver ? left : 0 };
}

/**
 * The status as a document has it: the counts stand in `name` and beside it.
 * @param errors to be told one by one
 */
export function statusOf(
  name: 'adis' | 'events',
  standing: Standing<string>,
  errors?: ReadonlyMap<string, IdentifierError>,
): object {
  const { state, requested } = standing;
  const progress = { ...countsOf(standing), ...(errors && { errors: Object.fromEntries(errors) }) };
  return { state, requested, [name]: progress, ...progress };
}
