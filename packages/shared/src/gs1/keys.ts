import { ValidationError } from '../errors';
import { hasRightCheckDigit, withRightCheckDigit } from './checkDigit';
import { isCset82 } from './cset82';

/** A product's key as its Digital Link path says: a GTIN-14, or the 13 digits of a GRAI's asset type. */
export interface ProductKey {
  kind: 'sgtin' | 'grai';
  key: string;
}

/**
 * A GTIN of 8, 12, 13 or 14 digits as GTIN-14.
 * @throws ValidationError that names the field and, if only that is wrong, the right check digit.
 */
export function normaliseGtin(field: string, text: string): string {
  if (!/^(\d{8}|\d{12,14})$/.test(text)) {
    throw ValidationError.of(field, 'regex', 'A GTIN has 8, 12, 13 or 14 digits.');
  }
  requireCheckDigit(field, text);
  return text.padStart(14, '0');
}

/**
 * A GRAI's asset type: 13 digits, the last of them the check digit.
 * @throws ValidationError as normaliseGtin.
 */
export function normaliseAssetType(field: string, text: string): string {
  if (!/^\d{13}$/.test(text)) {
    throw ValidationError.of(field, 'regex', "A GRAI's asset type has 13 digits.");
  }
  requireCheckDigit(field, text);
  return text;
}

/**
 * An SSCC: 18 digits, the last of them the check digit.
 * @throws ValidationError as normaliseGtin.
 */
export function normaliseSscc(field: string, text: string): string {
  if (!/^\d{18}$/.test(text)) throw ValidationError.of(field, 'regex', 'An SSCC has 18 digits.');
  requireCheckDigit(field, text);
  return text;
}

/**
 * A GLN: 13 digits, the last of them the check digit.
 * @throws ValidationError as normaliseGtin.
 */
export function normaliseGln(field: string, text: string): string {
  if (!/^\d{13}$/.test(text)) throw ValidationError.of(field, 'regex', 'A GLN has 13 digits.');
  requireCheckDigit(field, text);
  return text;
}

/**
 * A GRAI as AI 8003 holds it: a zero, the 13 digits of the asset type and up to 16 characters of CSET 82.
 * @throws ValidationError as normaliseGtin, the right check digit being that of the asset type.
 */
export function normaliseGrai(field: string, text: string): string {
  const [, assetType, serial] = /^0(\d{13})(.{0,16})$/.exec(text) ?? [];
  if (assetType === undefined || serial === undefined || !isCset82(serial)) {
    const message = 'A GRAI has a zero, 13 digits and up to 16 characters of CSET 82.';
    throw ValidationError.of(field, 'regex', message);
  }
  requireCheckDigit(field, assetType);
  return text;
}

/**
 * A GS1 company prefix.
 * @throws ValidationError that names the field unless it is 4 to 12 digits.
 */
export function normaliseCompanyPrefix(field: string, text: string): string {
  if (!/^\d{4,12}$/.test(text)) {
    throw ValidationError.of(field, 'regex', 'A GS1 company prefix has 4 to 12 digits.');
  }
  return text;
}

/**
 * The key in a product's id, `/01/{GTIN-14}` or `/8003/0{13 digits}`; null if the id is neither.
 * @throws ValidationError that names the field if the id is one of them but for its check digit.
 */
export function parseProductKey(id: string, field = 'id'): ProductKey | null {
  const [, gtin, assetType] = /^(?:\/01\/(\d{14})|\/8003\/0(\d{13}))$/.exec(id) ?? [];
  if (gtin !== undefined) return { kind: 'sgtin', key: normaliseGtin(field, gtin) };
  if (assetType !== undefined) return { kind: 'grai', key: normaliseAssetType(field, assetType) };
  return null;
}

function requireCheckDigit(field: string, key: string): void {
  if (hasRightCheckDigit(key)) return;
  const right = withRightCheckDigit(key);
  const message = `The check digit of "${key}" has to be "${right.at(-1)}" ("${right}").`;
  throw ValidationError.of(field, 'check_digit', message, right);
}
