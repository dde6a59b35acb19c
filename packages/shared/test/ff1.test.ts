import { randomBytes } from 'node:crypto';
import { FF1 } from '@noble/ciphers/ff1.js';
import fc from 'fast-check';
import nist from '../../../tests/vectors/ff1-nist.json';
import { Ff1Batch } from '../src/ff1/ff1Batch';

const DIGITS = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_';

const numerals = (text: string) => Array.from(text, (character) => DIGITS.indexOf(character));
const text = (values: number[]) => values.map((value) => DIGITS[value]).join('');

/** The index as numerals, the most significant first. */
function plaintext(index: number, radix: number, length: number): number[] {
  const digits = new Array<number>(length).fill(0);
  for (let rest = BigInt(index), at = length - 1; rest > 0n; rest /= BigInt(radix), at--) {
    digits[at] = Number(rest % BigInt(radix));
  }
  return digits;
}

function encrypt(ff1: Ff1Batch, first: number, count: number): string[] {
  const out = Buffer.alloc(count * ff1.length);
  ff1.encrypt(first, count, out, 0, ff1.length);
  return Array.from({ length: count }, (_, k) => out.toString('ascii', k * ff1.length, (k + 1) * ff1.length));
}

function decrypt(ff1: Ff1Batch, codes: string[]): number[] {
  return [...ff1.decrypt(Buffer.from(codes.join('')), codes.length, 0, ff1.length)];
}

/** Number of indexes that a pool of this radix and length can have. */
function spaceOf(radix: number, length: number): number {
  return Math.min(radix ** length, Number.MAX_SAFE_INTEGER);
}

describe('NIST samples of FF1', () => {
  test.each(nist.vectors)('sample $sample: the oracle of these tests', (vector) => {
    const oracle = FF1(vector.radix, Buffer.from(vector.key, 'hex'), Buffer.from(vector.tweak, 'hex'));
    expect(text(oracle.encrypt(numerals(vector.plaintext)))).toBe(vector.ciphertext);
  });

  test.each(nist.vectors.filter((vector) => vector.tweak === ''))('sample $sample: the batch', (vector) => {
    const key = Buffer.from(vector.key, 'hex');
    const ff1 = new Ff1Batch(key, DIGITS.slice(0, vector.radix), vector.plaintext.length);
    expect(encrypt(ff1, Number(vector.plaintext), 1)).toEqual([vector.ciphertext]);
    expect(decrypt(ff1, [vector.ciphertext])).toEqual([Number(vector.plaintext)]);
  });
});

describe('FF1 of whole chunks', () => {
  const lengths = Array.from({ length: 15 }, (_, k) => 6 + k);

  test.each(lengths)('length %i equals the oracle for every radix from 10 to 64', (length) => {
    const key = randomBytes(32);
    for (let radix = 10; radix <= 64; radix++) {
      const ff1 = new Ff1Batch(key, DIGITS.slice(0, radix), length);
      const oracle = FF1(radix, key);
      const space = spaceOf(radix, length);
      for (const first of [0, Math.floor(Math.random() * (space - 2)), space - 2]) {
        const codes = encrypt(ff1, first, 2);
        const expected = [first, first + 1].map((i) => text(oracle.encrypt(plaintext(i, radix, length))));
        expect([radix, first, ...codes]).toEqual([radix, first, ...expected]);
        expect(decrypt(ff1, codes)).toEqual([first, first + 1]);
      }
    }
  });

  test('random keys, radices, lengths and indexes equal the oracle, and decrypt is the inverse', () => {
    const cases = fc
      .record({
        key: fc.uint8Array({ minLength: 32, maxLength: 32 }),
        radix: fc.integer({ min: 10, max: 64 }),
        length: fc.integer({ min: 6, max: 20 }),
        count: fc.integer({ min: 1, max: 5 }),
      })
      .chain((shape) =>
        fc.record({
          shape: fc.constant(shape),
          first: fc.maxSafeNat().map((n) => n % (spaceOf(shape.radix, shape.length) - shape.count + 1)),
        }),
      );
    fc.assert(
      fc.property(cases, ({ shape: { key, radix, length, count }, first }) => {
        const ff1 = new Ff1Batch(Buffer.from(key), DIGITS.slice(0, radix), length);
        const oracle = FF1(radix, key);
        const indexes = Array.from({ length: count }, (_, k) => first + k);
        const codes = encrypt(ff1, first, count);
        expect(codes).toEqual(indexes.map((i) => text(oracle.encrypt(plaintext(i, radix, length)))));
        expect(decrypt(ff1, codes)).toEqual(indexes);
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    [10, 6],
    [47, 8],
    [47, 11],
    [64, 20],
  ])('a chunk of 10,000 is what its codes are one by one (radix %i, length %i)', (radix, length) => {
    const ff1 = new Ff1Batch(randomBytes(32), DIGITS.slice(0, radix), length);
    const first = 500_000;
    const codes = encrypt(ff1, first, 10_000);
    for (let k = 0; k < codes.length; k += 97) expect(codes[k]).toBe(encrypt(ff1, first + k, 1)[0]);
    expect(decrypt(ff1, codes)).toEqual(codes.map((_, k) => first + k));
  });

  test('writes only the places of the codes', () => {
    const ff1 = new Ff1Batch(randomBytes(32), DIGITS, 7);
    const out = Buffer.alloc(30, '.');
    ff1.encrypt(12345, 3, out, 2, 10);
    const codes = encrypt(ff1, 12345, 3);
    expect(out.toString('ascii')).toBe(codes.map((code) => `..${code}.`).join(''));
    expect([...ff1.decrypt(out, 3, 2, 10)]).toEqual([12345, 12346, 12347]);
  });

  test('an index of 2^53 or more is decrypted to Infinity, one below exactly', () => {
    for (const [radix, length] of [
      [36, 11],
      [62, 12],
      [64, 20],
    ] as const) {
      const key = randomBytes(32);
      const ff1 = new Ff1Batch(key, DIGITS.slice(0, radix), length);
      const oracle = FF1(radix, key);
      const code = (index: bigint) => {
        let digits: number[] = [];
        for (let rest = index, k = 0; k < length; k++, rest /= BigInt(radix)) {
          digits = [Number(rest % BigInt(radix)), ...digits];
        }
        return text(oracle.encrypt(digits));
      };
      const last = BigInt(radix) ** BigInt(length) - 1n;
      const codes = [2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 55n, last].map(code);
      const [below, ...above] = decrypt(ff1, codes);
      expect(below).toBe(Number.MAX_SAFE_INTEGER);
      expect(above).toEqual(above.map(() => Number.POSITIVE_INFINITY));
    }
  });

  test.each([
    ['too few codes', DIGITS.slice(0, 10), 5],
    ['halves that are too wide', `${DIGITS}!`, 20],
    ['a character twice', '01234567890', 8],
    ['a character outside of ASCII', '012345678é', 8],
  ])('refuses %s', (_, alphabet, length) => {
    expect(() => new Ff1Batch(randomBytes(32), alphabet, length)).toThrow(RangeError);
  });
});
