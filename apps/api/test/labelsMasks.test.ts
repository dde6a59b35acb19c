import { raw } from 'bwip-js/node';
import fc from 'fast-check';
import { SymbolDrawer } from '../src/labels/drawSymbol';
import type { Bitmap } from '../src/labels/symbology';

const drawer = new SymbolDrawer();

/** A symbol as bwip-js draws it when it is told the mask. */
function masked(text: string, version: number, mask: number): number[] {
  const options = { eclevel: 'M', version: String(version), mask: mask + 1 };
  const [drawn] = raw({ bcid: 'qrcode', text, ...options });
  return (drawn as { pixs: number[] }).pixs;
}

/** The rules of ISO/IEC 18004, 7.8.3.1, word by word. */
function penalty(pixs: readonly number[], size: number): number {
  const rows = Array.from({ length: size }, (_, y) => pixs.slice(y * size, (y + 1) * size).join(''));
  const columns = rows.map((_, x) => rows.map((row) => row[x]).join(''));
  let sum = 0;
  for (const line of [...rows, ...columns]) {
    for (const [run] of line.matchAll(/0{5,}|1{5,}/g)) sum += run.length - 2;
    // Beyond the edge all is light.
    const wide = `${'0'.repeat(20)}${line}${'0'.repeat(20)}`;
    for (const { 1: centre = '', index } of wide.matchAll(/(?<=0)(?=(1+)0+(1+)0+1+0)/g)) {
      const unit = centre.length;
      const [dark, light] = ['1'.repeat(unit), '0'.repeat(unit)];
      const pattern = dark + light + dark.repeat(3) + light + dark;
      if (!wide.startsWith(`${pattern}0`, index)) continue;
      const [before, after] = [
        wide.slice(index - 4, index),
        wide.slice(index + 7 * unit, index + 7 * unit + 4),
      ];
      const begin = wide.indexOf('1', 20) === index;
      const end = wide.lastIndexOf('1') === index + 7 * unit - 1;
      if (begin || end || before === '0000' || after === '0000') sum += 40;
    }
  }
  for (let y = 1; y < size; y++) {
    for (let x = 1; x < size; x++) {
      const block = [rows[y]?.[x], rows[y]?.[x - 1], rows[y - 1]?.[x], rows[y - 1]?.[x - 1]];
      if (new Set(block).size === 1) sum += 3;
    }
  }
  const share = (pixs.filter((module) => module === 1).length * 100) / pixs.length;
  return sum + Math.floor(Math.abs(share - 50) / 5) * 10;
}

it.each([2, 4, 7, 10])('a QR code of version %d has the mask of the least penalty', (version) => {
  const size = 17 + 4 * version;
  const text = fc.string({ unit: fc.constantFrom(...'ab01XY/:.%'), minLength: 1, maxLength: 24 });
  fc.assert(
    fc.property(text, (some) => {
      const [{ modules }] = drawer.draw({ symbol: 'qr', texts: [some], columns: size }) as [Bitmap];
      const all = Array.from({ length: 8 }, (_, mask) => masked(some, version, mask));
      const penalties = all.map((pixs) => penalty(pixs, size));
      expect(Array.from(modules)).toEqual(all[penalties.indexOf(Math.min(...penalties))]);
    }),
    { numRuns: 15 },
  );
});
