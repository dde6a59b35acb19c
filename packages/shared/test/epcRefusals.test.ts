import { graiEncoder, sgtinEncoder, ssccEncoder } from '../src/gs1/epc/encoders';
import { formatEpcHex, parseEpcHex } from '../src/gs1/epc/hex';
import type { EpcTag } from '../src/gs1/epc/schemes';
import { formatEpcTagUri, parseEpcTagUri, parseEpcUri } from '../src/gs1/epc/uri';
import { issueOf } from './epcSupport';

const GTIN = '09506000134352';
const TAG: EpcTag = {
  coding: 'sgtin-96',
  scheme: 'sgtin',
  key: GTIN,
  serial: '1',
  prefixLength: 7,
  filter: 1,
};

describe('company prefix', () => {
  test.each([4, 5])('of %i digits: counts as 6 (TDS 7.1)', (prefixLength) => {
    const issue = issueOf(() => sgtinEncoder(GTIN, prefixLength, 1));
    expect(issue).toMatchObject({ field: 'company_prefix_length', rule: 'company_prefix_length', valid: 6 });
    expect(issue.message).toContain('6 to 12 digits');
    expect(
      issueOf(() => parseEpcUri('epc', `urn:epc:id:sgtin:${'9'.repeat(prefixLength)}.00000001.1`)).valid,
    ).toBe(6);
    expect(issueOf(() => ssccEncoder('9'.repeat(prefixLength), 0)).valid).toBe(6);
  });

  test.each([0, 3, 13, 6.5, Number.NaN])('of %d digits', (prefixLength) => {
    expect(issueOf(() => graiEncoder('0614141123452', prefixLength, 1)).rule).toBe('company_prefix_length');
  });

  test('of a GTIN-8 has 8 digits, or 12 (TDS 7.3.2 and 7.2.1)', () => {
    expect(sgtinEncoder('95010939', 8, 1).uri('7')).toBe('urn:epc:id:sgtin:00000950.01093.7');
    expect(sgtinEncoder('95010939', 12, 1).uri('7')).toBe('urn:epc:id:sgtin:000009501093.0.7');
    expect(issueOf(() => sgtinEncoder('95010939', 7, 1))).toMatchObject({ valid: 8 });
  });

  test('of an encoder of SSCCs is that of all its SSCCs', () => {
    const encoder = ssccEncoder('0614141', 3);
    expect(encoder.hex96('106141412345678908')).toBe('3174257BF4499602D2000000');
    expect(issueOf(() => encoder.hex96('095201234567891235'))).toMatchObject({ rule: 'company_prefix' });
    expect(issueOf(() => encoder.uri('106141412345678907'))).toMatchObject({ rule: 'check_digit' });
    expect(issueOf(() => ssccEncoder('06141x1', 3))).toMatchObject({ field: 'company_prefix' });
  });
});

describe('serial', () => {
  const encoder = sgtinEncoder(GTIN, 7, 1);

  test.each(['', '01', '274877906944', '999999999999999999', 'A', '1.0', '1e3', '-1', ' 1'])(
    '"%s" does not fit SGTIN-96',
    (serial) => {
      const issue = issueOf(() => encoder.hex96(serial));
      expect(issue).toMatchObject({ field: 'serial', rule: 'numeric_serial', valid: 274877906943 });
      expect(issueOf(() => formatEpcTagUri({ ...TAG, serial })).rule).toBe('numeric_serial');
    },
  );

  test.each(['0', '1', '274877906943'])('"%s" fits SGTIN-96', (serial) => {
    expect(encoder.hex(serial)).toBe(encoder.hex96(serial));
  });

  test.each(['', 'x'.repeat(21), 'a b', 'a#', 'é', '1\n'])('"%s" is none', (serial) => {
    for (const make of [encoder.uri, encoder.hex, encoder.hexLong]) {
      expect(issueOf(() => make(serial))).toMatchObject({ field: 'serial', rule: 'serial' });
    }
  });

  test('of an SSCC is empty', () => {
    const tag: EpcTag = { ...TAG, coding: 'sscc-96', scheme: 'sscc', key: '095201234567891235', serial: '1' };
    expect(issueOf(() => formatEpcHex(tag)).rule).toBe('serial');
  });
});

test.each([-1, 8, 1.5, Number.NaN])('filter %d', (filter) => {
  expect(issueOf(() => sgtinEncoder(GTIN, 7, filter))).toMatchObject({ field: 'filter', rule: 'filter' });
  expect(issueOf(() => formatEpcTagUri({ ...TAG, filter })).rule).toBe('filter');
});

