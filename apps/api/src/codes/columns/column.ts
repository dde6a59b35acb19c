/** A part of a column's text. */
export type Piece =
  | { kind: 'text'; text: string }
  /** Characters of the code from `start` to before `end`; `escape` leaves unreserved characters of RFC 3986 as they are. */
  | { kind: 'code'; start: number; end?: number; escape?: (text: string) => string }
  /** The code's number in the order of making. */
  | { kind: 'sequence' }
  /** ASCII letters and digits, `most` of them at most and `least` at least. */
  | { kind: 'computed'; of: (code: string) => string; least: number; most: number };

/** How the text of a column is told from a code: pieces in turn. */
export type Column = readonly Piece[];

/** The text of a column for one code. */
export function columnText(column: Column, value: string, sequence: number): string {
  let result = '';
  for (const piece of column) {
    if (piece.kind === 'text') result += piece.text;
    else if (piece.kind === 'sequence') result += sequence;
    else if (piece.kind === 'computed') result += piece.of(value);
    else {
      const part = value.slice(piece.start, piece.end);
      result += piece.escape === undefined ? part : piece.escape(part);
    }
  }
  return result;
}
