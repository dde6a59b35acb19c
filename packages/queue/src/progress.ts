import { setTimeout as delay } from 'node:timers/promises';
import { QUEUE_NAMES, type QueueName, type SliceProgress, sliceProgressSchema } from '@codemint/shared';
import type { Job, QueueEvents } from 'bullmq';
import { isConnectionLoss } from './availability';
import { type QueueLog, reasonOf } from './log';
import { closeWithin, type Transport } from './transport';

/** At most four messages a second for an identifier job or order, of all its slices in this process. */
const INTERVAL_MS = 250;

interface Pending {
  job: Job;
  progress: SliceProgress;
}

/**
 * Sends progress on, but not every chunk of it: the latest of each interval. What ends sooner sends nothing, as each
 * message costs the queue as much as the job itself; its last word goes with its completion.
 */
export class ProgressThrottle {
  /** By identifier job or order: what its running interval will send, if anything. */
  readonly #owners = new Map<string, Pending | undefined>();

  report(job: Job, progress: SliceProgress): void {
    const owner = progress.job;
    if (!this.#owners.has(owner)) setTimeout(() => this.#send(owner), INTERVAL_MS).unref();
    this.#owners.set(owner, { job, progress });
  }

  /** The queue job's message that has not been sent, and now will not be. */
  take(job: Job): SliceProgress | undefined {
    for (const [owner, pending] of this.#owners) {
      if (pending?.job !== job) continue;
      this.#owners.set(owner, undefined);
      return pending.progress;
    }
    return undefined;
  }

  #send(owner: string): void {
    const pending = this.#owners.get(owner);
    this.#owners.delete(owner);
    if (pending !== undefined) void post(pending);
  }
}

/** Best effort: a message that cannot be sent is dropped. */
async function post({ job, progress }: Pending): Promise<void> {
  await job.updateProgress(progress).catch(() => undefined);
}

/** The queues whose jobs somebody watches. */
const WATCHED = [QUEUE_NAMES.identifierJobs, QUEUE_NAMES.adiOrders];

/**
 * Hears the progress that workers report. One reader a queue serves all listeners of the process; it begins with the
 * first of them and is made anew when it ends by itself.
 */
export class ProgressFeed {
  readonly #listeners = new Set<(progress: SliceProgress) => void>();
  readonly #readers = new Map<QueueName, QueueEvents>();
  #running = false;
  readonly #closing = new AbortController();

  constructor(
    private readonly transport: Transport,
    private readonly log: QueueLog,
  ) {}

  add(listener: (progress: SliceProgress) => void): () => void {
    this.#listeners.add(listener);
    if (!this.#running) for (const queue of WATCHED) void this.#run(queue);
    this.#running = true;
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#listeners.clear();
    const limitMs = this.transport.gate.isOpen ? 1000 : 0;
    await Promise.all([...this.#readers.values()].map((reader) => closeWithin(reader, limitMs)));
  }

  async #run(queue: QueueName): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      const reader = this.transport.events(queue);
      this.#readers.set(queue, reader);
      reader.on('error', (error) => this.#complain(error));
      reader.on('progress', ({ data }) => this.#tell(data));
      reader.on('completed', ({ returnvalue }) => this.#tell(returnvalue));
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
