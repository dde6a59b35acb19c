import { checkDigit } from '../src/gs1/checkDigit';
import { formatEpcHex, parseEpcHex } from '../src/gs1/epc/hex';
import type { EpcPlusTag, EpcTag } from '../src/gs1/epc/schemes';
import { formatEpcTagUri, formatEpcUri, parseEpcTagUri, parseEpcUri } from '../src/gs1/epc/uri';

/**
 * Worked examples that others printed: hexadecimal, tag URI, key and serial. Where a source leaves out the zeros
 * that fill the last 16-bit word they are added here.
 *
 * The npm package epc-tds 1.4.1 decodes and encodes the same as this code but for the following, where TDS is
 * clear: it does not escape " % & / < > ? in URIs nor takes escapes of them (table A-1), it ends a serial at its
 * first dot (section 5 allows dots), and it knows no empty asset type behind a company prefix of 12 digits
 * (section 6.3.4, partition 0 of the GRAI partition table).
 */
const EXAMPLES: [source: string, hex: string, tagUri: string, key: string, serial: string][] = [
  // TDS 2.3, annex E.3. Its SGTIN-96 prints "…05.1234567896789" as EPC URI, an erratum: all else there says 123456789.
  [
    'TDS 2.3 E.3',
    '3066C4409047E140075BCD15',
    'sgtin-96:3.95060001343.05.123456789',
    '09506000134352',
    '123456789',
  ],
  [
    'TDS 2.3 E.3',
    '3666C4409047E159B2C2BF100000000000000000000000000000',
    'sgtin-198:3.95060001343.05.32a%2Fb',
    '09506000134352',
    '32a/b',
  ],
  ['TDS 2.3 E.3', '311BA1B300CE0A6A83000000', 'sscc-96:0.952012.03456789123', '095201234567891235', ''],
  ['TDS 2.3 E.3', '3376451FD40C0E400000162E', 'grai-96:3.9521141.12345.5678', '9521141123454', '5678'],
  [
    'TDS 2.3 E.3',
    '3776451FD40C0E59B2C2BF1000000000000000000000',
    'grai-170:3.9521141.12345.32a%2Fb',
    '9521141123454',
    '32a/b',
  ],
  // TDS 2.3, annex E.1, whose bits are printed field by field.
  ['TDS 2.3 E.1', '3066C4409047E14000001A85', 'sgtin-96:3.95060001343.05.6789', '09506000134352', '6789'],
  // Annex E.3 of TDS before 2.0.
  ['TDS 1 E.3', '3074257BF7194E4000001A85', 'sgtin-96:3.0614141.812345.6789', '80614141123458', '6789'],
  [
    'TDS 1 E.3',
    '3674257BF6B7A659B2C2BF100000000000000000000000000000',
    'sgtin-198:3.0614141.712345.32a%2Fb',
    '70614141123451',
    '32a/b',
  ],
  ['TDS 1 E.3', '3174257BF4499602D2000000', 'sscc-96:3.0614141.1234567890', '106141412345678908', ''],
  ['TDS 1 E.3', '3374257BF40C0E400000162E', 'grai-96:3.0614141.12345.5678', '0614141123452', '5678'],
  [
    'TDS 1 E.3',
    '3774257BF40C0E59B2C2BF1000000000000000000000',
    'grai-170:3.0614141.12345.32a%2Fb',
    '0614141123452',
    '32a/b',
  ],
  // EPC Tag Data Translation 1.6, page 13, there in bits.
  ['TDT 1.6', '30740242201D8840000FE632', 'sgtin-96:3.0037000.030241.1041970', '00037000302414', '1041970'],
  // GS1 Digital Link compression of EPC binary strings 1.0, section 4.2.
  [
    'EPCB 1.0',
    '30164596F40C0E5CBE991A83',
    'sgtin-96:0.9528765.012345.123456789123',
    '09528765123457',
    '123456789123',
  ],
  // Tests of a Java engine for EPC Tag Data Translation.
  [
    'Java TDT engine',
    '37E45BFB8386A0A0C2C7922A18F1E42D76995614A000',
    'grai-170:7.12345678901.2.ABcdE!GGH-;%26*a%25',
    '1234567890128',
    'ABcdE!GGH-;&*a%',
  ],
  // Tests of two Python libraries.
  [
    'Python library',
    '3714257BF40C0E60C287118B266D1780000000000000',
    'grai-170:0.0614141.12345.ABCD1234%2F',
    '0614141123452',
    'ABCD1234/',
  ],
  [
    'another Python library',
    '37180000400000588000000000000000000000000000',
    'grai-170:0.000001.000001.1',
    '0000010000014',
    '1',
  ],
];

