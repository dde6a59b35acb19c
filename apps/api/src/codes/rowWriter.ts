import type { Layout } from './layouts';

/**
 * Writes codes of one width in a layout, from bytes to bytes: no string is made for a code. Codes need no escaping:
 * the characters of every set are unreserved ones of RFC 3986, which stand for themselves in CSV and JSON too.
 */
export class RowWriter {
  /** One row with its separator before it; the codes' places are still empty. */
  readonly #template: Buffer;
  /** Where in a row a code begins. */
  readonly #slots: readonly number[];
  readonly #separatorWidth: number;

  /** @param width bytes a code */
  constructor(
    private readonly layout: Layout,
    private readonly width: number,
  ) {
    const [first = '', ...rest] = layout.parts;
    const pieces = [layout.separator + first, ...rest].map((part) => Buffer.from(part, 'utf8'));
    const slots: number[] = [];
    let at = 0;
    for (const piece of pieces.slice(0, -1)) {
      slots.push(at + piece.length);
      at += piece.length + width;
    }
    this.#slots = slots;
    this.#template = Buffer.concat(
      pieces.flatMap((piece, i) => (i === 0 ? [piece] : [Buffer.alloc(width), piece])),
    );
    this.#separatorWidth = Buffer.byteLength(layout.separator);
  }

  /** Bytes of the whole list, which are known before any of it is made. */
  size(count: number): number {
    const { head, tail } = this.layout;
    const rows = Math.max(count * this.#template.length - this.#separatorWidth, 0);
    return Buffer.byteLength(head) + rows + Buffer.byteLength(tail);
  }

  /**
   * The rows of some codes.
   * @param codes one after the other, `width` bytes each
   * @param isFirst no other rows stand before these
   */
  rows(codes: Buffer, isFirst: boolean): Buffer {
    const rowWidth = this.#template.length;
    const rows = repeat(this.#template, codes.length / this.width);
    for (const slot of this.#slots) this.#fill(rows, codes, slot, rowWidth);
    return isFirst ? rows.subarray(this.#separatorWidth) : rows;
  }

  #fill(rows: Buffer, codes: Buffer, slot: number, rowWidth: number): void {
    const { width } = this;
    for (let from = 0, to = slot; from < codes.length; from += width, to += rowWidth) {
      for (let k = 0; k < width; k++) rows[to + k] = codes[from + k] as number;
    }
  }
}

/** The bytes `count` times one after the other, copied in ever longer runs. */
function repeat(bytes: Buffer, count: number): Buffer {
  const all = Buffer.allocUnsafeSlow(bytes.length * count);
  bytes.copy(all);
  for (let filled = bytes.length; filled < all.length; filled *= 2) all.copyWithin(filled, 0, filled);
  return all;
}
