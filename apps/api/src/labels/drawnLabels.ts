import { setImmediate } from 'node:timers/promises';
import { type Design, designLabel, type Size } from './design';
import type { LabelText } from './labelText';
import { linesOf } from './lines';
import { type Bitmap, type SymbolName, widestText } from './symbology';
import type { SymbolThreads } from './symbolThreads';

/** What stands on a label. */
export interface Label extends LabelText {
  /** Of the product, if it has one. */
  name: string | null;
}

/** A label that is ready to be drawn. */
export interface DrawnLabel {
  bitmap: Bitmap;
  lines: readonly string[];
}

/** Labels of one kind, all alike. */
export interface LabelRun {
  symbol: SymbolName;
  labels: readonly Label[];
  design: Design;
  /** Modules across of each symbol, but that bars may take fewer. */
  columns: number;
}

/**
 * Finds out how the labels will look. Which size of symbol they all have follows from how long the texts are.
 * @param dot millimetres that a printer can draw, or 0
 * @throws InvalidQueryError when a label is too small
 */
export async function planLabels(
  threads: SymbolThreads,
  { symbol, labels, label, dot }: Pick<LabelRun, 'symbol' | 'labels'> & { label: Size; dot: number },
): Promise<LabelRun> {
  const [largest] = (await threads.draw({ symbol, texts: [widestText(symbol, labels)] })) as [Bitmap];
  const lines: number[] = [];
  for (const { lines: some } of labels) {
    for (const [i, { length }] of some.entries()) lines[i] = Math.max(lines[i] ?? 0, length);
  }
  const design = designLabel({ label, symbol, largest, lines, dot });
  return { symbol, labels, design, columns: largest.columns };
}

/** Symbols that a thread draws at a time. */
const SYMBOLS_AT_ONCE = 8;

/** The labels in their order, no more of them drawn ahead than keep all threads busy. */
export async function* drawLabels(
  threads: SymbolThreads,
  { symbol, labels, design, columns }: LabelRun,
): AsyncGenerator<DrawnLabel> {
  const ahead: Promise<DrawnLabel[]>[] = [];
  const draw = async (some: readonly Label[]) => {
    const texts = some.map(({ head, tail }) => head + tail);
    const bitmaps = await threads.draw({ symbol, texts, columns });
    return some.map(({ lines, name }, i) => ({
      bitmap: bitmaps[i] as Bitmap,
      lines: linesOf(design, lines, name),
    }));
  };
  for (let next = 0; next < labels.length || ahead.length > 0; ) {
    for (; next < labels.length && ahead.length <= 2 * threads.count; next += SYMBOLS_AT_ONCE) {
      const drawn = draw(labels.slice(next, next + SYMBOLS_AT_ONCE));
      // Looked at in its turn, or not at all when nobody reads on.
      drawn.catch(() => undefined);
      ahead.push(drawn);
    }
    const drawn = (await ahead.shift()) ?? [];
    // They may all be there already: other requests come in between.
    await setImmediate();
    yield* drawn;
  }
}
