import { setTimeout as delay } from 'node:timers/promises';
import { QUEUE_NAMES, type SliceProgress, sliceProgressSchema } from '@codemint/shared';
import type { Job, QueueEvents } from 'bullmq';
import { isConnectionLoss } from './availability';
import { type QueueLog, reasonOf } from './log';
import { closeWithin, type Transport } from './transport';

/** At most four messages a second for a batch, of all its slices in this process. */
const INTERVAL_MS = 250;

interface Pending {
  job: Job;
  progress: SliceProgress;
}

/**
 * Sends the progress of batches on, but not every chunk of it: the first at once, then the latest of each interval.
 * Best effort: a message that cannot be sent is dropped.
 */
export class ProgressThrottle {
  /** Batches with a message in the running interval, and what is to follow it. */
  readonly #batches = new Map<string, Pending | undefined>();

  report(job: Job, progress: SliceProgress): void {
    if (this.#batches.has(progress.batchId)) {
      this.#batches.set(progress.batchId, { job, progress });
    } else {
      this.#send(progress.batchId, { job, progress });
    }
  }

  /** A slice ends: its last message does not wait for the interval. */
  flush(job: Job, batchId: string): void {
    const pending = this.#batches.get(batchId);
    if (pending?.job !== job) return;
    this.#batches.set(batchId, undefined);
    void post(pending);
  }

  #send(batchId: string, pending: Pending): void {
    this.#batches.set(batchId, undefined);
    void post(pending);
    setTimeout(() => {
      const next = this.#batches.get(batchId);
      if (next) this.#send(batchId, next);
      else this.#batches.delete(batchId);
    }, INTERVAL_MS).unref();
  }
}

async function post({ job, progress }: Pending): Promise<void> {
  await job.updateProgress(progress).catch(() => undefined);
}

/**
 * Hears the progress that workers report. One reader serves all listeners of the process; it begins with the
 * first of them and is made anew when it ends by itself.
 */
export class ProgressFeed {
  readonly #listeners = new Set<(progress: SliceProgress) => void>();
  #reader: QueueEvents | undefined;
  #running = false;
  readonly #closing = new AbortController();

  constructor(
    private readonly transport: Transport,
    private readonly log: QueueLog,
  ) {}

  add(listener: (progress: SliceProgress) => void): () => void {
    this.#listeners.add(listener);
    if (!this.#running) void this.#run();
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#listeners.clear();
    if (this.#reader) await closeWithin(this.#reader, this.transport.gate.isOpen ? 1000 : 0);
  }

  async #run(): Promise<void> {
    this.#running = true;
    const { signal } = this.#closing;
    while (!signal.aborted) {
      const reader = this.transport.events(QUEUE_NAMES.identifierJobs);
      this.#reader = reader;
      reader.on('error', (error) => this.#complain(error));
      reader.on('progress', ({ data }) => this.#tell(data));
      await reader.run().catch((error) => this.#complain(error));
      if (signal.aborted) return;
      await closeWithin(reader, 1000);
      await delay(1000, undefined, { signal }).catch(() => undefined);
    }
  }

  #complain(error: unknown): void {
    if (this.#closing.signal.aborted || isConnectionLoss(error)) return;
    this.log.warn({ reason: reasonOf(error) }, 'progress events could not be read');
  }

  #tell(data: unknown): void {
    const progress = sliceProgressSchema.safeParse(data);
    if (!progress.success) return;
    for (const listener of this.#listeners) {
      try {
        listener(progress.data);
      } catch (error) {
        this.log.warn({ reason: reasonOf(error) }, 'a listener for progress failed');
      }
    }
  }
}
