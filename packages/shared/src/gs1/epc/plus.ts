import { ValidationError } from '../../errors';
import { readAlphanumeric, writeAlphanumeric } from './alphanumeric';
import { type HexReader, HexWriter } from './bits';
import { requireFilter, requireKey } from './epcKey';
import { requireSerial } from './epcSerial';
import { EPC_SCHEMES, type EpcPlusTag, type EpcScheme, FILTER_BITS } from './schemes';

/**
 * SGTIN+ of one GTIN (TDS, section 14.6.1.3), which needs no length of a company prefix. Its bits, and so its
 * digits, are fewer for short serials of few characters.
 * @param gtin 8, 12, 13 or 14 digits.
 * @param filter 0 to 7.
 * @returns Function from a serial to upper-case hexadecimal digits of whole 16-bit words.
 * @throws ValidationError for the two and, from the function, for serials.
 */
export function sgtinPlusEncoder(gtin: string, filter: number): (serial: string) => string {
  return plusEncoder('sgtin', gtin, filter);
}

/** GRAI+ of one asset type of 13 digits (TDS, section 14.6.4.3); else as sgtinPlusEncoder. */
export function graiPlusEncoder(assetType: string, filter: number): (serial: string) => string {
  return plusEncoder('grai', assetType, filter);
}

/** SSCC+ of any SSCC (TDS, section 14.6.2.2); else as sgtinPlusEncoder. */
export function ssccPlusEncoder(filter: number): (sscc: string) => string {
  const start = startPlus('sscc', filter);
  return (sscc) => start.fork().pushDigits(requireKey('sscc', sscc)).toHex();
}

/** The hexadecimal digits of a "+" coding without further data behind it. */
export function formatPlus({ scheme, key, serial, filter, aidcData }: EpcPlusTag): string {
  if (aidcData) {
    throw ValidationError.of('aidc_data', 'aidc_data', 'No data can be written behind the EPC.', false);
  }
  if (scheme !== 'sscc') return plusEncoder(scheme, key, filter)(serial);
  requireSerial('serial', scheme, serial);
  return ssccPlusEncoder(filter)(key);
}

/**
 * Reads a "+" coding from behind its header.
 * @throws ValidationError that names the field and the rule.
 */
export function readPlus(field: string, scheme: EpcScheme, reader: HexReader): EpcPlusTag {
  const { plus, serialLength } = EPC_SCHEMES[scheme];
  const aidcData = reader.read(1) === 1;
  const filter = reader.read(FILTER_BITS);
  const key = readKey(field, scheme, reader);
  const serial = serialLength > 0 ? readAlphanumeric(field, reader, serialLength) : '';
  requireRest(field, reader, aidcData);
  return { coding: plus.name, scheme, key, serial, filter, aidcData };
}

function plusEncoder(scheme: 'sgtin' | 'grai', anyKey: string, filter: number): (serial: string) => string {
  const key = requireKey(scheme, anyKey);
  const start = startPlus(scheme, filter).pushDigits(keyPadding(scheme) + key);
  return (serial) => {
    requireSerial('serial', scheme, serial);
    const writer = start.fork();
    writeAlphanumeric(writer, serial);
    return writer.toHex();
  };
}

/** Header, toggle bit (0: no data follow, section 14.5.1) and filter. */
function startPlus(scheme: EpcScheme, filter: number): HexWriter {
  requireFilter('filter', filter);
  return new HexWriter().push(EPC_SCHEMES[scheme].plus.header, 8).push(0, 1).push(filter, FILTER_BITS);
}

/** A GRAI's asset type follows a zero, as in AI 8003. */
function keyPadding(scheme: EpcScheme): string {
  return scheme === 'grai' ? '0' : '';
}

function readKey(field: string, scheme: EpcScheme, reader: HexReader): string {
  const padding = keyPadding(scheme);
  const nibbles = Array.from({ length: padding.length + EPC_SCHEMES[scheme].keyDigits }, () =>
    reader.read(4),
  );
  const digits = nibbles.map((nibble) => nibble.toString(16)).join('');
  if (!/^\d+$/.test(digits) || !digits.startsWith(padding)) {
    const message = `The key of ${scheme.toUpperCase()}+ is ${padding ? 'a zero and ' : ''}digits of 4 bits each.`;
    throw ValidationError.of(field, 'epc_digits', message);
  }
  return requireKey(scheme, digits.slice(padding.length), field);
}

/** Nothing but zeros, to the end of the word, unless the toggle bit says that data follow: then an AI at least. */
function requireRest(field: string, reader: HexReader, aidcData: boolean): void {
  const rest = reader.rest();
  if (aidcData) {
    if (rest.length >= 8 && rest.includes('1')) return;
    const message = 'The toggle bit says that data follow the EPC, but none do.';
    throw ValidationError.of(field, 'aidc_data', message);
  }
  reader.finish();
  if (rest.length < 16) return;
  throw ValidationError.of(field, 'epc_length', 'There are more 16-bit words than the EPC needs.');
}
