import { InvalidPayloadError } from '@codemint/shared';
import express, { type Request, type Response } from 'express';
import { run } from '../http/dialect';
import { AdiError, UnsupportedTypeError } from './errors';

const readBytes = express.raw({ type: () => true, limit: '4mb' });

const JSON_TYPE = /^application\/(?:json|[\w.-]+\+json)\s*(?:;|$)/i;
const CHARSET = /;\s*charset\s*=\s*"?([^\s;"]+)/i;
const BYTE_ORDER_MARK = '\ufeff';

/**
 * Reads a body of JSON in UTF-8.
 * @throws AdiError where there is none, UnsupportedTypeError, InvalidPayloadError, what the body parser throws
 */
export async function readJsonBody(http: Request, response: Response): Promise<unknown> {
  await run(readBytes, http, response);
  const bytes: unknown = http.body;
  if (!Buffer.isBuffer(bytes) || bytes.length === 0) {
    throw new AdiError(80009998, 'The request has no body: it has to be a JSON object.');
  }
  requireJson(http.get('content-type') ?? '');
  return parse(decode(bytes));
}

function requireJson(type: string): void {
  if (!JSON_TYPE.test(type)) throw new UnsupportedTypeError('The content type has to be application/json.');
  const charset = CHARSET.exec(type)?.[1] ?? 'utf-8';
  if (!/^utf-?8$/i.test(charset)) throw new UnsupportedTypeError('The charset of the body has to be utf-8.');
}

function decode(bytes: Buffer): string {
  const text = attempt(
    () => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes),
    () => 'The body is not valid UTF-8.',
  );
  if (!text.startsWith(BYTE_ORDER_MARK)) return text;
  throw new InvalidPayloadError('The body begins with a byte order mark: JSON is sent without one.');
}

function parse(text: string): unknown {
  return attempt(
    () => JSON.parse(text),
    (reason) => `The body is not valid JSON: ${reason}.`,
  );
}

function attempt<Result>(work: () => Result, complaint: (reason: string) => string): Result {
  try {
    return work();
  } catch (error) {
    throw new InvalidPayloadError(complaint((error as Error).message));
  }
}
