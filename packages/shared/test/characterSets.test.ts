import vectors from '../../../tests/vectors/gs1.json';
import {
  CHARACTER_SET_ALIASES,
  CHARACTER_SET_NAMES,
  CHARACTER_SETS,
  findCharacterSet,
} from '../src/characterSets';
import { CSET_82, isCset82 } from '../src/gs1/cset82';

describe('character sets', () => {
  test('have the sizes of the published ones', () => {
    for (const [name, size] of Object.entries(vectors.adiAlphabetSizes)) {
      expect(findCharacterSet(name)?.alphabet).toHaveLength(size);
    }
  });

  test('alphanumeric is digits, capitals and small letters in this order', () => {
    expect(CHARACTER_SETS.alphanumeric).toMatch(/^0123456789A.*Za.*z$/);
    expect(CHARACTER_SETS.alphanumeric).toHaveLength(62);
  });

  test.each(CHARACTER_SET_NAMES)('%s holds each character once, all of CSET 82', (name) => {
    const { alphabet } = findCharacterSet(name) ?? { alphabet: '' };
    expect(new Set(alphabet).size).toBe(alphabet.length);
    expect(isCset82(alphabet)).toBe(true);
  });

  test('are found by name in any case', () => {
    expect(findCharacterSet('ALPHAnumeric')).toEqual({
      name: 'alphanumeric',
      alphabet: CHARACTER_SETS.alphanumeric,
    });
    expect(findCharacterSet('an-47')?.name).toBe('AN-47');
    expect(findCharacterSet('n')?.name).toBe('N');
  });

  test('of names with the same characters the first one stands for all', () => {
    expect([...CHARACTER_SET_ALIASES]).toEqual([['N', 'numeric']]);
  });

  test.each(['', 'hex', 'AN47', ' numeric', 'toString', '__proto__'])('"%s" is none', (name) => {
    expect(findCharacterSet(name)).toBeUndefined();
  });
});

describe('CSET 82', () => {
  test('is the published one', () => {
    expect(CSET_82).toBe(vectors.cset82);
    expect(CSET_82).toHaveLength(82);
    expect(isCset82(CSET_82)).toBe(true);
  });

  test.each([' ', 'a b', 'ä', '#', '@', '😀', '\u0000'])('does not hold "%s"', (text) => {
    expect(isCset82(text)).toBe(false);
  });
});
