import { CHARACTER_SETS, type PoolShape, sharedPart } from '@codemint/shared';
import fc from 'fast-check';
import {
  codesLeft,
  codesWithin,
  guessChance,
  type IssuedShape,
  keepsLimit,
  namespaceChance,
  overlapping,
  withShape,
} from '../src/capacity/guessChance';
import { findShape, sufficientLength, sufficientLengths } from '../src/capacity/sufficientLength';

const bare = (alphabet: string, length: number): PoolShape => ({
  prefix: '',
  alphabet,
  length,
  suffix: '',
  algorithm: 'ff1-aes256-1',
});

const issued = (shape: PoolShape, counts: Partial<IssuedShape>): IssuedShape => ({
  ...shape,
  given: 0,
  skipped: 0,
  deleted: 0,
  supplied: 0,
  imported: 0,
  ...counts,
});

/** All codes of a shape of a few characters. */
function codesOf({ prefix, alphabet, length, suffix }: PoolShape): string[] {
  let middles = [''];
  for (let i = 0; i < length; i++) middles = middles.flatMap((code) => [...alphabet].map((c) => code + c));
  return middles.map((middle) => prefix + middle + suffix);
}

const tinyShape: fc.Arbitrary<PoolShape> = fc.record({
  prefix: fc.constantFrom('', '', 'a', 'ü'),
  alphabet: fc.constantFrom('ab', 'abc', 'bc', 'abcd', 'cd'),
  length: fc.integer({ min: 1, max: 4 }),
  suffix: fc.constantFrom('', '', 'b'),
  algorithm: fc.constant('ff1-aes256-1'),
});

test('the shared part is that of all codes which both shapes have', () => {
  fc.assert(
    fc.property(tinyShape, tinyShape, (of, within) => {
      const theirs = new Set(codesOf(within));
      const own = codesOf(of);
      const common = own.filter((code) => theirs.has(code)).length;
      expect(sharedPart(of, within)).toBeCloseTo(common / own.length, 12);
    }),
  );
});

interface World {
  shapes: IssuedShape[];
  taken: Set<string>;
}

type Step = { shape: PoolShape; version: number } & ({ generate: number } | { register: number });

const step = (shape: fc.Arbitrary<PoolShape>): fc.Arbitrary<Step> =>
  fc.record({
    shape,
    version: fc.integer({ min: 1, max: 2 }),
    ...{ generate: fc.integer({ min: 1, max: 40 }) },
  });

const registration = (shape: fc.Arbitrary<PoolShape>): fc.Arbitrary<Step> =>
  fc.record({ shape, version: fc.constant(1), register: fc.nat(400) });

/** Gives out codes as allotments do: each pool in an order of its own, passing over what somebody has. */
function play(steps: readonly Step[], seed: number): World {
  const taken = new Set<string>();
  const registered = new Set<string>();
  const pools = new Map<string, { shape: PoolShape; codes: string[]; given: number; skipped: number }>();
  for (const one of steps) {
    const name = JSON.stringify([one.shape, one.version]);
    const pool = pools.get(name) ?? { shape: one.shape, codes: shuffled(codesOf(one.shape), name, seed), given: 0, skipped: 0 }; // biome-ignore format: short
    pools.set(name, pool);
    if ('register' in one) {
      const code = pool.codes[one.register % pool.codes.length] as string;
      if (!taken.has(code)) registered.add(code);
      taken.add(code);
      continue;
    }
    for (let left = one.generate; left > 0 && pool.given < pool.codes.length; ) {
      const code = pool.codes[pool.given++] as string;
      if (taken.has(code)) pool.skipped++;
      else {
        taken.add(code);
        left--;
      }
    }
  }
  let shapes: readonly IssuedShape[] = [];
  for (const { shape } of pools.values()) {
    const own = new Set(codesOf(shape));
    const imported = [...registered].filter((code) => own.has(code)).length;
    shapes = withShape(shapes, shape, { supplied: 0, imported });
  }
  for (const pool of pools.values()) {
    const shape = findShape(shapes, pool.shape);
    shape.given += pool.given;
    shape.skipped += pool.skipped;
  }
  return { shapes: [...shapes], taken };
}

function shuffled(codes: string[], name: string, seed: number): string[] {
  let state = [...name].reduce((sum, c) => (sum * 31 + c.charCodeAt(0)) % 2_147_483_647, seed + 1);
  const keyed = codes.map((code) => {
    state = (state * 48_271) % 2_147_483_647;
    return { code, key: state };
  });
  return keyed.sort((a, b) => a.key - b.key).map(({ code }) => code);
}

const anyShapes = fc.array(fc.oneof(step(tinyShape), registration(tinyShape)), {
  minLength: 1,
  maxLength: 8,
});

/** Each of them within the next: what they share is known to the code. */
const nested = fc.constantFrom(bare('ab', 4), bare('abc', 4), bare('abcd', 4));
const nestedShapes = fc.array(fc.oneof(step(nested), registration(nested)), { minLength: 1, maxLength: 8 });

test('what is left is never more than the truth', () => {
  fc.assert(
    fc.property(anyShapes, fc.nat(1_000), (steps, seed) => {
      const { shapes, taken } = play(steps, seed);
      for (const shape of shapes) {
        const free = codesOf(shape).filter((code) => !taken.has(code)).length;
        expect(codesLeft(shapes, shape)).toBeLessThanOrEqual(free);
      }
    }),
  );
});

