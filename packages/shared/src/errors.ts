/**
 * What can go wrong for a caller. Each dialect maps these once to its own envelope; the core throws nothing else
 * on purpose. Anything that is no CodemintError is an internal error and shows no detail to the caller.
 */
export abstract class CodemintError extends Error {
  override get name(): string {
    return this.constructor.name;
  }
}

/** A field's value breaks a rule. `rule` is the short name of the rule, `valid` what would be accepted. */
export class ValidationError extends CodemintError {
  constructor(readonly issues: readonly FieldIssue[]) {
    super(issues.map((issue) => issue.message).join(' '));
  }

  static of(field: string, rule: string, message: string, valid?: unknown): ValidationError {
    return new ValidationError([{ field, rule, message, valid }]);
  }
}

/** One broken rule; `message` is a whole sentence that says what would be right, without the field's name. */
export interface FieldIssue {
  field: string;
  rule: string;
  message: string;
  valid?: unknown;
}

/** A value that must be the only one of its kind exists already. `hint` says what would do instead. */
export class NotUniqueError extends CodemintError {
  constructor(
    readonly collection: string,
    readonly field: string,
    readonly value: string,
    readonly hint?: string,
  ) {
    super(
      `Value "${value}" for field "${field}" in collection "${collection}" has to be unique.${hint ? ` ${hint}` : ''}`,
    );
  }
}

/** A field names a row that does not exist or that the caller may not see. */
export class UnknownReferenceError extends CodemintError {
  constructor(
    readonly collection: string,
    readonly field: string,
    readonly value: string,
  ) {
    super(`Invalid foreign key "${value}" for field "${field}" in collection "${collection}".`);
  }
}

/** One line of a file and all that speaks against it. */
export interface RefusedLine {
  /** Counted from 1. */
  line: number;
  errors: readonly CodemintError[];
}

/** Lines of a file are refused, and therefore the whole file: nothing was done. */
export class RefusedLinesError extends CodemintError {
  /**
   * @param refused the first of them, in order
   * @param count how many there are
   * @param lines how many the file has
   */
  constructor(
    readonly refused: readonly RefusedLine[],
    readonly count: number,
    readonly lines: number,
  ) {
    super(`Nothing is imported: ${count} of ${lines} lines are refused.`);
  }
}

/** More codes are asked for than a namespace's pool has left. */
export class SpaceExhaustedError extends CodemintError {
  /** @param setAside how many codes of each space were set aside after a restore */
  constructor(
    readonly left: number,
    readonly asked: number,
    readonly sufficientLength: number | null,
    setAside = 0,
  ) {
    super(
      `${asked} codes are asked for, but only ${left} are left in this space.` +
        (setAside === 0
          ? ''
          : ` Since the database was restored, ${setAside} of each space are set aside: they may have been given out before.`) +
        (sufficientLength === null ? '' : ` Length ${sufficientLength} would do.`),
    );
  }
}

/** With the codes that are asked for a guess would hit one that was given out more often than a policy allows. */
export class GuessChanceError extends CodemintError {
  /** What is refused and how far it could go, as whole sentences. */
  readonly refusal: string;

  /**
   * @param chance what it would be, 0 to 1
   * @param limit the most that the policy allows, 0 to 1
   * @param left how many codes would still do
   * @param advice a sentence on what would do instead
   * @param sufficientLength the shortest length of the same characters that would do, null if none does
   */
  constructor(
    readonly chance: number,
    readonly limit: number,
    readonly left: number,
    advice: string,
    readonly sufficientLength: number | null,
  ) {
    const refusal =
      `A guess would hit a code that was given out with a chance of ${inWords(chance)}, and the policy allows ` +
      `${inWords(limit)}. ${room(left)}`;
    super(`${refusal} ${advice}`);
    this.refusal = refusal;
  }
}

function room(left: number): string {
  if (left < 1) return 'No more codes of this kind would do.';
  return `${grouped(left)} more codes of this kind would still do.`;
}

/** From here on a number has too many digits to be read. */
const UNREADABLE = 1e21;

/** A chance as people say it: 1 in 3,125, or 62.5 % where it is no small one. */
function inWords(chance: number): string {
  const one = 1 / chance;
  if (one > Number.MAX_VALUE) return 'less than 1 in 1e308';
  if (one >= UNREADABLE) return `1 in ${Number(one.toPrecision(6)).toExponential().replace('+', '')}`;
  if (chance <= 0.1) return `1 in ${grouped(one)}`;
  return `${(chance * 100).toLocaleString('en-US', { maximumSignificantDigits: 6 })} %`;
}

/** Rounded down, but for what floats make of a whole number. */
function grouped(value: number): string {
  return Math.floor(value + 1e-6).toLocaleString('en-US');
}

/** A master key is missing or does not make the codes it made before: nothing can be issued from this pool. */
export class PoolKeyError extends CodemintError {}

/** The caller may not see or do this, or it does not exist: the two are never told apart. */
export class ForbiddenError extends CodemintError {}

/** The query or payload cannot be understood; `reason` continues "Invalid query." or "Invalid payload.". */
export class InvalidQueryError extends CodemintError {}
export class InvalidPayloadError extends CodemintError {}

/** The thing asked for exists but is not ready for this. */
export class ConflictError extends CodemintError {}

/** The key of a repeated request came with another request before. */
export class KeyReusedError extends CodemintError {}

/** Something that this needs is away for now; the same call may pass later. */
export class UnavailableError extends CodemintError {}

/** The caller has used up what he may have; the message says of what, how much, and when there is more. */
export class QuotaExceededError extends CodemintError {
  /** @param retryAfterSeconds when it is worth to try again */
  constructor(
    message: string,
    readonly retryAfterSeconds: number,
  ) {
    super(message);
  }
}

/** The database was restored, promoted or cloned and may lack the newest numbers: nothing is given out for now. */
export class RestoredDatabaseError extends UnavailableError {
  constructor() {
    super(
      'This database was restored, promoted or copied and may lack the newest numbers. Nothing is given out until an ' +
        'operator has run "codemint after-restore".',
    );
  }
}
