import { type CodemintError, isCset82, isUuid, parseCodeId, ValidationError } from '@codemint/shared';
import { MAX_LENGTH, type NamespaceKey } from '../pools/namespaces';
import type { ImportLine } from './importLine';

export const CODE_STATUSES = ['unassigned', 'reserved', 'assigned', 'encoded'] as const;

/** The unreserved characters of RFC 3986: no part of a link's path has to be escaped. */
const URL_SAFE = /^[A-Za-z0-9\-._~]*$/;

/**
 * What is wrong with a line in itself.
 * @param kind of the code's namespace; undefined where the line names none that could be found
 */
export function checkLine(line: ImportLine, kind: NamespaceKey['kind'] | undefined): CodemintError[] {
  return [
    checkCode(line.code ?? '', kind),
    checkId(line.id ?? null),
    checkStatus(line.status ?? null),
  ].filter((error) => error !== undefined);
}

function checkCode(code: string, kind: NamespaceKey['kind'] | undefined): ValidationError | undefined {
  if (code === '') return ValidationError.of('code', 'required', 'Value is required.');
  if (kind === undefined) return undefined;
  const longest = MAX_LENGTH[kind];
  if (kind === 'short_code') {
    if (!URL_SAFE.test(code)) {
      return ValidationError.of('code', 'regex', 'A short code has letters, digits and "-._~" alone.');
    }
    // Browsers take them for this folder and the one above.
    if (code === '.' || code === '..')
      return ValidationError.of('code', 'regex', `"${code}" is no short code.`);
  } else if (!isCset82(code)) {
    return ValidationError.of('code', 'regex', "A serial has characters of GS1's CSET 82 alone.");
  }
  if (code.length <= longest) return undefined;
  return ValidationError.of(
    'code',
    'max_length',
    `Value has to have at most ${longest} characters.`,
    longest,
  );
}

function checkId(id: string | null): ValidationError | undefined {
  if (id === null) return undefined;
  if (!isUuid(id)) return ValidationError.of('id', 'uuid', 'Value has to be a uuid.');
  if (parseCodeId(id) === undefined) return undefined;
  return ValidationError.of('id', 'reserved', 'Such ids, of version 8, are those of codes made here.');
}

function checkStatus(status: string | null): ValidationError | undefined {
  if (status === null || CODE_STATUSES.some((known) => known === status)) return undefined;
  const list = CODE_STATUSES.map((known) => `"${known}"`).join(', ');
  return ValidationError.of('status', 'in', `Value has to be one of ${list}.`, CODE_STATUSES);
}
