/** The GS1 keys that have an EPC here. */
export type EpcScheme = 'sgtin' | 'sscc' | 'grai';

/** The binary codings that split a key at its company prefix, as tag URIs name them. */
export type EpcCoding = 'sgtin-96' | 'sgtin-198' | 'sscc-96' | 'grai-96' | 'grai-170';

/** The binary codings of TDS 2.0 and later, which hold the key as it is. */
export type EpcPlusCoding = 'sgtin+' | 'sscc+' | 'grai+';

/** What an EPC names, and where its company prefix ends. */
export interface Epc {
  scheme: EpcScheme;
  /** The GTIN-14, SSCC or 13 digits of the GRAI's asset type, check digit included. */
  key: string;
  /** Up to 20 (SGTIN) or 16 (GRAI) characters of CSET 82; empty for an SSCC, which is all key. */
  serial: string;
  /** Digits of the company prefix, 6 to 12. */
  prefixLength: number;
}

/** An EPC as a tag holds it. */
export interface EpcTag extends Epc {
  coding: EpcCoding;
  /** 0 to 7 (TDS, section 10). */
  filter: number;
}

/** An EPC as a tag of a "+" coding holds it: that does not say where the company prefix ends. */
export interface EpcPlusTag extends Omit<Epc, 'prefixLength'> {
  coding: EpcPlusCoding;
  filter: number;
  /** Whether the tag holds further data behind the EPC (TDS, section 15.3), which is not read here. */
  aidcData: boolean;
}

/** How a coding that splits the key begins and how many bits it has. */
export interface CodingLayout {
  name: EpcCoding;
  header: number;
  bits: number;
}

interface SchemeLayout {
  /** The field that refusals of its key name. */
  keyField: string;
  /** Digits of the key with its check digit. */
  keyDigits: number;
  /** Whether a digit stands before the company prefix (indicator, extension); EPCs move it behind. */
  leadingDigit: boolean;
  /** Bits of company prefix and reference together. */
  splitBits: number;
  /** Most characters that a serial may have; 0 where the key has none. */
  serialLength: number;
  /** The 96-bit coding; with a serial only for such as fitsNumericSerial says. */
  short: CodingLayout;
  /** The coding for all serials; null where the key has none. */
  long: CodingLayout | null;
  /** The "+" coding, whose bits depend on the serial. */
  plus: { name: EpcPlusCoding; header: number };
}

/** EPC Tag Data Standard 2.3: headers of table 14-1, bits of sections 14.6.1, 14.6.2 and 14.6.4. */
export const EPC_SCHEMES = {
  sgtin: {
    keyField: 'gtin',
    keyDigits: 14,
    leadingDigit: true,
    splitBits: 44,
    serialLength: 20,
    short: { name: 'sgtin-96', header: 0x30, bits: 96 },
    long: { name: 'sgtin-198', header: 0x36, bits: 198 },
    plus: { name: 'sgtin+', header: 0xf7 },
  },
  sscc: {
    keyField: 'sscc',
    keyDigits: 18,
    leadingDigit: true,
    splitBits: 58,
    serialLength: 0,
    short: { name: 'sscc-96', header: 0x31, bits: 96 },
    long: null,
    plus: { name: 'sscc+', header: 0xf9 },
  },
  grai: {
    keyField: 'asset_type',
    keyDigits: 13,
    leadingDigit: false,
    splitBits: 44,
    serialLength: 16,
    short: { name: 'grai-96', header: 0x33, bits: 96 },
    long: { name: 'grai-170', header: 0x37, bits: 170 },
    plus: { name: 'grai+', header: 0xf1 },
  },
} as const satisfies Record<EpcScheme, SchemeLayout>;

/** The codings that split the keys of a scheme. */
export function codingsOf(scheme: EpcScheme): EpcCoding[] {
  const { short, long } = EPC_SCHEMES[scheme];
  return long ? [short.name, long.name] : [short.name];
}

/** The partition value is this less the digits of the company prefix (partition tables of section 14.6). */
export const LONGEST_PREFIX = 12;
export const SHORTEST_PREFIX = 6;

const PREFIX_BITS = [20, 24, 27, 30, 34, 37, 40];

/** Bits of a company prefix of 6 to 12 digits. */
export function prefixBits(prefixLength: number): number {
  return PREFIX_BITS[prefixLength - SHORTEST_PREFIX] as number;
}

/** Bits of the filter and of the partition value, and of a numeric serial. */
export const FILTER_BITS = 3;
export const PARTITION_BITS = 3;
export const NUMERIC_SERIAL_BITS = 38;
/** Bits of a character of a serial: ISO/IEC 646. */
export const CHARACTER_BITS = 7;
