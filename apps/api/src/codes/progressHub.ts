import type { Client } from '@codemint/db';
import type { QueueBackend } from '@codemint/queue';
import type { Logger } from 'pino';
import { isFinal, type JobProgress, JobReader } from './jobReader';

/** Follows the jobs that somebody watches: each is read by one reader, however many watch it. */
export class ProgressHub {
  readonly #readers = new Map<string, JobReader>();
  #feed: { close(): void } | undefined;

  constructor(
    private readonly client: Client,
    private readonly queue: Pick<QueueBackend, 'watchProgress'>,
    private readonly log: Pick<Logger, 'warn'>,
  ) {}

  /** How many jobs are being read. */
  get size(): number {
    return this.#readers.size;
  }

  /**
   * Yields a job's progress: where it is now, then each change, at most four a second, until it is final. A slow
   * watcher misses what is out of date. While the database is away nothing comes, afterwards it goes on.
   * @param signal ends the watching
   */
  async *watch(jobId: string, signal: AbortSignal): AsyncGenerator<JobProgress> {
    const reader = this.#join(jobId);
    try {
      for (let seen: JobProgress | undefined; ; ) {
        const { latest } = reader;
        if (latest !== undefined && latest !== seen) {
          yield latest;
          if (isFinal(latest)) return;
          seen = latest;
        } else if (reader.isStopped || !(await reader.changes(signal))) {
          return;
        }
      }
    } finally {
      this.#leave(jobId, reader);
    }
  }

  /** Ends all watching, so that a server which shuts down does not wait for it. */
  close(): void {
    for (const reader of this.#readers.values()) reader.stop();
  }

  #join(jobId: string): JobReader {
    const reader = this.#readers.get(jobId) ?? this.#open(jobId);
    reader.watchers++;
    return reader;
  }

  #open(jobId: string): JobReader {
    const reader = new JobReader(this.client, jobId, this.log);
    this.#readers.set(jobId, reader);
    this.#feed ??= this.queue.watchProgress(({ job }) => this.#readers.get(job)?.wake());
    void reader.run().finally(() => this.#forget(jobId, reader));
    return reader;
  }

  #leave(jobId: string, reader: JobReader): void {
    reader.watchers--;
    if (reader.watchers > 0) return;
    reader.stop();
    this.#forget(jobId, reader);
  }

  #forget(jobId: string, reader: JobReader): void {
    if (this.#readers.get(jobId) === reader) this.#readers.delete(jobId);
    if (this.#readers.size > 0) return;
    this.#feed?.close();
    this.#feed = undefined;
  }
}
