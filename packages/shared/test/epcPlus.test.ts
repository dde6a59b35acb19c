import fc from 'fast-check';
import { readAlphanumeric, writeAlphanumeric } from '../src/gs1/epc/alphanumeric';
import { HexReader, HexWriter } from '../src/gs1/epc/bits';
import { formatEpcHex, parseEpcHex } from '../src/gs1/epc/hex';
import { sgtinPlusEncoder } from '../src/gs1/epc/plus';
import type { EpcPlusTag } from '../src/gs1/epc/schemes';
import { issueOf, serials, unlessRefused } from './epcSupport';

const GTIN = '79521141123453';
const START = `F73${GTIN}`;

/** The digits of an SGTIN+ whose serial has these bits. */
function sgtinPlus(serialBits: [value: number, bits: number][], start = START): string {
  const writer = new HexWriter().push(Number.parseInt(start.slice(0, 3), 16), 12).pushDigits(GTIN);
  for (const [value, bits] of serialBits) writer.push(value, bits);
  return writer.toHex();
}

/**
 * Serials and their bits. Where a section is named they are worked out by its table or formula, else they are a
 * part of an example of TDS 2.3, annex E.3, whose field is encoded as AI 21 is (table F: 3 and 5 bits before it).
 */
test.each([
  ['GDTI+', '5678', '0458B8'],
  ['ITIP+', 'rif981', '66AE27FDF35'],
  ['SGTIN+', '32a/b', '8566CB0AFC4'],
  ['CPI+, before its own serial', 'PQ7/Z43', '87A145BAFB4D198'],
  ['GIAI+', 'a/b', '83C2BF10'],
  ['14.5.6.1, 20 digits in 67 bits', '00000000000000000001', '1400000000000000002'],
  ['14.5.6.1, the greatest of 20 digits', '99999999999999999999', '14AD78EBC5AC61FFFFE'],
  ['14.5.6.2', 'DEADBEEF01', '2ADEADBEEF01'],
  ['14.5.6.3', '0ab1', '440AB1'],
  ['14.5.6.5', 'XYZ-01:9.', 'A99A03AD90BB75'],
  ['14.5.6.5, padded', 'A.B:Z', 'A50AA3B951'],
])('%s: the serial "%s"', (_, serial, bits) => {
  const hex = (START + bits).padEnd(Math.ceil((START + bits).length / 4) * 4, '0');
  expect(sgtinPlusEncoder(GTIN, 3)(serial)).toBe(hex);
  expect(parseEpcHex('epc', hex)).toMatchObject({ coding: 'sgtin+', key: GTIN, serial, filter: 3 });
});

/** TDS 2.3, table B: bits of 1 to 20 characters. */
const TABLE_B = {
  numeric: [4, 7, 10, 14, 17, 20, 24, 27, 30, 34, 37, 40, 44, 47, 50, 54, 57, 60, 64, 67],
  code40: [16, 16, 16, 32, 32, 32, 48, 48, 48, 64, 64, 64, 80, 80, 80, 96, 96, 96, 112, 112],
};

test.each(Array.from({ length: 20 }, (_, k) => k + 1))(
  'a serial of %i characters takes the fewest bits',
  (length) => {
    const numeric = TABLE_B.numeric[length - 1] as number;
    const code40 = TABLE_B.code40[length - 1] as number;
    const cases: [text: string, indicators: number[], bits: number][] = [
      ['7'.repeat(length), [0], numeric],
      ['F'.repeat(length), [1], 4 * length],
      ['f'.repeat(length), [2], 4 * length],
      ['z'.repeat(length), [3], 6 * length],
      ['Z'.repeat(length), [3, 5], Math.min(6 * length, code40)],
      [':'.repeat(length), [4, 5], Math.min(7 * length, code40)],
      ['/'.repeat(length), [4], 7 * length],
    ];
    for (const [text, indicators, bits] of cases) {
      const writer = new HexWriter();
      writeAlphanumeric(writer, text);
      const reader = new HexReader('epc', writer.push(1, 1).toHex());
      const written = reader.rest();
      expect(written.lastIndexOf('1')).toBe(8 + bits);
      expect(indicators).toContain(Number.parseInt(written.slice(0, 3), 2));
      expect(readAlphanumeric('epc', reader, 20)).toBe(text);
    }
  },
);

test('a serial in another encoding than the shortest is read, as section 14.5.6 allows', () => {
  const seven = sgtinPlus([
    [4, 3],
    [2, 5],
    [0x35, 7],
    [0x36, 7],
  ]);
  const hexadecimal = sgtinPlus([
    [1, 3],
    [2, 5],
    [0x56, 8],
  ]);
  for (const hex of [seven, hexadecimal]) {
    const tag = parseEpcHex('epc', hex);
    expect(tag.serial).toBe('56');
    expect(parseEpcHex('epc', formatEpcHex(tag))).toEqual(tag);
  }
});

