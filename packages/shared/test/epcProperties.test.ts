import fc from 'fast-check';
import { CSET_82 } from '../src/gs1/cset82';
import { graiEncoder, sgtinEncoder, ssccEncoder } from '../src/gs1/epc/encoders';
import { splitKey } from '../src/gs1/epc/epcKey';
import { fitsNumericSerial } from '../src/gs1/epc/epcSerial';
import { formatEpcHex, parseEpcHex } from '../src/gs1/epc/hex';
import { graiPlusEncoder, sgtinPlusEncoder, ssccPlusEncoder } from '../src/gs1/epc/plus';
import { EPC_SCHEMES, type EpcPlusTag, type EpcTag } from '../src/gs1/epc/schemes';
import { formatEpcTagUri, formatEpcUri, parseEpcTagUri, parseEpcUri } from '../src/gs1/epc/uri';
import { epcs, filters, issueOf, tags, unlessRefused } from './epcSupport';

const plusTags: fc.Arbitrary<EpcPlusTag> = fc
  .tuple(epcs, filters)
  .map(([{ scheme, key, serial }, filter]) => {
    return { coding: EPC_SCHEMES[scheme].plus.name, scheme, key, serial, filter, aidcData: false };
  });

function flip(hex: string, bit: number): string {
  const digit = Math.floor(bit / 4);
  const changed = Number.parseInt(hex[digit] as string, 16) ^ (8 >> (bit % 4));
  return hex.slice(0, digit) + changed.toString(16).toUpperCase() + hex.slice(digit + 1);
}

describe('what is formatted parses as it was', () => {
  test('pure identity URIs', () => {
    fc.assert(fc.property(epcs, (epc) => expect(parseEpcUri('epc', formatEpcUri(epc))).toEqual(epc)));
  });

  test('tag URIs', () => {
    fc.assert(fc.property(tags, (tag) => expect(parseEpcTagUri('epc', formatEpcTagUri(tag))).toEqual(tag)));
  });

  test('the codings that split the key, of all partitions', () => {
    fc.assert(
      fc.property(tags, (tag) => {
        const hex = formatEpcHex(tag);
        expect(hex).toMatch(/^(?:[0-9A-F]{4})+$/);
        expect(parseEpcHex('epc', hex)).toEqual(tag);
      }),
      { numRuns: 1000 },
    );
  });

  test('the + codings', () => {
    fc.assert(
      fc.property(plusTags, (tag) => expect(parseEpcHex('epc', formatEpcHex(tag))).toEqual(tag)),
      { numRuns: 1000 },
    );
  });
});

test('a changed check digit is always refused, with the right one', () => {
  fc.assert(
    fc.property(tags, fc.integer({ min: 1, max: 9 }), (tag, change) => {
      const key = tag.key.slice(0, -1) + ((Number(tag.key.at(-1)) + change) % 10);
      const wrong: EpcTag = { ...tag, key };
      const plus: EpcPlusTag = { ...tag, key, coding: EPC_SCHEMES[tag.scheme].plus.name, aidcData: false };
      const acts = [formatEpcUri, formatEpcTagUri, formatEpcHex].map((format) => () => format(wrong));
      const { prefixLength: _, ...plusWrong } = plus as EpcPlusTag & { prefixLength: number };
      for (const act of [...acts, () => formatEpcHex(plusWrong)]) {
        expect(issueOf(act)).toMatchObject({ rule: 'check_digit', valid: tag.key });
      }
    }),
  );
});

test('a changed check digit of a + coding is refused when read', () => {
  fc.assert(
    fc.property(plusTags, fc.integer({ min: 1, max: 9 }), (tag, change) => {
      const hex = formatEpcHex(tag);
      const at = tag.scheme === 'sscc' ? 20 : 16;
      const wrong = hex.slice(0, at) + ((Number(hex[at]) + change) % 10) + hex.slice(at + 1);
      expect(issueOf(() => parseEpcHex('epc', wrong)).rule).toBe('check_digit');
    }),
  );
});

test('a flipped bit is refused or makes another EPC that formats to just these digits', () => {
  fc.assert(
    fc.property(tags, fc.nat(), (tag, anyBit) => {
      const hex = formatEpcHex(tag);
      const flipped = flip(hex, anyBit % (hex.length * 4));
      const read = unlessRefused(() => parseEpcHex('epc', flipped));
      if (read === null) return;
      expect(read).not.toEqual(tag);
      expect(formatEpcHex(read)).toBe(flipped);
    }),
    { numRuns: 3000 },
  );
});

test('every flipped bit of header, filter and partition value', () => {
  fc.assert(
    fc.property(tags, (tag) => {
      const hex = formatEpcHex(tag);
      for (let bit = 0; bit < 14; bit++) {
        const read = unlessRefused(() => parseEpcHex('epc', flip(hex, bit)));
        if (read !== null) expect(formatEpcHex(read)).toBe(flip(hex, bit));
      }
    }),
  );
});

describe('encoders make the same as the functions for one EPC', () => {
  test('of GTINs and asset types', () => {
    fc.assert(
      fc.property(tags, filters, (tag, filter) => {
        const { scheme, key, serial, prefixLength } = tag;
        fc.pre(scheme !== 'sscc' && !key.startsWith('000000'));
        const make = scheme === 'sgtin' ? sgtinEncoder : graiEncoder;
        const encoder = make(key, prefixLength, filter);
        const { short, long = short } = EPC_SCHEMES[scheme];
        expect(encoder.uri(serial)).toBe(formatEpcUri(tag));
        expect(encoder.hexLong(serial)).toBe(formatEpcHex({ ...tag, filter, coding: long.name }));
        const chosen = fitsNumericSerial(serial) ? short : long;
        expect(encoder.hex(serial)).toBe(formatEpcHex({ ...tag, filter, coding: chosen.name }));
        const plus = (scheme === 'sgtin' ? sgtinPlusEncoder : graiPlusEncoder)(key, filter)(serial);
        expect(parseEpcHex('epc', plus)).toMatchObject({ key, serial, filter });
      }),
    );
  });

  test('of SSCCs', () => {
    fc.assert(
      fc.property(tags, filters, (tag, filter) => {
        fc.pre(tag.scheme === 'sscc');
        const { companyPrefix } = splitKey('sscc', tag.key, tag.prefixLength);
        const encoder = ssccEncoder(companyPrefix, filter);
        expect(encoder.uri(tag.key)).toBe(formatEpcUri(tag));
        expect(encoder.hex96(tag.key)).toBe(formatEpcHex({ ...tag, filter }));
        expect(parseEpcHex('epc', ssccPlusEncoder(filter)(tag.key))).toMatchObject({ key: tag.key, filter });
      }),
    );
  });
});

test('a serial is one of CSET 82 or refused, whatever the coding', () => {
  const encoder = sgtinEncoder('09506000134352', 7, 1);
  const plus = sgtinPlusEncoder('09506000134352', 1);
  for (let code = 0; code < 0x180; code++) {
    const character = String.fromCharCode(code);
    const valid = CSET_82.includes(character);
    for (const make of [encoder.uri, encoder.hex, encoder.hexLong, plus]) {
      expect(unlessRefused(() => make(character)) !== null).toBe(valid);
    }
  }
});
