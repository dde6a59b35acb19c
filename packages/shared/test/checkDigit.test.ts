import fc from 'fast-check';
import vectors from '../../../tests/vectors/gs1.json';
import { checkDigit, hasRightCheckDigit, withRightCheckDigit } from '../src/gs1/checkDigit';

const digits = fc.stringMatching(/^\d{1,17}$/);

describe('check digit', () => {
  test.each(vectors.checkDigitKeys)('%s is right', (key) => {
    expect(hasRightCheckDigit(key)).toBe(true);
    expect(checkDigit(key.slice(0, -1))).toBe(key.at(-1));
  });

  test.each(vectors.badCheckDigitKeys)('%s is wrong', (key) => {
    expect(hasRightCheckDigit(key)).toBe(false);
    expect(hasRightCheckDigit(withRightCheckDigit(key))).toBe(true);
  });

  test.each(['', '0', '1234567890128 ', '123456789O128', '+234567890128', '１２３'])(
    '"%s" is no key',
    (text) => {
      expect(hasRightCheckDigit(text)).toBe(false);
    },
  );

  test('exactly one of ten digits is right, and leading zeros do not change it', () => {
    fc.assert(
      fc.property(digits, (text) => {
        const right = [...'0123456789'].filter((digit) => hasRightCheckDigit(text + digit));
        expect(right).toEqual([checkDigit(text)]);
        expect(checkDigit(`0${text}`)).toBe(checkDigit(text));
      }),
    );
  });

  test('finds every change of one digit', () => {
    fc.assert(
      fc.property(digits, fc.nat(), fc.integer({ min: 1, max: 9 }), (text, place, change) => {
        const key = text + checkDigit(text);
        const at = place % key.length;
        const changed = key.slice(0, at) + ((Number(key[at]) + change) % 10) + key.slice(at + 1);
        expect(hasRightCheckDigit(changed)).toBe(false);
      }),
    );
  });
});
