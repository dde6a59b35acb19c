import { ValidationError } from '../../errors';
import { checkDigit } from '../checkDigit';
import { normaliseAssetType, normaliseGtin, normaliseSscc } from '../keys';
import { EPC_SCHEMES, type EpcScheme, LONGEST_PREFIX, SHORTEST_PREFIX } from './schemes';

const NORMALISE = { sgtin: normaliseGtin, sscc: normaliseSscc, grai: normaliseAssetType };

/** A key as an EPC takes it apart: both parts of digits, the reference maybe empty. */
export interface SplitKey {
  companyPrefix: string;
  /** The digits behind the company prefix without the check digit, an indicator or extension digit first. */
  reference: string;
}

/**
 * The key in full length (a GTIN as GTIN-14).
 * @param field What refusals name, else the key's own field.
 * @throws ValidationError that names the field and, if only that is wrong, the right check digit.
 */
export function requireKey(scheme: EpcScheme, key: string, field?: string): string {
  return NORMALISE[scheme](field ?? EPC_SCHEMES[scheme].keyField, key);
}

/**
 * Takes a key apart (TDS, sections 7.3 for SGTIN, 7.4 for SSCC, 7.6 for GRAI).
 * @param key In full length, with its check digit.
 * @throws ValidationError unless the company prefix has 6 to 12 digits.
 */
export function splitKey(scheme: EpcScheme, key: string, prefixLength: number): SplitKey {
  requirePrefixLength('company_prefix_length', prefixLength);
  const lead = EPC_SCHEMES[scheme].leadingDigit ? 1 : 0;
  return {
    companyPrefix: key.slice(lead, lead + prefixLength),
    reference: key.slice(0, lead) + key.slice(lead + prefixLength, -1),
  };
}

/** The inverse of splitKey, with the check digit, which EPCs leave out. */
export function joinKey(scheme: EpcScheme, { companyPrefix, reference }: SplitKey): string {
  const lead = EPC_SCHEMES[scheme].leadingDigit ? 1 : 0;
  const digits = reference.slice(0, lead) + companyPrefix + reference.slice(lead);
  return digits + checkDigit(digits);
}

/** Digits of the reference behind a company prefix of this length. */
export function referenceDigits(scheme: EpcScheme, prefixLength: number): number {
  return EPC_SCHEMES[scheme].keyDigits - 1 - prefixLength;
}

/** @throws ValidationError that names the field unless an EPC can have a company prefix of so many digits. */
export function requirePrefixLength(field: string, prefixLength: number): void {
  if (Number.isInteger(prefixLength) && prefixLength >= SHORTEST_PREFIX && prefixLength <= LONGEST_PREFIX) {
    return;
  }
  const rule = 'EPCs have company prefixes of 6 to 12 digits';
  const short = prefixLength === 4 || prefixLength === 5;
  const message = short
    ? `${rule}: one of ${prefixLength} counts as 6, with the digits of the key that follow (EPC TDS, section 7.1).`
    : `${rule}.`;
  throw ValidationError.of(field, 'company_prefix_length', message, short ? SHORTEST_PREFIX : undefined);
}

/** @throws ValidationError unless the filter is an integer from 0 to 7. */
export function requireFilter(field: string, filter: number): void {
  if (!Number.isInteger(filter) || filter < 0 || filter > 7) {
    throw ValidationError.of(field, 'filter', 'The filter value of an EPC is a digit from 0 to 7.');
  }
}

/** @throws ValidationError that names the field unless the coding is one of these. */
export function requireCoding(field: string, coding: string, valid: readonly string[]): void {
  if (valid.includes(coding)) return;
  throw ValidationError.of(field, 'epc_scheme', `The coding has to be ${valid.join(' or ')}.`, valid);
}
