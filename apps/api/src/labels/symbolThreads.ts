import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { SymbolOrder } from './drawSymbol';
import type { Bitmap } from './symbology';
import type { SymbolAnswer } from './symbolThread';

interface Waiting {
  resolve: (bitmaps: Bitmap[]) => void;
  reject: (error: Error) => void;
}

interface Thread {
  worker: Worker;
  /** Orders that it has not answered, the first one first. */
  waiting: Waiting[];
}

/**
 * Draws symbols in threads, as a QR code takes milliseconds: the event loop stays free for other requests. A thread is
 * started when it is needed and kept, warm, without keeping the process alive.
 */
export class SymbolThreads {
  readonly #threads = new Set<Thread>();

  /** @param entry of a thread, built; only for tests, which run from sources */
  constructor(
    readonly count: number,
    private readonly entry = join(__dirname, 'symbolThread.js'),
  ) {}

  /** @throws Error when a text does not go into the symbol, or the thread ends */
  draw(order: SymbolOrder): Promise<Bitmap[]> {
    const thread = this.#leastBusy();
    return new Promise((resolve, reject) => {
      thread.waiting.push({ resolve, reject });
      thread.worker.postMessage(order);
    });
  }

  async close(): Promise<void> {
    await Promise.all([...this.#threads].map(({ worker }) => worker.terminate()));
  }

  #leastBusy(): Thread {
    const [first = this.#start(), ...others] = this.#threads;
    const idlest = others.reduce((a, b) => (b.waiting.length < a.waiting.length ? b : a), first);
    return idlest.waiting.length > 0 && this.#threads.size < this.count ? this.#start() : idlest;
  }

  #start(): Thread {
    const worker = new Worker(this.entry);
    worker.unref();
    const thread: Thread = { worker, waiting: [] };
    this.#threads.add(thread);
    worker.on('message', (answer: SymbolAnswer) => {
      const waiting = thread.waiting.shift();
      if ('bitmaps' in answer) waiting?.resolve(answer.bitmaps);
      else waiting?.reject(new Error(answer.failure));
    });
    const end = (error: Error) => {
      this.#threads.delete(thread);
      for (const waiting of thread.waiting.splice(0)) waiting.reject(error);
    };
    worker.on('error', end);
    worker.on('exit', () => end(new Error('a thread that draws symbols ended')));
    return thread;
  }
}
