import { randomUUID } from 'node:crypto';
import type { CodeLayout } from './codeFormat';
import { type Column, columnText, type Piece } from './column';
import type { ColumnName } from './names';

/** A column under its name. */
export interface NamedColumn {
  name: ColumnName;
  column: Column;
}

/** Codes side by side, `width` bytes each. */
interface Codes {
  codes: Buffer;
  width: number;
  /** Number of the `i`-th in the order of making. */
  sequence(i: number): number;
  /** Rows of the file before these. */
  before: number;
}

/** The number of the row in the file. */
interface NumberPiece {
  kind: 'number';
  /** Of the first row. */
  first: number;
}

/** What a row is made of in turn, as bytes. */
type Part =
  | { kind: 'bytes'; bytes: Buffer }
  | { kind: 'code'; start: number; end: number }
  | NumberPiece
  | Extract<Piece, { kind: 'sequence' | 'computed' }>;

/** Digits of the longest number of a code or row. */
const NUMBER_DIGITS = 16;

const ZERO = 48;

/**
 * Writes codes of one batch as rows of columns. Codes that need no escaping go from bytes to bytes: a row of the format
 * is made once with marks for texts, and a string is made of a code only where a column is computed of it.
 */
export class ColumnRows {
  /** Of one row with its separator before it. */
  readonly #parts: readonly Part[];
  readonly #separatorBytes: number;

  /** @param width bytes of a code of `bytes`; 0 if there are none such */
  constructor(
    private readonly layout: CodeLayout,
    private readonly columns: readonly NamedColumn[],
    width: number,
  ) {
    this.#parts = partsOf(pieces(layout, columns), width);
    this.#separatorBytes = Buffer.byteLength(layout.rows.separator);
  }

  /** Codes that hold nothing but unreserved characters of RFC 3986. @param isFirst without a separator before them */
  bytes(some: Codes, isFirst: boolean): Buffer {
    const count = some.codes.length / some.width;
    const rows = Buffer.allocUnsafeSlow(count * this.#mostBytes());
    const end = fill(rows, this.#parts, some);
    return rows.subarray(isFirst ? this.#separatorBytes : 0, end);
  }

  /** One row, without a separator. @param before rows of the file before it */
  text(code: string, sequence: number, before: number): string {
    const values = this.columns.map(({ name, column }) => [name, cellOf(column, code, sequence)]);
    const { rows, numbers } = this.layout;
    const row = rows.row(Object.fromEntries(values));
    return numbers === undefined ? row : row.replaceAll(numbers.mark, String(numbers.first + before));
  }

  /** Bytes of the rows of all codes 1 to `count` with a separator between them; undefined where codes decide. */
  size(count: number): number | undefined {
    if (count === 0) return 0;
    let bytes = -this.#separatorBytes;
    for (const part of this.#parts) {
      if (part.kind === 'sequence') bytes += digitsUpTo(count);
      else if (part.kind === 'number') return undefined;
      else if (part.kind !== 'computed') bytes += count * bytesOf(part);
      else if (part.least === part.most) bytes += count * part.most;
      else return undefined;
    }
    return bytes;
  }

  #mostBytes(): number {
    return this.#parts.reduce((sum, part) => sum + bytesOf(part), 0);
  }
}

/** A number is one in JSON and YAML as well. */
function cellOf(column: Column, code: string, sequence: number): string | number {
  return column[0]?.kind === 'sequence' ? sequence : columnText(column, code, sequence);
}

/** Pieces of a row. */
function pieces({ rows, numbers }: CodeLayout, columns: readonly NamedColumn[]): (Piece | NumberPiece)[] {
  const marks = new Map(columns.map(({ name, column }) => [name, { mark: randomUUID(), column }]));
  const item = Object.fromEntries(Array.from(marks, ([name, { mark }]) => [name, mark]));
  let row = rows.separator + rows.row(item);
  for (const { mark, column } of marks.values()) {
    // A number stands without quotes.
    if (column[0]?.kind === 'sequence') row = row.replaceAll(`"${mark}"`, mark);
  }
  const byMark = new Map<string, readonly (Piece | NumberPiece)[]>();
  for (const { mark, column } of marks.values()) byMark.set(mark, column);
  if (numbers !== undefined) byMark.set(numbers.mark, [{ kind: 'number', first: numbers.first }]);
  return row
    .split(new RegExp(`(${[...byMark.keys()].join('|')})`))
    .flatMap((text) => byMark.get(text) ?? [{ kind: 'text', text }]);
}

function partsOf(row: readonly (Piece | NumberPiece)[], width: number): Part[] {
  const parts: Part[] = [];
  let text = '';
  const closeText = () => {
    if (text !== '') parts.push({ kind: 'bytes', bytes: Buffer.from(text) });
    text = '';
  };
  for (const piece of row) {
    if (piece.kind === 'text') text += piece.text;
    else {
      closeText();
      parts.push(piece.kind === 'code' ? codePart(piece, width) : piece);
    }
  }
  closeText();
  return parts;
}

/** Ends of a slice count from behind where they are negative. */
function codePart({ start, end }: Extract<Piece, { kind: 'code' }>, width: number): Part {
  const place = (at: number) => (at < 0 ? width + at : at);
  return { kind: 'code', start: place(start), end: end === undefined ? width : place(end) };
}

/** At most. */
function bytesOf(part: Part): number {
  if (part.kind === 'bytes') return part.bytes.length;
  if (part.kind === 'code') return part.end - part.start;
  return part.kind === 'computed' ? part.most : NUMBER_DIGITS;
}

/** Digits of all numbers from 1 to `count`. */
function digitsUpTo(count: number): number {
  let digits = 0;
  for (let first = 1; first <= count; first *= 10) digits += count - first + 1;
  return digits;
}

/** Writes all rows; where they end. */
function fill(rows: Buffer, parts: readonly Part[], { codes, width, sequence, before }: Codes): number {
  const isComputed = parts.some(({ kind }) => kind === 'computed');
  let at = 0;
  for (let i = 0, from = 0; from < codes.length; i++, from += width) {
    const code = isComputed ? codes.toString('latin1', from, from + width) : '';
    for (const part of parts) {
      if (part.kind === 'bytes') {
        const { bytes } = part;
        for (let k = 0; k < bytes.length; k++) rows[at++] = bytes[k] as number;
      } else if (part.kind === 'code') {
        for (let k = from + part.start; k < from + part.end; k++) rows[at++] = codes[k] as number;
      } else if (part.kind === 'computed') {
        at += rows.write(part.of(code), at, 'latin1');
      } else at = writeNumber(rows, at, part.kind === 'sequence' ? sequence(i) : part.first + before + i);
    }
  }
  return at;
}

function writeNumber(rows: Buffer, at: number, value: number): number {
  let end = at;
  for (let rest = value; rest > 0 || end === at; rest = Math.floor(rest / 10)) end++;
  for (let k = end - 1, rest = value; k >= at; k--) {
    const tens = Math.floor(rest / 10);
    rows[k] = ZERO + rest - tens * 10;
    rest = tens;
  }
  return end;
}
