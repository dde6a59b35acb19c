import { randomBytes } from 'node:crypto';
import { FF1 } from '@noble/ciphers/ff1.js';
import fc from 'fast-check';
import { CHARACTER_SETS } from '../src/characterSets';
import { fitsNumericSerial, MAX_NUMERIC_SERIAL } from '../src/gs1/epc/epcSerial';
import { makeChunk } from '../src/pool/chunk';
import { PoolCipher } from '../src/pool/cipher';
import { derivePoolKey, type PoolDescriptor } from '../src/pool/descriptor';
import {
  codesOfShape,
  couldCollide,
  isSameShape,
  type PoolShape,
  poolSpace,
  sharedPart,
} from '../src/pool/shape';

const SGTIN_96 = 'ff1-aes256-sgtin96-1';
const LENGTHS = [6, 7, 8, 9, 10, 11, 12];
const masterKey = randomBytes(32);

function describePool(length: number, fields: Partial<PoolDescriptor> = {}): PoolDescriptor {
  return {
    namespaceKind: 'sgtin',
    namespaceKey: '09312345551927',
    prefix: '',
    alphabet: CHARACTER_SETS.numeric,
    length,
    suffix: '',
    keyVersion: 1,
    algorithm: SGTIN_96,
    ...fields,
  };
}

const makePool = (length: number, fields: Partial<PoolDescriptor> = {}) =>
  new PoolCipher(masterKey, describePool(length, fields));

const split = (codes: Buffer, length: number) =>
  Array.from({ length: codes.length / length }, (_, k) =>
    codes.toString('ascii', k * length, (k + 1) * length),
  );

const least = (length: number) => 10n ** BigInt(length - 1);

/** How many serials there are, by the standard's own words. */
function spaceOf(length: number): number {
  const behind = length < 12 ? 10n ** BigInt(length) : BigInt(MAX_NUMERIC_SERIAL) + 1n;
  return Number(behind - least(length));
}

/** The same code by another's FF1, number by number: of 12 digits over 38 bits, else over the digits. */
function walked(length: number, index: number): string {
  const key = derivePoolKey(masterKey, describePool(length));
  const [radix, numerals] = length === 12 ? [2, 38] : [10, length];
  const oracle = FF1(radix, key);
  let number = least(length) + BigInt(index);
  do {
    const text = number.toString(radix).padStart(numerals, '0');
    const encrypted = oracle.encrypt(Array.from(text, Number));
    number = encrypted.reduce((sum, numeral) => sum * BigInt(radix) + BigInt(numeral), 0n);
  } while (number < least(length));
  return String(number);
}