describe('refusals', () => {
  test.each<[string, string, [number, number][]]>([
    [
      'indicator 6, reserved',
      'encoding_indicator',
      [
        [6, 3],
        [1, 5],
        [0, 16],
      ],
    ],
    [
      'indicator 7, reserved',
      'encoding_indicator',
      [
        [7, 3],
        [1, 5],
        [0, 16],
      ],
    ],
    [
      'no characters',
      'serial',
      [
        [0, 3],
        [0, 5],
      ],
    ],
    [
      '21 characters',
      'serial',
      [
        [3, 3],
        [21, 5],
        [0, 48],
        [0, 48],
        [0, 30],
      ],
    ],
    [
      'a number of more digits',
      'serial',
      [
        [0, 3],
        [1, 5],
        [10, 4],
      ],
    ],
    [
      'a character beyond CSET 82',
      'serial',
      [
        [4, 3],
        [1, 5],
        [0x23, 7],
      ],
    ],
    [
      'group 0 of URN Code 40',
      'serial',
      [
        [5, 3],
        [3, 5],
        [0, 16],
      ],
    ],
    [
      'group 64001 of URN Code 40',
      'serial',
      [
        [5, 3],
        [3, 5],
        [64001, 16],
      ],
    ],
    [
      'a pad character inside',
      'serial',
      [
        [5, 3],
        [3, 5],
        [40 * 5 + 5 + 1, 16],
      ],
    ],
    [
      'a character behind the last',
      'serial',
      [
        [5, 3],
        [2, 5],
        [1600 + 40 + 1 + 1, 16],
      ],
    ],
    [
      'fewer bits than characters',
      'epc_length',
      [
        [4, 3],
        [20, 5],
      ],
    ],
    [
      'a one in the last word',
      'epc_padding',
      [
        [0, 3],
        [1, 5],
        [7, 4],
        [1, 8],
      ],
    ],
    [
      'a further word',
      'epc_length',
      [
        [0, 3],
        [1, 5],
        [7, 4],
        [0, 24],
      ],
    ],
  ])('%s', (_, rule, bits) => {
    expect(issueOf(() => parseEpcHex('epc', sgtinPlus(bits)))).toMatchObject({ field: 'epc', rule });
  });

  test('a nibble of the key that is no digit', () => {
    const rule = 'epc_digits';
    expect(issueOf(() => parseEpcHex('epc', 'F73A952114112345301C0000')).rule).toBe(rule);
    expect(issueOf(() => parseEpcHex('epc', 'F13195211411234548566CB0AFC4')).rule).toBe(rule);
  });

  test('a serial of 17 characters of a GRAI', () => {
    const tag: EpcPlusTag = {
      coding: 'grai+',
      scheme: 'grai',
      key: '9521141123454',
      serial: 'x'.repeat(17),
      filter: 0,
      aidcData: false,
    };
    expect(issueOf(() => formatEpcHex(tag))).toMatchObject({ field: 'serial', rule: 'serial' });
    const hex = `F1309521141123454${'71'}${'0'.repeat(27)}`.padEnd(48, '0');
    expect(issueOf(() => parseEpcHex('epc', hex))).toMatchObject({ field: 'epc', rule: 'serial' });
  });
});

describe('the toggle bit', () => {
  const start = `F7B${GTIN}`;
  const serial: [number, number][] = [
    [0, 3],
    [2, 5],
    [56, 7],
  ];

  test('says that data follow, which are not read', () => {
    // AI 17 and a date of 16 bits (section 14.5.8).
    const tag = parseEpcHex('epc', sgtinPlus([...serial, [1, 4], [7, 4], [0x3599, 16]], start));
    expect(tag).toMatchObject({ serial: '56', filter: 3, aidcData: true });
    expect(issueOf(() => formatEpcHex(tag))).toMatchObject({ field: 'aidc_data', valid: false });
  });

  test('is refused without data', () => {
    expect(issueOf(() => parseEpcHex('epc', sgtinPlus(serial, start))).rule).toBe('aidc_data');
    expect(issueOf(() => parseEpcHex('epc', sgtinPlus([...serial, [0, 24]], start))).rule).toBe('aidc_data');
  });
});

test('a flipped bit is refused or makes another EPC that can be written', () => {
  const make = sgtinPlusEncoder(GTIN, 3);
  fc.assert(
    fc.property(serials('sgtin'), fc.nat(), (serial, anyBit) => {
      const hex = make(serial);
      const bit = anyBit % (hex.length * 4);
      const bits = new HexReader('epc', hex).rest();
      const flipped = bits.slice(0, bit) + (bits[bit] === '1' ? '0' : '1') + bits.slice(bit + 1);
      const digits = (flipped.match(/..../g) ?? [])
        .map((four) => Number.parseInt(four, 2).toString(16))
        .join('');
      const tag = unlessRefused(() => parseEpcHex('epc', digits));
      if (tag === null || ('aidcData' in tag && tag.aidcData)) return;
      expect(parseEpcHex('epc', formatEpcHex(tag))).toEqual(tag);
    }),
    { numRuns: 2000 },
  );
});
