import { ValidationError } from '../../errors';
import { isCset82 } from '../cset82';
import type { HexReader, HexWriter } from './bits';
import { CHARACTER_BITS } from './schemes';

/** TDS, section 14.5.6: an indicator of the encoding, the number of characters, and these. */
const INDICATOR_BITS = 3;
const LENGTH_BITS = 5;

/** One way to encode the characters of a serial. */
interface Encoding {
  indicator: number;
  /** The texts it can hold. */
  texts: RegExp;
  bits(length: number): number;
  write(writer: HexWriter, text: string): void;
  /** The text of so many characters; null if the bits are none of it. */
  read(reader: HexReader, length: number): string | null;
}

const DIGITS = '0123456789';
const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const LOWER = UPPER.toLowerCase();

/** Table 14-8; the first character pads a group. */
const URN_CODE_40 = `\0${UPPER}-.:${DIGITS}`;

/** Bits of each group of 3 characters in URN Code 40. */
const GROUP_BITS = 16;

/** Section 14.5.6.1: a number of as many bits as the greatest of so many digits needs. */
const NUMERIC: Encoding = {
  indicator: 0,
  texts: /^\d+$/,
  bits: numericBits,
  write: (writer, text) => {
    const bits = numericBits(text.length);
    const low = Math.min(bits, 40);
    const value = BigInt(text);
    if (bits > low) writer.push(Number(value >> BigInt(low)), bits - low);
    writer.push(Number(BigInt.asUintN(low, value)), low);
  },
  read: (reader, length) => {
    const text = reader.readBig(numericBits(length)).toString().padStart(length, '0');
    return text.length === length ? text : null;
  },
};

/** Section 14.5.6.6, which holds any text. */
const SEVEN_BIT: Encoding = {
  indicator: 4,
  texts: /^/,
  bits: (length) => length * CHARACTER_BITS,
  write: (writer, text) => {
    for (let k = 0; k < text.length; k++) writer.push(text.charCodeAt(k), CHARACTER_BITS);
  },
  read: (reader, length) => {
    const text = Array.from({ length }, () => String.fromCharCode(reader.read(CHARACTER_BITS))).join('');
    return isCset82(text) ? text : null;
  },
};

/** The encodings of table E in the order in which one of equal length is chosen. */
const ENCODINGS: readonly Encoding[] = [
  NUMERIC,
  byCharacter(1, /^[0-9A-F]+$/, `${DIGITS}ABCDEF`, 4),
  byCharacter(2, /^[0-9a-f]+$/, `${DIGITS}abcdef`, 4),
  byCharacter(3, /^[\w-]+$/, `${UPPER}${LOWER}${DIGITS}-_`, 6),
  { indicator: 5, texts: /^[0-9A-Z.:-]+$/, bits: code40Bits, write: writeCode40, read: readCode40 },
  SEVEN_BIT,
];

/**
 * Writes a text in the encoding that needs the fewest bits. Others would conform too (section 14.5.6).
 * @param text 1 to 20 characters of CSET 82.
 */
export function writeAlphanumeric(writer: HexWriter, text: string): void {
  let best = SEVEN_BIT;
  for (const encoding of ENCODINGS) {
    if (encoding.texts.test(text) && encoding.bits(text.length) < best.bits(text.length)) best = encoding;
  }
  writer.push(best.indicator, INDICATOR_BITS).push(text.length, LENGTH_BITS);
  best.write(writer, text);
}

/**
 * Reads a text in whichever encoding it says.
 * @param longest Most characters that it may have.
 * @throws ValidationError that names the field and the rule.
 */
export function readAlphanumeric(field: string, reader: HexReader, longest: number): string {
  const indicator = reader.read(INDICATOR_BITS);
  const encoding = ENCODINGS.find((one) => one.indicator === indicator);
  if (!encoding) {
    throw ValidationError.of(field, 'encoding_indicator', `Encoding indicator ${indicator} is reserved.`);
  }
  const length = reader.read(LENGTH_BITS);
  if (length < 1 || length > longest) {
    throw ValidationError.of(field, 'serial', `The serial has 1 to ${longest} characters, not ${length}.`);
  }
  const text = encoding.read(reader, length);
  if (text === null) {
    const message = `The serial's bits are no ${length} characters of encoding ${indicator} (EPC TDS, section 14.5.6).`;
    throw ValidationError.of(field, 'serial', message);
  }
  return text;
}

/** Sections 14.5.6.2 to 14.5.6.4: each character on its own, as its place in an alphabet. */
function byCharacter(indicator: number, texts: RegExp, alphabet: string, width: number): Encoding {
  return {
    indicator,
    texts,
    bits: (length) => length * width,
    write: (writer, text) => {
      for (const character of text) writer.push(alphabet.indexOf(character), width);
    },
    read: (reader, length) => Array.from({ length }, () => alphabet[reader.read(width)]).join(''),
  };
}

/** Bits of the greatest number of so many digits (column b of table B). */
function numericBits(length: number): number {
  return Math.ceil(length * Math.log2(10));
}

function code40Bits(length: number): number {
  return Math.ceil(length / 3) * GROUP_BITS;
}

/** Section 14.5.6.5: three characters as one number, never 0. */
function writeCode40(writer: HexWriter, text: string): void {
  for (let at = 0; at < text.length; at += 3) {
    const [first, second, third] = [0, 1, 2].map((k) => URN_CODE_40.indexOf(text[at + k] ?? '\0'));
    writer.push(1600 * (first as number) + 40 * (second as number) + (third as number) + 1, GROUP_BITS);
  }
}

function readCode40(reader: HexReader, length: number): string | null {
  let padded = '';
  while (padded.length < length) {
    const group = reader.read(GROUP_BITS) - 1;
    if (group < 0 || group >= 64_000) return null;
    padded += [Math.floor(group / 1600), Math.floor(group / 40) % 40, group % 40]
      .map((k) => URN_CODE_40[k])
      .join('');
  }
  const text = padded.slice(0, length);
  const pads = padded.slice(length);
  return text.includes('\0') || /[^\0]/.test(pads) ? null : text;
}
