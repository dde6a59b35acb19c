/** What a label's symbol can be. */
export const SYMBOL_NAMES = ['qr', 'datamatrix', 'gs1-128'] as const;
export type SymbolName = (typeof SYMBOL_NAMES)[number];

/** A symbol without its quiet zone. */
export interface Bitmap {
  /** Modules across. */
  columns: number;
  /** Modules down; 1 for bars, which are as high as there is room. */
  rows: number;
  /** Row by row, 1 where it is dark. */
  modules: Uint8Array;
}

interface Symbology {
  /** Name and options in bwip-js. */
  encoder: string;
  options: Readonly<Record<string, string | boolean>>;
  /** Modules that stay light on each side. */
  quietZone: number;
  isLinear: boolean;
  /** Before the element string: GS1's symbols begin with FNC1. */
  mark: string;
  /** Characters that take most room wherever they stand. */
  widest: string;
}

/** Quiet zones of ISO/IEC 18004, ISO/IEC 16022 and GS1 General Specifications, 5.4.1. */
export const SYMBOLOGIES: Readonly<Record<SymbolName, Symbology>> = {
  qr: { encoder: 'qrcode', options: { eclevel: 'M' }, quietZone: 4, isLinear: false, mark: '', widest: 'a' },
  datamatrix: {
    encoder: 'datamatrix',
    options: { parsefnc: true },
    quietZone: 1,
    isLinear: false,
    mark: '^FNC1',
    // Alternating, as each encodation packs letters of one case.
    widest: 'aB',
  },
  'gs1-128': {
    encoder: 'code128',
    options: { parsefnc: true },
    quietZone: 10,
    isLinear: true,
    mark: '^FNC1',
    widest: 'a',
  },
};

/** What a symbol says: a part that codes share, and the code's own. */
export interface SymbolText {
  head: string;
  tail: string;
}

/**
 * A text that needs no smaller symbol than any of these: as long as the longest, and with characters that take most
 * room unless all codes are digits alone.
 */
export function widestText(symbol: SymbolName, texts: readonly SymbolText[]): string {
  let longest: SymbolText = { head: '', tail: '' };
  for (const text of texts) if (lengthOf(text) > lengthOf(longest)) longest = text;
  const { head, tail } = longest;
  if (texts.every((text) => /^\d*$/.test(text.tail))) return head + tail;
  return head + SYMBOLOGIES[symbol].widest.repeat(tail.length).slice(0, tail.length);
}

function lengthOf({ head, tail }: SymbolText): number {
  return head.length + tail.length;
}
