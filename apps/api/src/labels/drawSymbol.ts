import { raw } from 'bwip-js/node';
import { MASKS, QrMasks } from './qrMasks';
import { type Bitmap, SYMBOLOGIES, type SymbolName } from './symbology';

/** Symbols to be made, all of one kind. */
export interface SymbolOrder {
  symbol: SymbolName;
  texts: readonly string[];
  /** Modules across of each, where they shall be alike; QR codes and DataMatrix alone. */
  columns?: number;
}

/** Draws symbols by bwip-js; keeps what it has found out about the masks of QR codes. */
export class SymbolDrawer {
  /** By the number of modules across. */
  readonly #masks = new Map<number, QrMasks>();

  /** @throws Error when a text does not go into the symbol */
  draw({ symbol, texts, columns }: SymbolOrder): Bitmap[] {
    if (columns === undefined || SYMBOLOGIES[symbol].isLinear)
      return texts.map((text) => drawn(symbol, text));
    if (symbol !== 'qr')
      return texts.map((text) => drawn(symbol, text, { version: `${columns}x${columns}` }));
    return texts.map((text) => this.#drawQr(text, columns));
  }

  #drawQr(text: string, columns: number): Bitmap {
    const drawMasked = (mask: number) =>
      drawn('qr', text, { version: String((columns - 17) / 4), mask: mask + 1 });
    let masks = this.#masks.get(columns);
    if (masks === undefined) {
      masks = new QrMasks(Array.from({ length: MASKS }, (_, mask) => drawMasked(mask)));
      this.#masks.set(columns, masks);
    }
    return masks.best(drawMasked(0));
  }
}

function drawn(symbol: SymbolName, text: string, more: { version?: string; mask?: number } = {}): Bitmap {
  const { encoder, options, mark } = SYMBOLOGIES[symbol];
  const [found] = raw({ bcid: encoder, text: mark + text, ...options, ...more });
  if (found === undefined) throw new Error('no symbol was drawn');
  if ('sbs' in found) return bars(found.sbs);
  if ('pixs' in found) return { columns: found.pixx, rows: found.pixy, modules: Uint8Array.from(found.pixs) };
  throw new Error('the symbol is neither of modules nor of bars');
}

/** @param widths of bars and spaces in turn */
function bars(widths: readonly number[]): Bitmap {
  const modules = widths.flatMap((width, i) => Array<number>(width).fill(i % 2 === 0 ? 1 : 0));
  while (modules.at(-1) === 0) modules.pop();
  return { columns: modules.length, rows: 1, modules: Uint8Array.from(modules) };
}
