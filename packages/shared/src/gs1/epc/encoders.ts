import { ValidationError } from '../../errors';
import { HexWriter } from './bits';
import { requireFilter, requireKey, requirePrefixLength, splitKey } from './epcKey';
import { escapeSerial, fitsNumericSerial, numericSerial, requireSerial } from './epcSerial';
import {
  CHARACTER_BITS,
  type CodingLayout,
  EPC_SCHEMES,
  FILTER_BITS,
  LONGEST_PREFIX,
  NUMERIC_SERIAL_BITS,
  PARTITION_BITS,
  prefixBits,
} from './schemes';

/** Makes the EPCs of one GTIN or asset type; all but the serial is worked out once. */
export interface SerialEncoder {
  /** The pure identity URI. */
  uri(serial: string): string;
  /** The 96-bit coding of a serial that fits it (fitsNumericSerial), the long coding of any other. */
  hex(serial: string): string;
  /** SGTIN-96 or GRAI-96; refuses serials that do not fit. */
  hex96(serial: string): string;
  /** SGTIN-198 or GRAI-170. */
  hexLong(serial: string): string;
}

/** Makes the EPCs of the SSCCs of one company prefix. */
export interface SsccEncoder {
  /** The pure identity URI. */
  uri(sscc: string): string;
  /** SSCC-96. */
  hex96(sscc: string): string;
}

/**
 * @param gtin 8, 12, 13 or 14 digits.
 * @param prefixLength Digits of the company prefix, 6 to 12; for a GTIN-8 it has to be 8, or 12 if the GTIN was
 * assigned on its own (TDS, sections 7.2.1 and 7.3.2).
 * @param filter 0 to 7 (TDS, section 10.2), for instance 1 for goods at the point of sale.
 * @throws ValidationError for these and, from the encoder's functions, for serials.
 */
export function sgtinEncoder(gtin: string, prefixLength: number, filter: number): SerialEncoder {
  const key = requireKey('sgtin', gtin);
  if (key.startsWith('000000') && prefixLength !== 8 && prefixLength !== 12) {
    const message =
      'In the EPC of a GTIN-8 the company prefix has 8 digits (EPC TDS, section 7.3.2), or 12 if it was assigned alone.';
    throw ValidationError.of('company_prefix_length', 'company_prefix_length', message, 8);
  }
  return serialEncoder('sgtin', key, prefixLength, filter);
}

/**
 * @param assetType 13 digits, check digit included.
 * @param prefixLength Digits of the company prefix, 6 to 12.
 * @param filter 0 to 7 (TDS, section 10.5).
 * @throws ValidationError for these and, from the encoder's functions, for serials.
 */
export function graiEncoder(assetType: string, prefixLength: number, filter: number): SerialEncoder {
  return serialEncoder('grai', assetType, prefixLength, filter);
}

/** As sgtinEncoder and graiEncoder, for any key that an EPC may hold. */
export function serialEncoder(
  scheme: 'sgtin' | 'grai',
  anyKey: string,
  prefixLength: number,
  filter: number,
): SerialEncoder {
  const { short, long, splitBits } = EPC_SCHEMES[scheme];
  const { companyPrefix, reference } = splitKey(scheme, requireKey(scheme, anyKey), prefixLength);
  const referenceBits = splitBits - prefixBits(prefixLength);
  const start = (layout: CodingLayout) =>
    startHex(layout, companyPrefix, filter).push(Number(reference), referenceBits);
  const shortStart = start(short);
  const longStart = start(long);
  const uriStart = `urn:epc:id:${scheme}:${companyPrefix}.${reference}.`;

  const hex96 = (serial: string) =>
    shortStart
      .fork()
      .push(numericSerial('serial', short.name, serial), NUMERIC_SERIAL_BITS)
      .toHex();
  const hexLong = (serial: string) => {
    requireSerial('serial', scheme, serial);
    const writer = longStart.fork();
    for (let k = 0; k < serial.length; k++) writer.push(serial.charCodeAt(k), CHARACTER_BITS);
    return writer.toHex(long.bits);
  };
  return {
    uri: (serial) => {
      requireSerial('serial', scheme, serial);
      return uriStart + escapeSerial(serial);
    },
    hex: (serial) => (fitsNumericSerial(serial) ? hex96(serial) : hexLong(serial)),
    hex96,
    hexLong,
  };
}

/**
 * @param companyPrefix 6 to 12 digits.
 * @param filter 0 to 7 (TDS, section 10.3).
 * @throws ValidationError for these and, from the encoder's functions, for what is no SSCC of this prefix.
 */
export function ssccEncoder(companyPrefix: string, filter: number): SsccEncoder {
  if (!/^\d+$/.test(companyPrefix)) {
    throw ValidationError.of('company_prefix', 'regex', 'A GS1 company prefix has digits only.');
  }
  const prefixLength = companyPrefix.length;
  requirePrefixLength('company_prefix', prefixLength);
  const { short, splitBits } = EPC_SCHEMES.sscc;
  const referenceBits = splitBits - prefixBits(prefixLength);
  const start = startHex(short, companyPrefix, filter);
  const uriStart = `urn:epc:id:sscc:${companyPrefix}.`;

  const referenceOf = (sscc: string) => {
    const split = splitKey('sscc', requireKey('sscc', sscc), prefixLength);
    if (split.companyPrefix === companyPrefix) return split.reference;
    throw ValidationError.of(
      'sscc',
      'company_prefix',
      `The SSCC "${sscc}" is not of prefix ${companyPrefix}.`,
    );
  };
  return {
    uri: (sscc) => uriStart + referenceOf(sscc),
    hex96: (sscc) =>
      start
        .fork()
        .push(Number(referenceOf(sscc)), referenceBits)
        .toHex(short.bits),
  };
}

/** Header, filter, partition value and company prefix (TDS, section 14.3.3). */
function startHex({ header }: CodingLayout, companyPrefix: string, filter: number): HexWriter {
  requireFilter('filter', filter);
  const prefixLength = companyPrefix.length;
  return new HexWriter()
    .push(header, 8)
    .push(filter, FILTER_BITS)
    .push(LONGEST_PREFIX - prefixLength, PARTITION_BITS)
    .push(Number(companyPrefix), prefixBits(prefixLength));
}
