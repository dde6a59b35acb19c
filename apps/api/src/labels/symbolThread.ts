import { parentPort } from 'node:worker_threads';
import { SymbolDrawer, type SymbolOrder } from './drawSymbol';
import type { Bitmap } from './symbology';

export type SymbolAnswer = { bitmaps: Bitmap[] } | { failure: string };

// Entry of a thread that draws symbols: it answers orders in the order in which they come.
const port = parentPort;
if (port === null) throw new Error('this module is the entry of a worker thread');
const drawer = new SymbolDrawer();

port.on('message', (order: SymbolOrder) => port.postMessage(attempt(() => drawer.draw(order))));

function attempt(draw: () => Bitmap[]): SymbolAnswer {
  try {
    return { bitmaps: draw() };
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) };
  }
}
