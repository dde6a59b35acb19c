import fc from 'fast-check';
import { checkDigit } from '../src/gs1/checkDigit';
import { decodeSscc, encodeSsccs, SSCC_SPACE, SSCC_WIDTH, ssccBlock } from '../src/gs1/sscc';

function split(codes: Buffer): string[] {
  return codes.toString('ascii').match(/.{18}/g) ?? [];
}

function naive(first: bigint, count: number): string[] {
  return Array.from({ length: count }, (_, k) => {
    const digits = (first + BigInt(k)).toString().padStart(17, '0');
    return digits + checkDigit(digits);
  });
}

const integer = fc.bigInt({ min: 0n, max: SSCC_SPACE - 300n });

describe('SSCC', () => {
  test('is extension digit, company prefix, serial and check digit', () => {
    const { first } = ssccBlock(1, '0614141');
    expect(split(encodeSsccs(first + 234567890n, 1))).toEqual(['106141412345678908']);
  });

  test('codes of a range are those made one by one', () => {
    fc.assert(
      fc.property(integer, fc.integer({ min: 0, max: 300 }), (first, count) => {
        expect(split(encodeSsccs(first, count))).toEqual(naive(first, count));
      }),
    );
  });

  test.each([0n, 5n, 99n, 10n ** 9n, 2n ** 53n, 9_999_999_999_999_999n, SSCC_SPACE - 100n])(
    'carries over to higher digits about %s',
    (middle) => {
      const first = middle < 100n ? 0n : middle - 100n;
      expect(split(encodeSsccs(first, 200))).toEqual(naive(first, 200));
    },
  );

  test('the space ends at 17 nines', () => {
    expect(split(encodeSsccs(SSCC_SPACE - 1n, 1))).toEqual(naive(SSCC_SPACE - 1n, 1));
    expect(() => encodeSsccs(SSCC_SPACE - 1n, 2)).toThrow(RangeError);
    expect(() => encodeSsccs(-1n, 1)).toThrow(RangeError);
  });

  test('decode is the inverse and refuses all else', () => {
    fc.assert(
      fc.property(integer, (value) => {
        const code = encodeSsccs(value, 1).toString('ascii');
        expect(code).toHaveLength(SSCC_WIDTH);
        expect(decodeSscc(code)).toBe(value);
        expect(decodeSscc(code.slice(0, 17) + ((Number(code[17]) + 1) % 10))).toBeUndefined();
      }),
    );
    for (const text of ['', '10614141234567890', '0106141412345678908', '10614141234567890x']) {
      expect(decodeSscc(text)).toBeUndefined();
    }
  });
});

describe('SSCC block', () => {
  test('a longer prefix nests in a shorter one', () => {
    const outer = ssccBlock(0, '0931234');
    const inner = ssccBlock(0, '09312345');
    expect(outer).toEqual({ first: 931_234_000_000_000n, size: 10n ** 9n });
    expect(inner.first - outer.first).toBe(500_000_000n);
    expect(inner.first + inner.size).toBeLessThanOrEqual(outer.first + outer.size);
    // The same number, seen with either prefix.
    expect(outer.first + 512_345_678n).toBe(inner.first + 12_345_678n);
  });

  test('all extension digits and prefixes of one length fill the space', () => {
    for (let length = 4; length <= 12; length++) {
      const last = ssccBlock(9, '9'.repeat(length));
      expect(ssccBlock(0, '0'.repeat(length)).first).toBe(0n);
      expect(last.size).toBe(10n ** BigInt(16 - length));
      expect(last.first + last.size).toBe(SSCC_SPACE);
    }
  });

  test.each([
    [-1, '0614141'],
    [10, '0614141'],
    [0.5, '0614141'],
    [0, '061'],
    [0, '0614141061414'],
    [0, '06141a1'],
  ])('%s with "%s" is none', (extensionDigit, companyPrefix) => {
    expect(() => ssccBlock(extensionDigit, companyPrefix)).toThrow(RangeError);
  });
});
