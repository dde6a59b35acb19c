/** How a list of items is written, item by item. */
export interface RowFormat {
  readonly head: string;
  /** Stands between two rows. */
  readonly separator: string;
  readonly tail: string;
  /** The whole of a list without items. */
  readonly empty: string;
  /** Letters, digits and hyphens stand for themselves in it, whatever text they make. */
  readonly isVerbatim: boolean;
  /** @throws InvalidQueryError for an item that the format cannot say */
  row(item: unknown): string;
}

/** Rows written for a list as far as they are there. */
export async function* writtenRows(
  format: RowFormat,
  pages: AsyncIterable<readonly unknown[]>,
): AsyncGenerator<string> {
  let before = format.head;
  let isEmpty = true;
  for await (const page of pages) {
    if (page.length === 0) continue;
    yield before + page.map((item) => format.row(item)).join(format.separator);
    before = format.separator;
    isEmpty = false;
  }
  yield isEmpty ? format.empty : format.tail;
}