test('a coding of another scheme', () => {
  const wrong = { ...TAG, coding: 'grai-96' } as const;
  expect(issueOf(() => formatEpcHex(wrong))).toMatchObject({
    field: 'coding',
    valid: ['sgtin-96', 'sgtin-198'],
  });
  expect(issueOf(() => formatEpcTagUri(wrong))).toMatchObject({
    field: 'coding',
    valid: ['sgtin-96', 'sgtin-198'],
  });
});

test.each([
  ['', 'epc_scheme'],
  ['urn:epc:id:sgln:9521141.12345.400', 'epc_scheme'],
  ['URN:EPC:ID:SGTIN:9521141.012345.1', 'epc_scheme'],
  ['urn:epc:id:sgtin:9521141.012345', 'regex'],
  ['urn:epc:id:sgtin:9521141.012345.', 'regex'],
  ['urn:epc:id:sgtin:952114x.012345.1', 'regex'],
  ['urn:epc:id:sgtin:9521141.12345.1', 'epc_digits'],
  ['urn:epc:id:sgtin:9521141.0123456.1', 'epc_digits'],
  ['urn:epc:id:sgtin:9521141234567.0.1', 'company_prefix_length'],
  ['urn:epc:id:sgtin:9521141.012345.a/b', 'escape'],
  ['urn:epc:id:sgtin:9521141.012345.a%2', 'escape'],
  ['urn:epc:id:sgtin:9521141.012345.a b', 'escape'],
  ['urn:epc:id:sgtin:9521141.012345.a%23', 'serial'],
  ['urn:epc:id:sgtin:9521141.012345.123456789012345678901', 'serial'],
  ['urn:epc:id:sgtin:9521141.012345.1\n', 'escape'],
  ['urn:epc:id:grai:9521141.12345.12345678901234567', 'serial'],
  ['urn:epc:id:sscc:9521141.1234567890.1', 'regex'],
  ['urn:epc:id:sscc:9521141.123456789', 'epc_digits'],
])('%s is no EPC URI', (text, rule) => {
  expect(issueOf(() => parseEpcUri('epc', text))).toMatchObject({ field: 'epc', rule });
});

test('escapes of characters that need none are read as TDS 18.2.2 asks', () => {
  expect(parseEpcUri('epc', 'urn:epc:id:sgtin:9521141.012345.%41%2f').serial).toBe('A/');
});

test.each([
  ['urn:epc:tag:sgtin-64:3.9521141.012345.1', 'epc_scheme'],
  ['urn:epc:tag:sgtin-96:8.9521141.012345.1', 'regex'],
  ['urn:epc:tag:sgtin-96:9521141.012345.1', 'regex'],
  ['urn:epc:tag:[umi=1]sgtin-96:3.9521141.012345.1', 'regex'],
  ['urn:epc:tag:sgtin-96:3.9521141.012345.01', 'numeric_serial'],
  ['urn:epc:tag:grai-96:3.9521141.12345.A', 'numeric_serial'],
])('%s is no tag URI', (text, rule) => {
  expect(issueOf(() => parseEpcTagUri('epc', text))).toMatchObject({ field: 'epc', rule });
});

test.each([
  ['no hexadecimal', '3074257BF7194E4000001A8G', 'regex'],
  ['no whole words', '3074257BF7194E4000001A8', 'regex'],
  ['nothing', '', 'regex'],
  ['the header of an SGLN-96', '3276451FD46072000000162E', 'epc_header'],
  ['a word short', '3074257BF7194E400000', 'epc_length'],
  ['a word long', '3074257BF7194E4000001A850000', 'epc_length'],
  ['partition value 7', '307C257BF7194E4000001A85', 'epc_partition'],
  // Company prefix of 24 bits, all ones: more than 7 digits.
  ['a company prefix of too many digits', '3077FFFFF7194E4000001A85', 'epc_digits'],
  // Reference of 20 bits, all ones: more than 6 digits.
  ['a reference of too many digits', '3074257BF7FFFFC000001A85', 'epc_digits'],
  ['ones in the reserved bits of an SSCC-96', '3174257BF4499602D2000001', 'epc_padding'],
  ['ones behind an SGTIN-198', '3674257BF6B7A659B2C2BF100000000000000000000000000001', 'epc_padding'],
  ['an empty serial', '3674257BF6B7A640000000000000000000000000000000000000', 'serial'],
  ['characters behind a zero', '3674257BF6B7A659B2C2BF100000000000000000000000001000', 'serial'],
])('%s is no EPC of a tag', (_, hex, rule) => {
  expect(issueOf(() => parseEpcHex('epc', hex))).toMatchObject({ field: 'epc', rule });
});
