import {
  ConflictError,
  type FieldIssue,
  ForbiddenError,
  InvalidPayloadError,
  InvalidQueryError,
  KeyReusedError,
  NotUniqueError,
  QuotaExceededError,
  RefusedLinesError,
  UnknownReferenceError,
  ValidationError,
} from '@codemint/shared';
import { type ErrorReply, RETRY_AFTER_SECONDS } from './dialect';
import {
  InvalidCredentialsError,
  RejectedItemsError,
  RouteNotFoundError,
  TooManyRequestsError,
  UnreadableRequestError,
} from './errors';
import { unavailability } from './unavailability';

/** One entry of the envelope `{"errors": […]}`. */
export interface ErrorEntry {
  message: string;
  extensions: { code: string } & Record<string, unknown>;
}

interface ErrorAnswer extends Omit<ErrorReply, 'body'> {
  errors: ErrorEntry[];
}

/** Says what a caller of the items dialect is told of an error. */
export function errorAnswer(error: unknown): ErrorAnswer {
  return callersError(error) ?? bodyParserError(error) ?? serviceError(error) ?? internalError();
}

function callersError(error: unknown): ErrorAnswer | undefined {
  if (error instanceof RejectedItemsError) return rejected(error);
  if (error instanceof RefusedLinesError) return refusedLines(error);
  if (error instanceof ValidationError) return validation(error, []);
  if (error instanceof ForbiddenError) return forbidden(error.message);
  if (error instanceof InvalidQueryError) return withReason('Invalid query.', 'INVALID_QUERY', error.message);
  if (error instanceof InvalidPayloadError) return invalidPayload(error.message);
  if (error instanceof NotUniqueError) return one(400, 'RECORD_NOT_UNIQUE', error.message, place(error));
  if (error instanceof UnknownReferenceError) {
    return one(400, 'INVALID_FOREIGN_KEY', error.message, place(error));
  }
  if (error instanceof ConflictError) return one(409, 'CONFLICT', error.message);
  if (error instanceof KeyReusedError) return one(422, 'UNPROCESSABLE_CONTENT', error.message);
  if (error instanceof TooManyRequestsError || error instanceof QuotaExceededError) {
    const { message, retryAfterSeconds = RETRY_AFTER_SECONDS } = error;
    return { ...one(429, 'REQUESTS_EXCEEDED', message), retryAfterSeconds };
  }
  if (error instanceof UnreadableRequestError) return unreadable(error);
  if (error instanceof InvalidCredentialsError) return one(401, 'INVALID_CREDENTIALS', error.message);
  if (error instanceof RouteNotFoundError) {
    return one(404, 'ROUTE_NOT_FOUND', error.message, { path: error.path });
  }
  return undefined;
}

/** Codes of requests that never came to a route. */
const CODE_BY_STATUS = {
  400: 'INVALID_PAYLOAD',
  408: 'REQUEST_TIMEOUT',
  413: 'CONTENT_TOO_LARGE',
  414: 'URI_TOO_LONG',
  431: 'REQUEST_HEADER_FIELDS_TOO_LARGE',
} as const;

function unreadable({ status, message }: UnreadableRequestError): ErrorAnswer {
  return one(status, CODE_BY_STATUS[status], message);
}

function rejected({ rejections }: RejectedItemsError): ErrorAnswer {
  const answers = rejections.map(({ index, error }) =>
    error instanceof ValidationError ? validation(error, index === null ? [] : [index]) : errorAnswer(error),
  );
  return { status: 400, errors: answers.flatMap(({ errors }) => errors) };
}

/** One entry for each thing that is wrong with a line; a last one tells of lines that are too many to be listed. */
function refusedLines({ refused, count, message }: RefusedLinesError): ErrorAnswer {
  const errors = refused.flatMap(({ line, errors: found }) =>
    found.flatMap((error) =>
      errorAnswer(error).errors.map((entry) => ({
        message: `Line ${line}: ${entry.message}`,
        extensions: { line, ...entry.extensions },
      })),
    ),
  );
  if (refused.length === count) return { status: 400, errors };
  const summary = `${message} The first ${refused.length} of them are listed.`;
  return {
    status: 400,
    errors: [...errors, ...one(400, 'FAILED_VALIDATION', summary, { refused_lines: count }).errors],
  };
}

/** @param path where in the body the item stands */
function validation({ issues }: ValidationError, path: readonly number[]): ErrorAnswer {
  return { status: 400, errors: issues.map((issue) => validationEntry(issue, path)) };
}

function validationEntry(issue: FieldIssue, path: readonly number[]): ErrorEntry {
  return {
    message: `Validation failed for field "${issue.field}". ${issue.message}`,
    extensions: {
      field: issue.field,
      path,
      type: issue.rule,
      ...(issue.valid === undefined ? {} : { valid: issue.valid }),
      code: 'FAILED_VALIDATION',
    },
  };
}

/** Without a message: a thing that is not there or not the caller's; the two are never told apart. */
function forbidden(message: string): ErrorAnswer {
  if (message === '') return one(403, 'FORBIDDEN', "You don't have permission to access this.");
  return one(403, 'FORBIDDEN', message, { reason: message });
}

/** The body parser's errors are known by `type` and carry a status. */
function bodyParserError(error: unknown): ErrorAnswer | undefined {
  const { type, status, message } = error as { type?: unknown; status?: unknown; message?: unknown };
  if (type === 'entity.too.large') return invalidPayload('request entity too large');
  // No JSON, a path with a broken percent escape, a charset or encoding that nobody knows, a body that breaks off.
  if (typeof status === 'number' && status >= 400 && status < 500) return invalidPayload(String(message));
  return undefined;
}

function serviceError(error: unknown): ErrorAnswer | undefined {
  const found = unavailability(error);
  if (found === undefined) return undefined;
  const { message, ...rest } = found;
  return { ...one(503, 'SERVICE_UNAVAILABLE', message), ...rest, isInternal: true };
}

function internalError(): ErrorAnswer {
  return { ...one(500, 'INTERNAL_SERVER_ERROR', 'An unexpected error occurred.'), isInternal: true };
}

function invalidPayload(reason: string): ErrorAnswer {
  return withReason('Invalid payload.', 'INVALID_PAYLOAD', reason);
}

/** `reason` has its full stop in the message only. */
function withReason(begin: string, code: string, reason: string): ErrorAnswer {
  const bare = reason.replace(/\.$/, '');
  return one(400, code, `${begin} ${bare}.`, { reason: bare });
}

function place({ collection, field, value }: { collection: string; field: string; value: string }) {
  return { collection, field, value };
}

function one(status: number, code: string, message: string, extensions: object = {}): ErrorAnswer {
  return { status, errors: [{ message, extensions: { ...extensions, code } }] };
}
