import type { Design, Size } from './design';
import type { DrawnLabel } from './drawnLabels';
import { graphicField } from './graphicField';

/**
 * Labels in ZPL II, one after the other. Symbols are graphics of whole dots a module, so that every printer of the
 * resolution prints the same; text is in the printer's scalable font.
 * @param dots a millimetre
 */
export async function* zplParts(
  size: Size,
  dots: number,
  design: Design,
  labels: AsyncGenerator<DrawnLabel>,
): AsyncGenerator<string> {
  const inDots = (length: number) => Math.round(length * dots);
  const module = inDots(design.module);
  const { symbol, quietZone, text } = design;
  // UTF-8, the label's size, and the origin where it is.
  const head = `^XA^CI28^PW${inDots(size.width)}^LL${inDots(size.height)}^LH0,0`;
  const left = inDots(symbol.x) + quietZone.across * module;
  const top = inDots(symbol.y) + quietZone.down * module;
  const height = inDots(text.size);
  const font = `^A0N,${height},${Math.round(height * FONT_WIDTH)}`;
  for await (const { bitmap, lines } of labels) {
    const rowHeight = bitmap.rows === 1 ? inDots(symbol.height) : module;
    const fields = lines.map((line, i) => {
      const y = inDots(text.y + i * text.lineHeight);
      return `^FO${inDots(text.x)},${y}${font}^FH^FD${escapeField(line)}^FS`;
    });
    yield `${head}^FO${left},${top}${graphicField(bitmap, module, rowHeight)}^FS\n${fields.join('\n')}\n^XZ\n`;
  }
}

/** By its height: the printer's font is proportional, and a line must not grow beyond the label. */
const FONT_WIDTH = 0.9;

/** The data of a field after `^FH`: all but harmless characters as `_` and the hexadecimal digits of their UTF-8. */
function escapeField(text: string): string {
  let escaped = '';
  for (const byte of Buffer.from(text)) {
    const character = String.fromCharCode(byte);
    escaped += /[A-Za-z0-9 ()./:,+-]/.test(character)
      ? character
      : `_${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return escaped;
}