describe('serials that fit SGTIN-96', () => {
  test.each(LENGTHS)('of length %i are FF1 walked until it gives one', (length) => {
    const pool = makePool(length);
    const space = spaceOf(length);
    expect(pool.space).toBe(space);
    fc.assert(
      fc.property(fc.maxSafeNat(), (seed) => {
        const first = seed % (space - 3);
        const codes = pool.encode(first, 3);
        expect(split(codes, length)).toEqual([0, 1, 2].map((k) => walked(length, first + k)));
        expect([...pool.decode(codes)]).toEqual([first, first + 1, first + 2]);
      }),
      { numRuns: 60 },
    );
  });

  test('of length 6 are each of the 900,000 once', () => {
    const pool = makePool(6);
    const seen = new Uint8Array(1_000_000);
    for (let first = 0; first < pool.space; first += 10_000) {
      const codes = pool.encode(first, 10_000);
      for (const code of split(codes, 6)) (seen[Number(code)] as number)++;
      expect(pool.decode(codes).every((index, k) => index === first + k)).toBe(true);
    }
    expect(seen.every((times, number) => times === (number < 100_000 ? 0 : 1))).toBe(true);
    expect(() => pool.encode(pool.space, 1)).toThrow(RangeError);
  });

  test.each(LENGTHS)('of length %i all fit, the first and the last as well', (length) => {
    const pool = makePool(length);
    for (const first of [0, Math.floor(pool.space / 2), pool.space - 10_000]) {
      const codes = split(pool.encode(first, 10_000), length);
      expect(new Set(codes).size).toBe(10_000);
      expect(codes.every(fitsNumericSerial)).toBe(true);
      expect(codes.every((code, k) => pool.decodeOne(code) === first + k)).toBe(true);
    }
  });

  test('a chunk is what its codes are one by one', () => {
    for (const length of [7, 12]) {
      const pool = makePool(length);
      const codes = split(pool.encode(5_000, 10_000), length);
      for (let k = 0; k < codes.length; k += 97) {
        expect(pool.encode(5_000 + k, 1).toString('ascii')).toBe(codes[k]);
      }
    }
  });

  test('stay what they are', () => {
    const pools = [6, 11, 12].map((length) => new PoolCipher(Buffer.alloc(32, 7), describePool(length)));
    expect(pools.map((pool) => pool.encode(0, 3).toString('ascii'))).toMatchInlineSnapshot(`
[
  "547656339954176647",
  "551628487088797195969348130647310",
  "121472688124253460276088226376052892",
]
`);
    expect(pools.map((pool) => pool.checkValue().toString('hex'))).toMatchInlineSnapshot(`
[
  "bb4aa10caf385259ba9cd4d852c17a9ae49f6c61bab8c44031cc15925b021708",
  "1df0d504c1b990ab02c25e9a5f05e5040d654d13b895e8c8287eda36f35c892d",
  "7e245254497e0c3f57f38d083064a1f9f90b1860b8d9765aff94ef72c30edf03",
]
`);
  });

  test('another shape is none of theirs', () => {
    for (const length of [5, 13]) expect(() => makePool(length)).toThrow(RangeError);
    expect(() => makePool(8, { prefix: '1' })).toThrow(RangeError);
    expect(() => makePool(8, { suffix: '1' })).toThrow(RangeError);
    expect(() => makePool(8, { alphabet: '1234567890' })).toThrow(RangeError);
  });
});

describe('a string that is no such serial', () => {
  test.each(['012345678901', '099999999999', '274877906944', '999999999999', '12345678901', '12345678901A'])(
    '%s has no index',
    (text) => {
      expect(makePool(12).decodeOne(text)).toBeNaN();
    },
  );

  test('has none among others either', () => {
    const pool = makePool(12);
    const [a, b] = split(pool.encode(41, 2), 12);
    const codes = ['274877906944', a, '000000000000', '1234567890-2', b, '274877906943'];
    const indexes = [...pool.decode(Buffer.from(codes.join('')))];
    expect(indexes.slice(0, 5)).toEqual([Number.NaN, 41, Number.NaN, Number.NaN, 42]);
    expect(pool.encode(indexes[5] as number, 1).toString('ascii')).toBe('274877906943');
    expect([...pool.decode(Buffer.alloc(0))]).toEqual([]);
  });
});

describe('pools of one length', () => {
  test('are siblings, never the same, with another key and other codes', () => {
    const plain = describePool(8, { algorithm: 'ff1-aes256-1' });
    const fitting = describePool(8);
    expect(isSameShape(plain, fitting)).toBe(false);
    expect(couldCollide(plain, fitting)).toBe(true);
    expect(derivePoolKey(masterKey, plain)).not.toEqual(derivePoolKey(masterKey, fitting));
    const values = [plain, fitting].map((one) => new PoolCipher(masterKey, one).checkValue());
    expect(values[0]).not.toEqual(values[1]);
  });

  test.each([
    ['ff1-aes256-1', SGTIN_96],
    [SGTIN_96, 'ff1-aes256-1'],
  ] as const)('%s after %s: each code has one owner', (later, earlier) => {
    const first = makePool(6, { algorithm: earlier });
    const second = makePool(6, { algorithm: later });
    const given = 400_000;
    const owned = new Set(split(first.encode(0, given), 6));
    const siblings = [{ cipher: first, nextIndex: given }];
    const codes: string[] = [];
    let skipped = 0;
    for (let firstIndex = 0; firstIndex < second.space; firstIndex += 100_000) {
      const chunk = makeChunk({ cipher: second, firstIndex, span: 100_000, siblings, registered: [] });
      codes.push(...split(chunk.codes, 6));
      skipped += chunk.skipped.length;
    }
    expect(codes.some((code) => owned.has(code))).toBe(false);
    expect(new Set(codes).size).toBe(codes.length);
    const both = [...owned].filter((code) => later === 'ff1-aes256-1' || code[0] !== '0').length;
    expect([skipped, codes.length]).toEqual([both, second.space - both]);
  });
});

