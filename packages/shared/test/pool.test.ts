import { hkdfSync, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { CHARACTER_SETS } from '../src/characterSets';
import { derivePoolKey, type PoolDescriptor } from '../src/pool/descriptor';
import { couldCollide, type PoolShape, poolSpace } from '../src/pool/shape';

const descriptor: PoolDescriptor = {
  namespaceKind: 'sgtin',
  namespaceKey: '09312345551927',
  prefix: '',
  alphabet: CHARACTER_SETS['AN-47'],
  length: 8,
  suffix: '',
  keyVersion: 1,
  algorithm: 'ff1-aes256-1',
};

function shape(prefix: string, alphabet: string, length: number, suffix = ''): PoolShape {
  return { prefix, alphabet, length, suffix, algorithm: 'ff1-aes256-1' };
}

describe('space of a pool', () => {
  test.each([
    ['0123456789', 6, 1_000_000],
    [CHARACTER_SETS['AN-47'], 8, 23_811_286_661_761],
    [CHARACTER_SETS['AN-47'], 9, 1_119_130_473_102_767],
    [CHARACTER_SETS['AN-47'], 10, Number.MAX_SAFE_INTEGER],
    [CHARACTER_SETS['GS1-64w'], 20, Number.MAX_SAFE_INTEGER],
  ])('of "%s", length %i', (alphabet, length, space) => {
    expect(poolSpace(shape('', alphabet, length))).toBe(space);
  });
});

describe('key of a pool', () => {
  const masterKey = Buffer.from(Array.from({ length: 32 }, (_, k) => k));

  test('is HKDF-SHA256 of the master key for the descriptor', () => {
    const fields = ['ff1-aes256-1', 'sgtin', '09312345551927', '', CHARACTER_SETS['AN-47'], '8', '', '1'];
    const info = fields.map((field) => `\0\0\0${String.fromCharCode(field.length)}${field}`).join('');
    expect(derivePoolKey(masterKey, descriptor)).toEqual(
      Buffer.from(hkdfSync('sha256', masterKey, '', info, 32)),
    );
  });

  test('stays what it is: codes that are out depend on it', () => {
    expect(derivePoolKey(masterKey, descriptor).toString('hex')).toMatchInlineSnapshot(
      `"fa4940c4d5eb46582da00899d4d538f09427ce3776f8f450ab8c61f2a7b46caa"`,
    );
  });

  test('differs with every field and with the master key', () => {
    const others: Partial<PoolDescriptor>[] = [
      { namespaceKind: 'adi' },
      { namespaceKey: '09312345552016' },
      { prefix: 'A' },
      { prefix: 'A'.repeat(2000) },
      { suffix: 'A' },
      { alphabet: CHARACTER_SETS['UAN-28'] },
      { length: 9 },
      { keyVersion: 2 },
      { algorithm: 'ff1-aes256-sgtin96-1' },
    ];
    const keys = others.map((other) => derivePoolKey(masterKey, { ...descriptor, ...other }));
    keys.push(derivePoolKey(masterKey, descriptor), derivePoolKey(randomBytes(32), descriptor));
    expect(new Set(keys.map((key) => key.toString('hex'))).size).toBe(keys.length);
  });

  test('fields do not run into each other', () => {
    const a = { ...descriptor, namespaceKey: '1', prefix: '23' };
    const b = { ...descriptor, namespaceKey: '12', prefix: '3' };
    expect(derivePoolKey(masterKey, a)).not.toEqual(derivePoolKey(masterKey, b));
  });

  test('wants a master key of 32 bytes', () => {
    expect(() => derivePoolKey(Buffer.alloc(16), descriptor)).toThrow(RangeError);
  });
});

describe('siblings', () => {
  test.each([
    ['the same shape', shape('', 'ab', 4), shape('', 'ab', 4), true],
    ['alphabets with a common character', shape('', 'ab', 4), shape('', 'bc', 4), true],
    ['alphabets without one', shape('', 'ab', 4), shape('', 'cd', 4), false],
    ['other lengths', shape('', 'ab', 4), shape('', 'ab', 5), false],
    ['a prefix that the other can make', shape('A', 'ABC', 3), shape('', 'ABC', 4), true],
    ['a prefix that the other cannot make', shape('x', 'ABC', 3), shape('', 'ABC', 4), false],
    ['other prefixes of one length', shape('AB', 'ABC', 3), shape('AC', 'ABC', 3), false],
    ['a prefix against a suffix', shape('A', 'AB', 3), shape('', 'AB', 3, 'B'), true],
    ['the length counts UTF-8 bytes', shape('é', '0123', 4), shape('xy', '0123', 4), false],
    ['one prefix of two bytes', shape('é', '0123', 4), shape('é', '3456', 4), true],
  ])('%s', (_, a, b, expected) => {
    expect(couldCollide(a, b)).toBe(expected);
    expect(couldCollide(b, a)).toBe(expected);
  });

  test('are just the shapes that make a common string', () => {
    const small = fc.record({
      prefix: fc.stringMatching(/^[abc]{0,2}$/),
      alphabet: fc.constantFrom('ab', 'bc', 'c', 'abc'),
      length: fc.integer({ min: 1, max: 3 }),
      suffix: fc.stringMatching(/^[abc]{0,1}$/),
      algorithm: fc.constant('ff1-aes256-1' as const),
    });
    fc.assert(
      fc.property(small, small, (a, b) => {
        const strings = new Set(stringsOf(a));
        expect(couldCollide(a, b)).toBe(stringsOf(b).some((string) => strings.has(string)));
      }),
    );
  });
});

/** Every string that a shape can make. */
function stringsOf({ prefix, alphabet, length, suffix }: PoolShape): string[] {
  let strings = [prefix];
  for (let k = 0; k < length; k++) strings = strings.flatMap((start) => [...alphabet].map((c) => start + c));
  return strings.map((string) => string + suffix);
}
