import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { PoolKeyError } from '@codemint/shared';
import type { ChunkOrder, MadeChunk, ThreadAnswer } from './messages';

/** A thread makes little but chunks, which lie outside of the heap and go with each collection of the young. */
const YOUNG_GENERATION_MB = 4;

interface Waiting {
  order: ChunkOrder;
  resolve: (chunk: MadeChunk) => void;
  reject: (error: Error) => void;
}

interface Thread {
  worker: Worker;
  current: Waiting | undefined;
}

/**
 * Makes chunks in threads of their own: the process's event loop stays free to renew the locks of queue jobs.
 * A thread that dies fails its order and is replaced.
 */
export class Generator {
  readonly #threads = new Set<Thread>();
  readonly #waiting: Waiting[] = [];
  /** Memory of stored chunks: made anew for each, it would pile up until the next collection. */
  readonly #spares: ArrayBuffer[] = [];
  #isClosed = false;

  constructor(
    private readonly masterKeys: ReadonlyMap<number, Uint8Array>,
    threads: number,
  ) {
    for (let i = 0; i < threads; i++) this.#start();
  }

  /**
   * @throws PoolKeyError when a pool of the order cannot be decoded
   */
  make(order: ChunkOrder): Promise<MadeChunk> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) {
        reject(new Error('the generator is closed'));
        return;
      }
      this.#waiting.push({ order, resolve, reject });
      this.#assign();
    });
  }

  /** Takes a chunk's memory back when nobody needs its codes any more. */
  recycle(chunk: MadeChunk): void {
    if (this.#spares.length < this.#threads.size) this.#spares.push(chunk.codes.buffer as ArrayBuffer);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const waiting of this.#waiting.splice(0)) waiting.reject(new Error('the generator is closed'));
    await Promise.all([...this.#threads].map((thread) => thread.worker.terminate()));
  }

  #start(): void {
    const worker = new Worker(join(__dirname, 'thread.js'), {
      workerData: this.masterKeys,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    const thread: Thread = { worker, current: undefined };
    this.#threads.add(thread);
    worker.on('message', (answer: ThreadAnswer) => {
      const done = thread.current;
      thread.current = undefined;
      this.#assign();
      if (done !== undefined) settle(done, answer);
    });
    worker.on('error', (error) => thread.current?.reject(error));
    worker.on('exit', () => {
      thread.current?.reject(new Error('a generator thread ended'));
      this.#threads.delete(thread);
      if (!this.#isClosed) this.#start();
    });
    this.#assign();
  }

  #assign(): void {
    for (const thread of this.#threads) {
      if (thread.current !== undefined) continue;
      const next = this.#waiting.shift();
      if (next === undefined) return;
      thread.current = next;
      const spare = this.#spares.pop();
      if (spare === undefined) thread.worker.postMessage(next.order);
      else thread.worker.postMessage({ ...next.order, spare }, [spare]);
    }
  }
}

function settle(waiting: Waiting, answer: ThreadAnswer): void {
  if ('chunk' in answer) waiting.resolve(answer.chunk);
  else if (answer.failure.isKeyError) waiting.reject(new PoolKeyError(answer.failure.message));
  else waiting.reject(new Error(answer.failure.message));
}
