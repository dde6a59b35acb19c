import type { Bitmap } from './symbology';

/**
 * A symbol as the ZPL command ^GFA, in the hexadecimal form with repeat counts.
 * @param width dots a module
 * @param height dots a row of modules
 */
export function graphicField({ columns, rows, modules }: Bitmap, width: number, height: number): string {
  const rowBytes = Math.ceil((columns * width) / 8);
  const total = rowBytes * rows * height;
  let data = '';
  for (let row = 0; row < rows; row++) {
    const digits = hexRow(modules.subarray(row * columns, (row + 1) * columns), width, rowBytes);
    data += compress(digits) + SAME_AS_BEFORE.repeat(height - 1);
  }
  return `^GFA,${total},${total},${rowBytes},${data}`;
}

const SAME_AS_BEFORE = ':';

/** Dots of a row as hexadecimal digits, the first dot in the highest bit. */
function hexRow(modules: Uint8Array, width: number, rowBytes: number): string {
  const bytes = Buffer.alloc(rowBytes);
  for (let dot = 0; dot < modules.length * width; dot++) {
    if (modules[Math.floor(dot / width)] === 1)
      bytes[dot >> 3] = (bytes[dot >> 3] as number) | (0x80 >> (dot & 7));
  }
  return bytes.toString('hex').toUpperCase();
}

/** `G` to `Y` repeat the next digit 1 to 19 times, `g` to `z` 20 to 400 times in steps of 20. */
const ONES = 'GHIJKLMNOPQRSTUVWXY';
const TWENTIES = 'ghijklmnopqrstuvwxyz';

/** Puts a count before each run of digits; `,` stands for light dots up to the end of the row. */
function compress(digits: string): string {
  const dark = digits.replace(/0+$/, '');
  const runs = dark.replace(/(.)\1+/g, (run, digit: string) => repeatCount(run.length) + digit);
  return dark.length < digits.length ? `${runs},` : runs;
}

function repeatCount(count: number): string {
  const most = TWENTIES.length * 20;
  const whole = TWENTIES.at(-1)?.repeat(Math.floor(count / most)) ?? '';
  const twenties = Math.floor((count % most) / 20);
  const ones = count % 20;
  return whole + (twenties > 0 ? TWENTIES[twenties - 1] : '') + (ones > 0 ? ONES[ones - 1] : '');
}
