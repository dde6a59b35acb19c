import type { Design } from './design';

/** The text of a label: what has to be read, and the product's name where there is room for all of it. */
export function linesOf(
  { text: { columns, lines: most } }: Pick<Design, 'text'>,
  required: readonly string[],
  name: string | null,
): string[] {
  const lines = required.flatMap((line) => broken(line, columns));
  const ofName = named(name ?? '', columns);
  return lines.length + ofName.length <= most ? [...lines, ...ofName] : lines;
}

/** Without line breaks, control characters and others that cannot be seen. */
function named(name: string, columns: number): string[] {
  const words = name
    .replace(/[\p{C}\p{Z}]+/gu, ' ')
    .trim()
    .split(' ');
  const lines: string[] = [];
  for (const part of words.flatMap((word) => broken(word, columns))) {
    const last = lines.at(-1);
    if (last !== undefined && widthOf(last) + 1 + widthOf(part) <= columns) {
      lines[lines.length - 1] = `${last} ${part}`;
    } else lines.push(part);
  }
  return lines;
}

/** Cut into parts that have room in a line. */
function broken(text: string, columns: number): string[] {
  const parts: string[] = [];
  let part = '';
  for (const character of text) {
    if (part !== '' && widthOf(part) + widthOf(character) > columns) {
      parts.push(part);
      part = '';
    }
    part += character;
  }
  return part === '' ? parts : [...parts, part];
}

/** From here on characters of East Asian scripts begin, which are twice as wide. */
const FIRST_WIDE = 0x1100;

function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += (character.codePointAt(0) as number) < FIRST_WIDE ? 1 : 2;
  return width;
}
