import fc from 'fast-check';
import { codeId, parseCodeId } from '../src/codeId';
import { isUuid } from '../src/uuid';

const batches = fc.bigInt({ min: 0n, max: 2n ** 60n - 1n });
const positions = fc.maxSafeNat();

describe('id of a code', () => {
  test('is a UUIDv8 of batch and position', () => {
    expect(codeId(0n, 0)).toBe('00000000-0000-8000-8000-000000000000');
    expect(codeId(0x123456789abcdefn, 0x1fedcba9876543)).toBe('12345678-9abc-8def-801f-edcba9876543');
    expect(codeId(2n ** 60n - 1n, Number.MAX_SAFE_INTEGER)).toBe('ffffffff-ffff-8fff-801f-ffffffffffff');
  });

  test('leads back to its place', () => {
    fc.assert(
      fc.property(batches, positions, (batch, position) => {
        const id = codeId(batch, position);
        expect(isUuid(id)).toBe(true);
        expect(parseCodeId(id)).toEqual({ batch, position });
        expect(parseCodeId(id.toUpperCase())).toEqual({ batch, position });
      }),
    );
  });

  test('what is parsed is what would be made', () => {
    fc.assert(
      fc.property(fc.uuid(), (uuid) => {
        const place = parseCodeId(uuid);
        if (place !== undefined) expect(codeId(place.batch, place.position)).toBe(uuid);
      }),
    );
  });

  test('sorts by batch, then position', () => {
    const ids = [codeId(1n, 2), codeId(1n, 300), codeId(5000n, 0), codeId(2n ** 50n, 1)];
    expect([...ids].sort()).toEqual(ids);
  });

  test.each([
    '',
    'not a uuid',
    '00000000-0000-4000-8000-000000000000',
    '00000000-0000-8000-0000-000000000000',
    '00000000-0000-8000-9000-000000000000',
    '00000000-0000-8000-8020-000000000000',
    '000000000000800080000000000000000',
    ' 00000000-0000-8000-8000-000000000000',
  ])('"%s" is none', (id) => {
    expect(parseCodeId(id)).toBeUndefined();
  });

  test('has limits', () => {
    expect(() => codeId(-1n, 0)).toThrow(RangeError);
    expect(() => codeId(2n ** 60n, 0)).toThrow(RangeError);
    for (const position of [-1, 0.5, 2 ** 53, Number.NaN])
      expect(() => codeId(1n, position)).toThrow(RangeError);
  });
});

describe('uuid', () => {
  test.each(['f1b2c3d4-e5f6-7890-1234-567890abcdef', 'F1B2C3D4-E5F6-7890-1234-567890ABCDEF'])(
    '%s',
    (text) => {
      expect(isUuid(text)).toBe(true);
    },
  );

  test.each([
    '',
    'f1b2c3d4e5f678901234567890abcdef',
    '{f1b2c3d4-e5f6-7890-1234-567890abcdef}',
    'g1b2c3d4-e5f6-7890-1234-567890abcdef',
    'f1b2c3d4-e5f6-7890-1234-567890abcdef\n',
  ])('"%s" is none', (text) => {
    expect(isUuid(text)).toBe(false);
  });
});