describe.each(EXAMPLES)('%s: %s', (_, hex, tagBody, key, serial) => {
  const tagUri = `urn:epc:tag:${tagBody}`;
  const [, coding, body] = /^([^:]+):\d\.(.*)$/.exec(tagBody) as string[] as [string, string, string];
  const uri = `urn:epc:id:${coding.replace(/-.*/, '')}:${body}`;

  test('as tag URI', () => {
    const tag = parseEpcHex('epc', hex) as EpcTag;
    expect(tag).toMatchObject({ key, serial });
    expect(formatEpcTagUri(tag)).toBe(tagUri);
    expect(parseEpcTagUri('epc', tagUri)).toEqual(tag);
    expect(formatEpcHex(tag)).toBe(hex);
    expect(parseEpcHex('epc', hex.toLowerCase())).toEqual(tag);
  });

  test('as pure identity URI', () => {
    const epc = parseEpcUri('epc', uri);
    expect(epc).toMatchObject({ key, serial, prefixLength: body.indexOf('.') });
    expect(formatEpcUri(epc)).toBe(uri);
  });
});

/** URIs that TDS prints without their bits. */
test.each([
  ['7.2.1', 'urn:epc:id:sgtin:952656789012.0.4711', { key: '09526567890126', serial: '4711' }],
  ['7.2.3', 'urn:epc:id:sscc:952656789012.03456', { key: '095265678901234568', serial: '' }],
  ['7.3', 'urn:epc:id:sgtin:9521141.012345.32a%2Fb', { key: '09521141123454', serial: '32a/b' }],
  ['7.3.2, a GTIN-8', 'urn:epc:id:sgtin:00000950.01093.1', { key: '00000095010939', serial: '1' }],
  ['6.3.4', 'urn:epc:id:grai:9521141.12345.400', { key: '9521141123454', serial: '400' }],
  ['6.3.4, no asset type', `urn:epc:id:grai:952114112345..A.B`, { key: '9521141123454', serial: 'A.B' }],
])('TDS 2.3 section %s: %s', (_, uri, parts) => {
  const epc = parseEpcUri('epc', uri);
  expect(epc).toMatchObject(parts);
  expect(epc.key.at(-1)).toBe(checkDigit(epc.key.slice(0, -1)));
  expect(formatEpcUri(epc)).toBe(uri);
});

/** TDS 2.3, annex E.3: codings that do not split the key. */
test.each<[string, EpcPlusTag]>([
  [
    'F73795211411234538566CB0AFC4',
    { coding: 'sgtin+', scheme: 'sgtin', key: '79521141123453', serial: '32a/b', filter: 3, aidcData: false },
  ],
  [
    'F90095201234567891235000',
    { coding: 'sscc+', scheme: 'sscc', key: '095201234567891235', serial: '', filter: 0, aidcData: false },
  ],
  [
    'F13095211411234548566CB0AFC4',
    { coding: 'grai+', scheme: 'grai', key: '9521141123454', serial: '32a/b', filter: 3, aidcData: false },
  ],
])('TDS 2.3 E.3: %s', (hex, tag) => {
  expect(parseEpcHex('epc', hex)).toEqual(tag);
  expect(formatEpcHex(tag)).toBe(hex);
});
