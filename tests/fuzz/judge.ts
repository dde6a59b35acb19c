import type { WireAnswer, WireRequest } from './wire';

/** Roots of the other dialect's paths. */
const ADIS = /^\/(adis|thngs|access|operators)(\/|\?|$)/i;

/** What speaks neither dialect: pages for people, and short links. */
const NO_DIALECT = /^\/(r\/|docs|admin)/i;

/** What the server answers before anything of ours has seen the request. */
const UNREAD = new Set([400, 408, 413, 414, 417, 431]);

/** A part of a stack, or of what lies below the API. */
const INTERNALS = /\n\s+at \S+ \(|node_modules|node:internal|PrismaClient|pg_catalog/;

/**
 * What must not be about an answer, in a few words that are the same for the same fault; undefined if all is well.
 * @param described statuses that the request may be answered with, if it is one that is described
 */
export function faultOf(
  wire: WireRequest,
  answer: WireAnswer,
  described?: readonly number[],
): string | undefined {
  const { status, headers, body } = answer;
  // With the database far behind it says that it cannot serve in time, which is what it is for.
  const isHealth = status === 503 && wire.target.startsWith('/server/health');
  if (status >= 500 && !isHealth) return `status ${status}`;
  if (headers['x-request-id'] === undefined) {
    return UNREAD.has(status) ? undefined : `status ${status} without a request id`;
  }
  const text = body.toString();
  if (INTERNALS.test(text)) return `status ${status} tells of our inside`;
  const length = headers['content-length'];
  if (length !== undefined && wire.method !== 'HEAD' && status !== 304 && Number(length) !== body.length) {
    return `status ${status} with a wrong content-length`;
  }
  const isUnchanged = status === 304 && wire.headers.some(([name]) => name === 'if-none-match');
  if (described !== undefined && !isUnchanged && !described.includes(status))
    return `status ${status} is not described`;
  if (wire.method === 'HEAD' || status === 304 || answer.isCut) return undefined;
  if (status >= 400) return envelopeFault(wire.target, text);
  if (
    String(headers['content-type']).startsWith('application/json') &&
    headers['content-encoding'] === undefined &&
    parsed(text) === undefined
  ) {
    return `status ${status} with broken JSON`;
  }
  return undefined;
}

function envelopeFault(target: string, text: string): string | undefined {
  if (NO_DIALECT.test(target)) return undefined;
  const body = parsed(text);
  const fits = ADIS.test(target) ? isAdiError(body) : isItemsError(body) || isProgress(body);
  // A short link on a host of its own may have any path of one segment.
  return fits || (/^\/[^/]*$/.test(target) && text.startsWith('<'))
    ? undefined
    : 'an error without its envelope';
}

function isAdiError(body: unknown): boolean {
  const { status, errors, moreInfo } = (body ?? {}) as Record<string, unknown>;
  return (
    typeof status === 'number' &&
    Array.isArray(errors) &&
    errors.every((one) => typeof one === 'string') &&
    typeof moreInfo === 'string'
  );
}

function isItemsError(body: unknown): boolean {
  const { errors } = (body ?? {}) as { errors?: { message?: unknown; extensions?: { code?: unknown } }[] };
  return (
    Array.isArray(errors) &&
    errors.length > 0 &&
    errors.every((one) => typeof one.message === 'string' && typeof one.extensions?.code === 'string')
  );
}

/** How far a job is whose codes are asked for too early. */
function isProgress(body: unknown): boolean {
  return typeof (body as { created?: unknown } | undefined)?.created === 'number';
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
