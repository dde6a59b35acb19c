import { CSET_82 } from '@codemint/shared';
import fc from 'fast-check';
import { type Design, designLabel, SMALLEST_MODULE } from '../src/labels/design';
import { SymbolDrawer } from '../src/labels/drawSymbol';
import { linesOf } from '../src/labels/lines';
import {
  type Bitmap,
  SYMBOL_NAMES,
  SYMBOLOGIES,
  type SymbolName,
  type SymbolText,
  widestText,
} from '../src/labels/symbology';

const HEADS: Record<SymbolName, string> = {
  qr: 'https://id.gs1.org/01/09312345551927/21/',
  datamatrix: '010931234555192721',
  'gs1-128': '800309312345551927',
};

/** Runs of digits, of letters of one case and of anything, as encoders change their mode. */
const serial = fc
  .array(
    fc.oneof(
      fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: 8 }),
      fc.string({ unit: fc.constantFrom(...'ABCXYZ019'), minLength: 1, maxLength: 8 }),
      fc.string({ unit: fc.constantFrom(...'abcxyz019'), minLength: 1, maxLength: 8 }),
      fc.string({ unit: fc.constantFrom(...CSET_82), minLength: 1, maxLength: 8 }),
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map((runs) => runs.join('').slice(0, 20));

const symbolName = fc.constantFrom(...SYMBOL_NAMES);

const drawer = new SymbolDrawer();

it('a symbol has room where that of the widest text has', () => {
  fc.assert(
    fc.property(symbolName, fc.array(serial, { minLength: 1, maxLength: 3 }), (symbol, serials) => {
      const texts: SymbolText[] = serials.map((tail) => ({
        head: HEADS[symbol],
        tail: symbol === 'qr' ? encodeURIComponent(tail) : tail,
      }));
      const [largest] = drawer.draw({ symbol, texts: [widestText(symbol, texts)] }) as [Bitmap];
      for (const { head, tail } of texts) {
        const order = { symbol, texts: [head + tail], columns: largest.columns };
        const [{ columns, rows }] = drawer.draw(order) as [Bitmap];
        if (SYMBOLOGIES[symbol].isLinear) expect(columns).toBeLessThanOrEqual(largest.columns);
        else expect([columns, rows]).toEqual([largest.columns, largest.rows]);
      }
    }),
    { numRuns: 60 },
  );
});

it('what a label says lies within it, and nothing over something else', () => {
  const request = fc.record({
    label: fc.record({ width: fc.integer({ min: 10, max: 200 }), height: fc.integer({ min: 10, max: 200 }) }),
    symbol: symbolName,
    size: fc.integer({ min: 10, max: 60 }),
    lines: fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 2 }),
    dot: fc.constantFrom(0, 1 / 8, 1 / 12, 1 / 24),
  });
  fc.assert(
    fc.property(request, ({ label, symbol, size, lines, dot }) => {
      const { isLinear, quietZone } = SYMBOLOGIES[symbol];
      const largest = {
        columns: isLinear ? 4 * size : size,
        rows: isLinear ? 1 : size,
        modules: new Uint8Array(),
      };
      const design = attempt(() => designLabel({ label, symbol, largest, lines, dot }));
      if (design === undefined) return;
      const { module, symbol: box, text } = design;
      expect(module).toBeGreaterThan(SMALLEST_MODULE - 1e-6);
      expect(module).toBeLessThan(1 + 1e-6);
      if (dot > 0) expect(module / dot).toBeCloseTo(Math.round(module / dot), 6);
      const width = (largest.columns + 2 * quietZone) * module;
      const right = text.x + text.columns * text.size * 0.61;
      const lower = text.y + text.lines * text.lineHeight;
      for (const edge of [box.x + width, right]) expect(edge).toBeLessThan(label.width - 1 + 1e-6);
      for (const edge of [box.y + box.height, lower]) expect(edge).toBeLessThan(label.height - 1 + 1e-6);
      expect(text.x >= box.x + width || text.y >= box.y + box.height).toBe(true);
      const required = lines.map((length) => 'x'.repeat(length));
      const drawn = linesOf(design, required, 'A name');
      expect(drawn.length).toBeLessThanOrEqual(text.lines);
      expect(drawn.join('')).toMatch(new RegExp(`^${required.join('')}`));
    }),
    { numRuns: 500 },
  );
});

/** Undefined where the label is too small. */
function attempt(design: () => Design): Design | undefined {
  try {
    return design();
  } catch (error) {
    expect((error as Error).message).toMatch(/too small/);
    return undefined;
  }
}
