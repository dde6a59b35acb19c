import { ValidationError } from '../errors';
import { hasRightCheckDigit, withRightCheckDigit } from './checkDigit';

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
