import {
  CodemintError,
  ConflictError,
  ForbiddenError,
  InvalidPayloadError,
  InvalidQueryError,
  KeyReusedError,
  NotUniqueError,
  QuotaExceededError,
  SpaceExhaustedError,
  UnknownReferenceError,
  ValidationError,
} from '@codemint/shared';
import { type ErrorReply, RETRY_AFTER_SECONDS } from '../http/dialect';
import {
  InvalidCredentialsError,
  RouteNotFoundError,
  TooManyRequestsError,
  UnreadableRequestError,
} from '../http/errors';
import { unavailability } from '../http/unavailability';
import { type AdiErrorCode, ERROR_CODES } from './errorCodes';

const FORMAT = 80000010;
const PRODUCT_NOT_FOUND = 80000040;
const INVALID_QUERY = 80000120;
const INVALID_BODY = 80000150;
const QUANTITY = 80000160;
const PROJECT_NOT_FOUND = 80000170;
const INTERNAL = 80009999;

/** Refused for a reason that only this dialect has a name for. */
export class AdiError extends CodemintError {
  constructor(
    readonly code: AdiErrorCode,
    message: string,
  ) {
    super(message);
  }
}

/** There is no such thing, or it is another account's: of a kind that no code stands for. */
export class NotFoundError extends CodemintError {}

/** The body comes in a form that nobody reads here. */
export class UnsupportedTypeError extends CodemintError {}

/** Rules of the core that have a code of their own. */
const CODE_BY_RULE: Readonly<Record<string, AdiErrorCode>> = {
  format: FORMAT,
  check_digit: FORMAT,
  too_many: 80000050,
  duplicates: 80000060,
  characters: 80000180,
  quantity: QUANTITY,
};

const CODE_BY_REFERENCE: Readonly<Record<string, AdiErrorCode>> = {
  product: PRODUCT_NOT_FOUND,
  project: PROJECT_NOT_FOUND,
};

/** More of them would not help anybody. */
const MAX_ISSUES = 3;

/** Says what a caller of the adis dialect is told of an error. */
export function adiErrorReply(error: unknown): ErrorReply {
  return coded(error) ?? uncoded(error) ?? parserError(error) ?? unavailable(error) ?? internal();
}

function coded(error: unknown): ErrorReply | undefined {
  if (error instanceof AdiError) return refusal(error.code, error.message);
  if (error instanceof ValidationError) return invalid(error);
  if (error instanceof SpaceExhaustedError) return refusal(QUANTITY, error.message);
  if (error instanceof InvalidQueryError) return refusal(INVALID_QUERY, error.message);
  if (error instanceof InvalidPayloadError || error instanceof NotUniqueError) {
    return refusal(INVALID_BODY, error.message);
  }
  if (error instanceof UnknownReferenceError) {
    return refusal(CODE_BY_REFERENCE[error.field] ?? INVALID_BODY, error.message);
  }
  return undefined;
}

/** The first issue gives the code: the core names them in the order in which they matter. */
function invalid({ issues }: ValidationError): ErrorReply {
  const told = issues.slice(0, MAX_ISSUES).map(({ field, message }) => `${field}: ${message}`);
  const left = issues.length - told.length;
  if (left > 0) told.push(`${left} more values are wrong.`);
  return refusal(CODE_BY_RULE[issues[0]?.rule ?? ''] ?? INVALID_BODY, told.join(' '));
}

function uncoded(error: unknown): ErrorReply | undefined {
  if (error instanceof InvalidCredentialsError) {
    return reply(401, 'The header Authorization has to hold a token of this installation, as it is.');
  }
  if (error instanceof ForbiddenError) {
    return reply(403, error.message || "You don't have permission to access this.");
  }
  if (error instanceof NotFoundError || error instanceof RouteNotFoundError) return reply(404, error.message);
  if (error instanceof ConflictError) return reply(409, error.message);
  if (error instanceof UnsupportedTypeError) return reply(415, error.message);
  if (error instanceof KeyReusedError) return reply(422, error.message);
  if (error instanceof UnreadableRequestError) return reply(error.status, error.message);
  if (error instanceof TooManyRequestsError || error instanceof QuotaExceededError) {
    const { message, retryAfterSeconds = RETRY_AFTER_SECONDS } = error;
    return { ...reply(429, message), retryAfterSeconds };
  }
  return undefined;
}

/** What Express and its body parser complain of is known by a status. */
function parserError(error: unknown): ErrorReply | undefined {
  const { name, type, status, message } = error as Partial<Error> & { type?: unknown; status?: unknown };
  if (typeof status !== 'number' || status < 400 || status > 499) return undefined;
  if (status === 415) return reply(415, `${message}.`);
  if (type === 'entity.too.large') return refusal(INVALID_BODY, 'The body may have at most 4 MB.');
  // A path with a broken percent escape.
  if (name === 'URIError') return refusal(INVALID_QUERY, `${message}.`);
  return refusal(INVALID_BODY, `The body cannot be read: ${message}.`);
}

function unavailable(error: unknown): ErrorReply | undefined {
  const found = unavailability(error);
  if (found === undefined) return undefined;
  const { message, ...rest } = found;
  return { ...reply(503, message), ...rest, isInternal: true };
}

function internal(): ErrorReply {
  return { ...refusal(INTERNAL, 'An unexpected error occurred.'), isInternal: true };
}

function refusal(code: AdiErrorCode, message: string): ErrorReply {
  return reply(ERROR_CODES[code].status, message, { code });
}

/** Where the operations of this dialect are described. */
const MORE_INFO = '/docs#/ADI%20orders';

/** The official client shows a `message` alone if there is one, so there is none. */
function reply(status: number, error: string, code: { code?: AdiErrorCode } = {}): ErrorReply {
  return { status, body: { status, errors: [error], ...code, moreInfo: MORE_INFO } };
}
