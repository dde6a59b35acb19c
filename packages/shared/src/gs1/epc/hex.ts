import { ValidationError } from '../../errors';
import { isCset82 } from '../cset82';
import { HexReader, hexDigits } from './bits';
import { serialEncoder, ssccEncoder } from './encoders';
import { joinKey, referenceDigits, requireCoding, requireKey, splitKey } from './epcKey';
import { requireSerial } from './epcSerial';
import { formatPlus, readPlus } from './plus';
import {
  CHARACTER_BITS,
  type CodingLayout,
  codingsOf,
  EPC_SCHEMES,
  type EpcPlusTag,
  type EpcScheme,
  type EpcTag,
  FILTER_BITS,
  LONGEST_PREFIX,
  NUMERIC_SERIAL_BITS,
  PARTITION_BITS,
  prefixBits,
} from './schemes';

/**
 * The content of a tag's EPC memory from bit 20h on: upper-case hexadecimal digits of whole 16-bit words, zeros
 * in the bits that are left over (TDS, sections 14.3 and 15.1.1).
 * @throws ValidationError for a key (with the right check digit), prefix length, filter, serial, or data to follow.
 */
export function formatEpcHex(tag: EpcTag | EpcPlusTag): string {
  const { short, plus } = EPC_SCHEMES[tag.scheme];
  if (!('prefixLength' in tag)) {
    requireCoding('coding', tag.coding, [plus.name]);
    return formatPlus(tag);
  }
  requireCoding('coding', tag.coding, codingsOf(tag.scheme));
  if (tag.scheme === 'sscc') {
    requireSerial('serial', 'sscc', tag.serial);
    const { companyPrefix } = splitKey('sscc', requireKey('sscc', tag.key), tag.prefixLength);
    return ssccEncoder(companyPrefix, tag.filter).hex96(tag.key);
  }
  const encoder = serialEncoder(tag.scheme, tag.key, tag.prefixLength, tag.filter);
  return tag.coding === short.name ? encoder.hex96(tag.serial) : encoder.hexLong(tag.serial);
}

/**
 * The inverse of formatEpcHex (TDS, sections 14.4 and 14.5); letters of either case. "+" codings may have another
 * encoding of the serial than the shortest, which formatEpcHex chooses.
 * @param field What refusals name.
 * @throws ValidationError that says which rule the digits break.
 */
export function parseEpcHex(field: string, hex: string): EpcTag | EpcPlusTag {
  const reader = new HexReader(field, hex);
  const header = reader.read(8);
  for (const scheme of Object.keys(EPC_SCHEMES) as EpcScheme[]) {
    const { short, long, plus } = EPC_SCHEMES[scheme];
    if (header === plus.header) return readPlus(field, scheme, reader);
    const coding = [short, long].find((one) => one?.header === header);
    if (coding) return readSplit(field, scheme, coding, reader, hex.length);
  }
  const message = `No EPC header that is known here: ${hex.slice(0, 2).toUpperCase()}.`;
  throw ValidationError.of(field, 'epc_header', message);
}

/** Reads a coding that splits the key at its company prefix, from behind its header. */
function readSplit(
  field: string,
  scheme: EpcScheme,
  coding: CodingLayout,
  reader: HexReader,
  digits: number,
): EpcTag {
  const right = hexDigits(coding.bits);
  if (digits !== right) {
    const message = `${coding.name.toUpperCase()} has ${right} hexadecimal digits, not ${digits}.`;
    throw ValidationError.of(field, 'epc_length', message, right);
  }
  const filter = reader.read(FILTER_BITS);
  const partition = reader.read(PARTITION_BITS);
  if (partition > 6) {
    throw ValidationError.of(field, 'epc_partition', 'Partition values are 0 to 6, not 7.');
  }
  const prefixLength = LONGEST_PREFIX - partition;
  const bits = prefixBits(prefixLength);
  const companyPrefix = readDigits(field, reader, bits, prefixLength);
  const { splitBits } = EPC_SCHEMES[scheme];
  const reference = readDigits(field, reader, splitBits - bits, referenceDigits(scheme, prefixLength));
  const serial = readSerial(field, scheme, coding, reader);
  reader.finish();
  return {
    coding: coding.name,
    scheme,
    key: joinKey(scheme, { companyPrefix, reference }),
    serial,
    prefixLength,
    filter,
  };
}

/** A number as so many digits, which may be none (TDS, section 14.4.3). */
function readDigits(field: string, reader: HexReader, bits: number, digits: number): string {
  const value = reader.read(bits);
  if (value >= 10 ** digits) {
    const message = `A part of the key is ${value}, which is more than ${digits} digits hold.`;
    throw ValidationError.of(field, 'epc_digits', message);
  }
  return digits === 0 ? '' : String(value).padStart(digits, '0');
}

function readSerial(field: string, scheme: EpcScheme, coding: CodingLayout, reader: HexReader): string {
  const { short, serialLength } = EPC_SCHEMES[scheme];
  if (scheme === 'sscc') return '';
  if (coding === short) return String(reader.read(NUMERIC_SERIAL_BITS));
  const codes = Array.from({ length: serialLength }, () => reader.read(CHARACTER_BITS));
  const serial = String.fromCharCode(...codes).replace(/\0+$/, '');
  if (serial !== '' && isCset82(serial)) return serial;
  const message =
    'The serial has to be characters of CSET 82, one at least, with nothing but zeros behind them.';
  throw ValidationError.of(field, 'serial', message);
}
