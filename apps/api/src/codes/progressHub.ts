import type { Client } from '@codemint/db';
import type { QueueBackend } from '@codemint/queue';
import type { Logger } from 'pino';
import { type Progress, ProgressReader, type Watched } from './progressReader';

/** Follows the jobs and orders that somebody watches: each is read by one reader, however many watch it. */
export class ProgressHub {
  readonly #readers = new Map<string, ProgressReader>();
  #feed: { close(): void } | undefined;

  constructor(
    private readonly client: Client,
    private readonly queue: Pick<QueueBackend, 'watchProgress'>,
    private readonly log: Pick<Logger, 'warn'>,
  ) {}

  /** How many of them are being read. */
  get size(): number {
    return this.#readers.size;
  }

  /**
   * Yields its progress: where it is now, then each change, at most four a second, until it is final. A slow
   * watcher misses what is out of date. While the database is away nothing comes, afterwards it goes on.
   * @param signal ends the watching
   */
  async *watch(watched: Watched, signal: AbortSignal): AsyncGenerator<Progress> {
    const reader = this.#join(watched);
    try {
      for (let seen: Progress | undefined; ; ) {
        const { latest } = reader;
        if (latest !== undefined && latest !== seen) {
          yield latest;
          if (watched.isFinal(latest)) return;
          seen = latest;
        } else if (reader.isStopped || !(await reader.changes(signal))) {
          return;
        }
      }
    } finally {
      this.#leave(watched.id, reader);
    }
  }

  /** Ends all watching, so that a server which shuts down does not wait for it. */
  close(): void {
    for (const reader of this.#readers.values()) reader.stop();
  }

  #join(watched: Watched): ProgressReader {
    const reader = this.#readers.get(watched.id) ?? this.#open(watched);
    reader.watchers++;
    return reader;
  }

  #open(watched: Watched): ProgressReader {
    const reader = new ProgressReader(this.client, watched, this.log);
    this.#readers.set(watched.id, reader);
    this.#feed ??= this.queue.watchProgress(({ job }) => this.#readers.get(job)?.wake());
    void reader.run().finally(() => this.#forget(watched.id, reader));
    return reader;
  }

  #leave(id: string, reader: ProgressReader): void {
    reader.watchers--;
    if (reader.watchers > 0) return;
    reader.stop();
    this.#forget(id, reader);
  }

  #forget(id: string, reader: ProgressReader): void {
    if (this.#readers.get(id) === reader) this.#readers.delete(id);
    if (this.#readers.size > 0) return;
    this.#feed?.close();
    this.#feed = undefined;
  }
}
