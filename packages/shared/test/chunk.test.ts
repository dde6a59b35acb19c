import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { CHARACTER_SETS } from '../src/characterSets';
import { decodeSscc, encodeSsccs } from '../src/gs1/sscc';
import { makeChunk, makeSsccChunk } from '../src/pool/chunk';
import { PoolCipher } from '../src/pool/cipher';
import type { PoolShape } from '../src/pool/shape';

const masterKey = randomBytes(32);

function makePool(shape: Partial<PoolShape> = {}, keyVersion = 1): PoolCipher {
  return new PoolCipher(masterKey, {
    namespaceKind: 'short_code',
    namespaceKey: 'example.com',
    prefix: '',
    alphabet: CHARACTER_SETS.numeric,
    length: 6,
    suffix: '',
    ...shape,
    keyVersion,
    algorithm: 'ff1-aes256-1',
  });
}

function split(codes: Buffer, width: number): string[] {
  return Array.from({ length: codes.length / width }, (_, k) =>
    codes.toString('latin1', k * width, (k + 1) * width),
  );
}

const pool = makePool();

/** Pools that make some of the same strings, and the last one, of another width, that makes none. */
const rivals = [
  makePool({}, 2),
  makePool({ alphabet: '0123456789ab' }),
  makePool({ alphabet: '02468acegi' }),
  makePool({ alphabet: '0123456789abcdef', length: 5, prefix: '4' }),
  makePool({ alphabet: '13579', length: 10 }),
];

const MAX_NEXT = 100_000;

describe('a chunk', () => {
  test('without siblings and supplied codes is all of its indexes', () => {
    const chunk = makeChunk({ cipher: pool, firstIndex: 5, span: 10, siblings: [], registered: [] });
    expect(chunk).toEqual({ codes: pool.encode(5, 10), count: 10, skipped: [] });
  });

  test('leaves out just what siblings gave out before or an earlier allotment supplied', () => {
    const indexesOf = rivals.map((rival) => {
      const codes = split(rival.encode(0, MAX_NEXT), rival.width);
      return new Map(codes.map((code, index) => [code, index]));
    });
    const scenario = fc.record({
      nextIndexes: fc.tuple(...rivals.map(() => fc.oneof(fc.constant(0), fc.nat(MAX_NEXT)))),
      firstIndex: fc.nat(900_000),
      span: fc.integer({ min: 1, max: 300 }),
      registered: fc.array(fc.nat(320)),
    });
    fc.assert(
      fc.property(scenario, ({ nextIndexes, firstIndex, span, registered }) => {
        const supplied = registered.map((offset) => firstIndex - 10 + offset);
        const isOwned = (code: string, index: number) =>
          supplied.includes(index) ||
          indexesOf.some((indexOf, k) => (indexOf.get(code) ?? MAX_NEXT) < (nextIndexes[k] as number));
        const all = split(pool.encode(firstIndex, span), pool.width).map((code, k) => ({
          code,
          index: firstIndex + k,
        }));
        const skipped = all.filter(({ code, index }) => isOwned(code, index));
        const kept = all.filter((one) => !skipped.includes(one));
        const siblings = rivals.map((cipher, k) => ({ cipher, nextIndex: nextIndexes[k] as number }));
        const chunk = makeChunk({ cipher: pool, firstIndex, span, siblings, registered: supplied });
        expect(chunk.skipped).toEqual(skipped.map(({ index }) => index));
        expect(chunk.count).toBe(kept.length);
        expect(split(chunk.codes, pool.width)).toEqual(kept.map(({ code }) => code));
      }),
    );
  });

  test('of two pools of one shape no string comes twice', () => {
    const [older, newer] = [makePool(), makePool({}, 2)];
    const first = makeChunk({ cipher: older, firstIndex: 0, span: 400_000, siblings: [], registered: [] });
    const second = makeChunk({
      cipher: newer,
      firstIndex: 0,
      span: 1_000_000,
      siblings: [{ cipher: older, nextIndex: 400_000 }],
      registered: [],
    });
    expect(second.count).toBe(600_000);
    const seen = new Uint8Array(1_000_000);
    for (const { codes } of [first, second]) {
      for (let at = 0; at < codes.length; at += 6)
        (seen[Number(codes.toString('ascii', at, at + 6))] as number)++;
    }
    expect(seen.every((times) => times === 1)).toBe(true);
  });

  test('can be empty', () => {
    const chunk = makeChunk({ cipher: pool, firstIndex: 8, span: 2, siblings: [], registered: [9, 8, 8, 7] });
    expect(chunk).toEqual({ codes: Buffer.alloc(0), count: 0, skipped: [8, 9] });
  });

  test('has a buffer that is transferable with and without skips', () => {
    for (const registered of [[], [3]]) {
      const { codes } = makeChunk({ cipher: pool, firstIndex: 0, span: 10, siblings: [], registered });
      expect(codes.buffer.byteLength).toBe(codes.length);
    }
  });
});

describe('a chunk of SSCCs', () => {
  test('leaves out the supplied ones', () => {
    const first = 2n ** 54n + 1n;
    expect(makeSsccChunk(first, 50, [])).toEqual({ codes: encodeSsccs(first, 50), count: 50, skipped: [] });
    const chunk = makeSsccChunk(first, 50, [first + 50n, first + 49n, first + 3n, first - 1n, 0n]);
    expect(chunk.skipped).toEqual([first + 3n, first + 49n]);
    expect(chunk.count).toBe(48);
    const kept = split(chunk.codes, 18).map((code) => decodeSscc(code));
    const all = Array.from({ length: 50 }, (_, k) => first + BigInt(k));
    expect(kept).toEqual(all.filter((integer) => !chunk.skipped.includes(integer)));
  });
});
