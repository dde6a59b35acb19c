import { graiEncoder, type JobType, type SsccEncoder, sgtinEncoder, ssccEncoder } from '@codemint/shared';
import type { Column } from './column';

/** Shorter company prefixes count as six digits, with those of the key that follow (EPC TDS, section 7.1). */
const SHORTEST_PREFIX = 6;

/** Any serial: only what stands before it is taken. */
const SOME_SERIAL = '1';

/** Hexadecimal digits of the codings of 96 bits, of SGTIN-198 and of GRAI-170. */
const DIGITS = { short: 24, sgtin: 52, grai: 44 };

/** The pure identity URI. @param companyPrefixLength 4 to 12 */
export function epcUriColumn(type: JobType, key: string, companyPrefixLength: number): Column {
  const prefixLength = Math.max(companyPrefixLength, SHORTEST_PREFIX);
  if (type === 'sscc') {
    return [
      { kind: 'text', text: 'urn:epc:id:sscc:' },
      { kind: 'code', start: 1, end: 1 + prefixLength },
      { kind: 'text', text: '.' },
      { kind: 'code', start: 0, end: 1 },
      { kind: 'code', start: 1 + prefixLength, end: -1 },
    ];
  }
  const { uri } = serialEncoder(type, key, prefixLength, 0);
  const head = uri(SOME_SERIAL).slice(0, -SOME_SERIAL.length);
  return [
    { kind: 'text', text: head },
    { kind: 'code', start: 0, escape: (serial) => uri(serial).slice(head.length) },
  ];
}

/** The EPC as a tag holds it, in hexadecimal digits. @param companyPrefixLength 4 to 12 */
export function epcHexColumn(
  type: JobType,
  key: string,
  companyPrefixLength: number,
  filterValue: number,
): Column {
  const prefixLength = Math.max(companyPrefixLength, SHORTEST_PREFIX);
  const { short: least } = DIGITS;
  if (type === 'sscc') {
    return [{ kind: 'computed', of: ssccHex(prefixLength, filterValue), least, most: least }];
  }
  const encoder = serialEncoder(type, key, prefixLength, filterValue);
  const most = DIGITS[type === 'grai' ? 'grai' : 'sgtin'];
  return [{ kind: 'computed', of: encoder.hex, least, most }];
}

function serialEncoder(type: JobType, key: string, prefixLength: number, filterValue: number) {
  const encoder = type === 'grai' ? graiEncoder : sgtinEncoder;
  return encoder(key, prefixLength, filterValue);
}

/** A job's SSCCs run upwards: with a short prefix the six digits change, but rarely. */
function ssccHex(prefixLength: number, filterValue: number): (sscc: string) => string {
  let last: { prefix: string; encoder: SsccEncoder } | undefined;
  return (sscc) => {
    const prefix = sscc.slice(1, 1 + prefixLength);
    if (last?.prefix !== prefix) last = { prefix, encoder: ssccEncoder(prefix, filterValue) };
    return last.encoder.hex96(sscc);
  };
}