/** Shapes whose codes are digits, and some that are only in part. */
const shape = (length: number): fc.Arbitrary<PoolShape> =>
  fc
    .record({
      prefix: fc.stringMatching(/^[0-9]{0,3}$/),
      suffix: fc.stringMatching(/^[0-9x]{0,1}$/),
      alphabet: fc.constantFrom('0123456789', '02468', '13579ab', '0', '27', '0123456789abcdef'),
    })
    .map(({ prefix, suffix, alphabet }) => ({
      prefix,
      alphabet,
      length: length - prefix.length - suffix.length,
      suffix,
      algorithm: 'ff1-aes256-1',
    }));

describe('what other shapes have in common with them', () => {
  test('is counted exactly', () => {
    const serials = describePool(6);
    fc.assert(
      fc.property(shape(6), (other) => {
        let common = 0;
        const free = new RegExp(`^${other.prefix}[${other.alphabet}]{${other.length}}${other.suffix}$`);
        for (let serial = 100_000; serial < 1_000_000; serial++) if (free.test(String(serial))) common++;
        expect(sharedPart(serials, other)).toBeCloseTo(common / 900_000, 12);
        expect(sharedPart(other, serials)).toBeCloseTo(common / other.alphabet.length ** other.length, 12);
        expect(couldCollide(serials, other)).toBe(common > 0);
        expect(couldCollide(other, serials)).toBe(common > 0);
      }),
      { numRuns: 10 },
    );
  });

  test.each<[string, Partial<PoolShape>, number]>([
    ['digits', {}, spaceOf(12)],
    ['digits from 1', { prefix: '1', length: 11 }, 10 ** 11],
    ['digits from 27', { prefix: '27', length: 10 }, 4_877_906_944],
    ['digits from 2748', { prefix: '2748', length: 8 }, 77_906_944],
    ['the greatest', { prefix: '274877906', length: 2, suffix: '3', alphabet: '4' }, 1],
    ['one more than the greatest', { prefix: '274877906', length: 2, suffix: '4', alphabet: '9' }, 0],
    ['digits from 275', { prefix: '275', length: 9 }, 0],
    ['digits from 0', { prefix: '0', length: 11 }, 0],
    ['digits from 3 on', { alphabet: '3456789' }, 0],
    ['letters', { alphabet: 'abcdefghij' }, 0],
    ['another length', { length: 11 }, 0],
    ['themselves', { algorithm: SGTIN_96 }, spaceOf(12)],
  ])('%s, of 12 digits', (_, fields, common) => {
    const serials = describePool(12);
    const other = describePool(12, { algorithm: 'ff1-aes256-1', ...fields });
    expect(sharedPart(serials, other)).toBe(common / spaceOf(12));
    expect(sharedPart(other, serials)).toBe(common / codesOfShape(other));
    expect(couldCollide(serials, other)).toBe(common > 0);
  });

  test('spaces', () => {
    expect(LENGTHS.map((length) => poolSpace(describePool(length)))).toEqual(LENGTHS.map(spaceOf));
  });
});
