import { randomUUID } from 'node:crypto';
import type { CodeRun } from '@codemint/db';
import { codeId } from '@codemint/shared';

/** What stands for a code and for its id in a row that is the form of many. */
export interface Marks {
  code: string;
  id: string;
}

/** Nobody can have written these into a name or a text that a row shows. */
export function newMarks(): Marks {
  return { code: randomUUID(), id: randomUUID() };
}

interface Form {
  /** A row with the marks wherever its code and its id stand. */
  row: string;
  marks: Marks;
  /** Stands between rows. */
  separator: string;
  batchId: bigint;
  /** Bytes a code. */
  width: number;
}

/** Where in an id the hexadecimal digits of the place stand, the last one first. */
const PLACE_DIGITS = [35, 34, 33, 32, 31, 30, 29, 28, 27, 26, 25, 24, 22, 21, 20];

const HEX = Buffer.from('0123456789abcdef');

/**
 * Writes generated codes of one batch as rows of one form, from bytes to bytes: no string is made for a code. Only for
 * codes that need no escaping, as those of a plain batch: the unreserved characters of RFC 3986 stand for themselves in
 * CSV, JSON and XML too.
 */
export class RunWriter {
  /** One row with its separator before it; the codes' places are still empty, ids are those of place 0. */
  readonly #template: Buffer;
  /** Where in a row a code begins. */
  readonly #codes: number[] = [];
  /** Where in a row an id begins. */
  readonly #ids: number[] = [];
  readonly #separatorWidth: number;
  readonly #width: number;

  constructor({ row, marks, separator, batchId, width }: Form) {
    this.#width = width;
    this.#separatorWidth = Buffer.byteLength(separator);
    const firstId = Buffer.from(codeId(batchId, 0));
    const parts: Buffer[] = [];
    let at = 0;
    for (const piece of (separator + row).split(new RegExp(`(${marks.code}|${marks.id})`))) {
      if (piece === marks.code) this.#codes.push(at);
      if (piece === marks.id) this.#ids.push(at);
      const text = piece === marks.id ? firstId : Buffer.from(piece);
      const part = piece === marks.code ? Buffer.alloc(width) : text;
      parts.push(part);
      at += part.length;
    }
    this.#template = Buffer.concat(parts);
  }

  /** @param isFirst no other rows stand before these */
  rows({ codes, places }: Pick<CodeRun, 'codes' | 'places'>, isFirst: boolean): Buffer {
    const rows = repeat(this.#template, codes.length / this.#width);
    for (const slot of this.#codes) this.#fillCodes(rows, codes, slot);
    for (const slot of this.#ids) this.#fillPlaces(rows, places, slot);
    return isFirst ? rows.subarray(this.#separatorWidth) : rows;
  }

  #fillCodes(rows: Buffer, codes: Buffer, slot: number): void {
    const width = this.#width;
    const rowWidth = this.#template.length;
    for (let from = 0, to = slot; from < codes.length; from += width, to += rowWidth) {
      for (let k = 0; k < width; k++) rows[to + k] = codes[from + k] as number;
    }
  }

  #fillPlaces(rows: Buffer, places: Float64Array, slot: number): void {
    const rowWidth = this.#template.length;
    for (let i = 0, to = slot; i < places.length; i++, to += rowWidth) {
      let place = places[i] as number;
      for (let digit = 0; place > 0; digit++) {
        const rest = Math.floor(place / 16);
        rows[to + (PLACE_DIGITS[digit] as number)] = HEX[place - rest * 16] as number;
        place = rest;
      }
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
