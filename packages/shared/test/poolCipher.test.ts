import { randomBytes } from 'node:crypto';
import { FF1 } from '@noble/ciphers/ff1.js';
import { CHARACTER_SETS } from '../src/characterSets';
import { PoolCipher } from '../src/pool/cipher';
import { derivePoolKey, type PoolDescriptor } from '../src/pool/descriptor';

const masterKey = randomBytes(32);

function describePool(fields: Partial<PoolDescriptor> = {}): PoolDescriptor {
  return {
    namespaceKind: 'adi',
    namespaceKey: 'account/key',
    prefix: '',
    alphabet: CHARACTER_SETS['AN-47'],
    length: 8,
    suffix: '',
    keyVersion: 1,
    algorithm: 'ff1-aes256-1',
    ...fields,
  };
}

function makePool(fields: Partial<PoolDescriptor> = {}): PoolCipher {
  return new PoolCipher(masterKey, describePool(fields));
}

describe('codes of a pool', () => {
  test('a numeric pool of length 6 gives each of its 1,000,000 codes once', () => {
    const pool = makePool({ alphabet: CHARACTER_SETS.numeric, length: 6 });
    expect(pool.space).toBe(1_000_000);
    const seen = new Uint8Array(1_000_000);
    for (let first = 0; first < pool.space; first += 10_000) {
      const codes = pool.encode(first, 10_000);
      for (let at = 0; at < codes.length; at += 6)
        (seen[Number(codes.toString('ascii', at, at + 6))] as number)++;
    }
    expect(seen.every((times) => times === 1)).toBe(true);
    expect(() => pool.encode(pool.space, 1)).toThrow(RangeError);
    expect(() => pool.encode(-1, 1)).toThrow(RangeError);
  });

  test('are prefix, FF1 under the key of the pool, and suffix', () => {
    const descriptor = describePool({ prefix: 'Grün-', suffix: '/1' });
    const oracle = FF1(47, derivePoolKey(masterKey, descriptor));
    const ciphertext = oracle.encrypt([0, 0, 0, 0, 0, 0, 2, 5]);
    const body = ciphertext.map((numeral) => descriptor.alphabet[numeral]).join('');
    const pool = new PoolCipher(masterKey, descriptor);
    expect(pool.width).toBe(6 + 8 + 2);
    expect(pool.encode(2 * 47 + 5, 1).toString('utf8')).toBe(`Grün-${body}/1`);
    expect(pool.decodeOne(`Grün-${body}/1`)).toBe(2 * 47 + 5);
  });

  test('lie in a buffer that can be transferred', () => {
    const codes = makePool().encode(7, 3);
    expect(codes.buffer.byteLength).toBe(3 * 8);
    const copy = Buffer.from(codes);
    const { buffer } = codes;
    const moved = structuredClone(buffer, { transfer: [buffer as ArrayBuffer] });
    expect(Buffer.from(moved as ArrayBuffer).equals(copy)).toBe(true);
    expect(buffer.byteLength).toBe(0);
  });
});

describe('decoding', () => {
  test('gives back the indexes', () => {
    const pool = makePool({ prefix: 'P', suffix: 'SS', alphabet: CHARACTER_SETS['GS1-64w'], length: 12 });
    const first = pool.space - 5000;
    const indexes = pool.decode(pool.encode(first, 5000));
    expect([...indexes]).toEqual(Array.from({ length: 5000 }, (_, k) => first + k));
  });

  test('tells what is not of the shape, wherever it stands', () => {
    const pool = makePool({ prefix: 'P', suffix: 'S' });
    const codes = pool.encode(100, 5);
    codes.write('Q', 0);
    codes.write('T', 1 * 10 + 9);
    codes.write('A', 3 * 10 + 4);
    expect([...pool.decode(codes)]).toEqual([Number.NaN, Number.NaN, 102, Number.NaN, 104]);
  });

  test('of one string', () => {
    const pool = makePool({ alphabet: CHARACTER_SETS['GS1-64w'], length: 20 });
    const code = pool.encode(123_456, 1).toString('ascii');
    expect(pool.decodeOne(code)).toBe(123_456);
    const foreign = ['', code.slice(1), `${code}0`, `${code.slice(1)} `, `${code.slice(2)}é`, `${code}\0`];
    for (const text of foreign) expect(pool.decodeOne(text)).toBeNaN();
    const neighbour = code.slice(0, -1) + (code.endsWith('0') ? '1' : '0');
    expect(pool.decodeOne(neighbour)).toBe(Number.POSITIVE_INFINITY);
  });

  test('refuses a part of a code', () => {
    expect(() => makePool().decode(Buffer.from('234567892'))).toThrow(RangeError);
  });
});

describe('check value', () => {
  test('is the same for the same pool and differs with key, shape and namespace', () => {
    const value = makePool().checkValue();
    expect(value).toHaveLength(32);
    expect(makePool().checkValue()).toEqual(value);
    const others = [
      new PoolCipher(randomBytes(32), describePool()),
      makePool({ keyVersion: 2 }),
      makePool({ length: 9 }),
      makePool({ alphabet: CHARACTER_SETS.alphanumeric }),
      makePool({ namespaceKey: 'account/other' }),
    ];
    for (const other of others) expect(other.checkValue()).not.toEqual(value);
  });

  test('stays what it is: a pool whose value changed stops issuing', () => {
    const pool = new PoolCipher(Buffer.alloc(32, 7), describePool());
    expect(pool.checkValue().toString('hex')).toMatchInlineSnapshot(
      `"751d5214c801e7abc8acb7d05242ddfbcf86e1d28ec2a17ccb0ca5637f20e1fb"`,
    );
    expect(pool.encode(0, 3).toString('ascii')).toMatchInlineSnapshot(`"dgfb2j7CPrKrp55NQbHrnSQ5"`);
  });
});