test('among nested alphabets what is left is exact, and the chance is never less than the truth', () => {
  fc.assert(
    fc.property(nestedShapes, fc.nat(1_000), (steps, seed) => {
      const { shapes, taken } = play(steps, seed);
      for (const shape of shapes.filter((one) => one.alphabet === 'abcd')) {
        const all = codesOf(shape);
        const own = all.filter((code) => taken.has(code)).length;
        expect(codesLeft(shapes, shape)).toBe(all.length - own);
        const { given, skipped, imported } = shape;
        expect(given - skipped + imported + overlapping(shapes, shape)).toBe(own);
        expect(guessChance(shapes, shape, 0)).toBeGreaterThanOrEqual(own / all.length);
      }
    }),
  );
});

const stock: fc.Arbitrary<IssuedShape[]> = fc
  .uniqueArray(
    fc.record({
      set: fc.constantFrom(...(['numeric', 'alphanumeric', 'AN-47', 'UAN-28', 'GS1-36w'] as const)),
      length: fc.integer({ min: 6, max: 9 }),
      given: fc.nat(2_000_000),
      imported: fc.nat(100_000),
    }),
    { selector: ({ set, length }) => `${set} ${length}`, minLength: 1, maxLength: 6 },
  )
  .map((shapes) =>
    shapes.map(({ set, length, ...counts }) => issued(bare(CHARACTER_SETS[set], length), counts)),
  );

const limit = fc.double({ min: 1e-7, max: 1, noNaN: true });

test('so many codes as would still do keep the limit, and one more passes it', () => {
  fc.assert(
    fc.property(stock, limit, (shapes, most) => {
      for (const shape of shapes) {
        const quantity = codesWithin(shapes, shape, most);
        const passed = guessChance(shapes, shape, 0) > most;
        expect(keepsLimit(shapes, shape, { quantity, limit: most })).toBe(!passed || most >= 1);
        if (!passed) expect(guessChance(shapes, shape, quantity) / most).toBeLessThan(1 + 1e-9);
        // Beyond 2^53 one more is no more.
        const more = Math.ceil(quantity * (1 + 1e-12)) + 1;
        expect(keepsLimit(shapes, shape, { quantity: more, limit: most })).toBe(most >= 1);
        if (most < 1) expect(guessChance(shapes, shape, more) / most).toBeGreaterThan(1 - 1e-9);
      }
    }),
  );
});

test.each([
  [1e-4, 100],
  [3e-5, 30],
  [7e-6, 7],
])('a limit of %d lets %d codes of a million be given out', (most, quantity) => {
  const shape = issued(bare(CHARACTER_SETS.numeric, 6), {});
  expect(codesWithin([shape], shape, most)).toBe(quantity);
});

test('the length that would do is the shortest that keeps the limit', () => {
  fc.assert(
    fc.property(stock, limit, fc.nat(1_000_000), (shapes, most, quantity) => {
      const wanted = { quantity, limit: most, shortest: 6, longest: 12 };
      const at = (length: number) => {
        const shape = bare(CHARACTER_SETS['AN-47'], length);
        const among = withShape(shapes, shape, { supplied: 0, imported: 0 });
        return keepsLimit(among, shape, { quantity, limit: most });
      };
      const { 'AN-47': found } = sufficientLengths({ shapes, registered: [] }, bare('', 0), wanted);
      const lengths = [6, 7, 8, 9, 10, 11, 12];
      expect(found).toBe(lengths.find(at) ?? null);
    }),
  );
});

test('a job has the chance of every shape that its codes could be read as, and of no other', () => {
  const numeric = issued(bare(CHARACTER_SETS.numeric, 6), { given: 900_000 });
  const long = issued(bare(CHARACTER_SETS.numeric, 7), { given: 9_900_000 });
  const asked = bare(CHARACTER_SETS.alphanumeric, 6);
  const shapes = withShape([numeric, long], asked, { supplied: 0, imported: 0 });
  expect(guessChance(shapes, asked, 0)).toBe(0.9);
  expect(guessChance(shapes, asked, 62 ** 6)).toBe(1);
  expect(namespaceChance(shapes, asked, 0)).toEqual({ chance: 0.99, shape: long });
  expect(overlapping(shapes, asked)).toBe(900_000);
  // Of ten million alphanumeric codes some 176 are digits alone.
  expect(guessChance(shapes, asked, 10_000_000)).toBeCloseTo(0.9 + (10_000_000 * (10 / 62) ** 6) / 1e6, 12);
});

test('registered codes of a shape that nobody has made yet count for the length that would do', () => {
  const registered = [
    { width: 7, characterSets: ['numeric', 'alphanumeric'], supplied: 600, imported: 900 },
    { width: 8, characterSets: ['numeric'], supplied: 0, imported: 9_000 },
    { width: 9, characterSets: ['alphanumeric'], supplied: 0, imported: 9_000_000 },
  ];
  const wanted = { quantity: 1, limit: 1e-4, shortest: 6, longest: 20 };
  const numeric = bare(CHARACTER_SETS.numeric, 6);
  expect(sufficientLength({ shapes: [], registered }, numeric, wanted)).toBe(6);
  expect(sufficientLength({ shapes: [], registered }, numeric, { ...wanted, quantity: 101 })).toBe(8);
  expect(sufficientLength({ shapes: [], registered }, numeric, { ...wanted, quantity: 1_001 })).toBe(9);
  const prefixed = { ...numeric, prefix: 'A' };
  // With a prefix nobody knows which they are: all of that width count.
  expect(sufficientLength({ shapes: [], registered }, prefixed, { ...wanted, shortest: 7 })).toBe(9);
});
