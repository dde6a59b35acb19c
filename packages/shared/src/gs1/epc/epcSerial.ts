import { ValidationError } from '../../errors';
import { EPC_SCHEMES, type EpcScheme } from './schemes';

/** The greatest serial of the 96-bit codings of SGTIN and GRAI: 38 bits. */
export const MAX_NUMERIC_SERIAL = 2 ** 38 - 1;

/** CSET 82: the characters between % and ? are all in it. */
const CHARACTERS = '[!"%-?A-Z_a-z]';
const SERIALS = {
  sgtin: new RegExp(`^${CHARACTERS}{1,20}$`),
  grai: new RegExp(`^${CHARACTERS}{1,16}$`),
  sscc: /^$/,
};

/** What URIs cannot hold as it is (TDS, table A-1). */
const ESCAPED = /["%&/<>?]/g;

/** Text of a serial in a URI: the GS3A3Component of TDS, section 5. */
const URI_TEXT = /^(?:[!'()*+,\-.0-9:;=A-Z_a-z]|%[0-9A-Fa-f]{2})+$/;

/** Whether the 96-bit codings hold this serial: digits without leading zero, at most MAX_NUMERIC_SERIAL. */
export function fitsNumericSerial(serial: string): boolean {
  return /^(?:0|[1-9]\d{0,11})$/.test(serial) && Number(serial) <= MAX_NUMERIC_SERIAL;
}

/**
 * The number that the 96-bit codings hold for this serial.
 * @throws ValidationError that names the field unless fitsNumericSerial.
 */
export function numericSerial(field: string, coding: string, serial: string): number {
  if (fitsNumericSerial(serial)) return Number(serial);
  const message = `${coding.toUpperCase()} holds serials of digits without leading zero, at most ${MAX_NUMERIC_SERIAL}.`;
  throw ValidationError.of(field, 'numeric_serial', message, MAX_NUMERIC_SERIAL);
}

/** @throws ValidationError that names the field unless an EPC of this scheme can have this serial. */
export function requireSerial(field: string, scheme: EpcScheme, serial: string): void {
  if (SERIALS[scheme].test(serial)) return;
  const longest = EPC_SCHEMES[scheme].serialLength;
  const message = longest
    ? `The serial of ${scheme === 'sgtin' ? 'an SGTIN' : 'a GRAI'} has 1 to ${longest} characters of CSET 82.`
    : 'An SSCC has no serial beside its digits.';
  throw ValidationError.of(field, 'serial', message);
}

/** The serial as URIs have it. */
export function escapeSerial(serial: string): string {
  return serial.replace(ESCAPED, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

/**
 * The serial in a URI. Escapes of characters that need none are taken too, as TDS 14.3.2 and 18.2.2 ask.
 * @throws ValidationError that names the field if the text is none or the serial not one of the scheme.
 */
export function unescapeSerial(field: string, scheme: EpcScheme, text: string): string {
  if (!URI_TEXT.test(text)) {
    const message =
      'A serial in an EPC URI has characters of CSET 82, of which " % & / < > ? are escaped as %XX.';
    throw ValidationError.of(field, 'escape', message);
  }
  const serial = text.replace(/%(..)/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
  requireSerial(field, scheme, serial);
  return serial;
}
