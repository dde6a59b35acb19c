import { EventEmitter, once } from 'node:events';
import type { Client } from '@codemint/db';
import type { JobStatus } from '@codemint/shared';
import type { Logger } from 'pino';
import { RateMeter } from './rateMeter';

/** How far a job is. */
export interface JobProgress {
  status: JobStatus | 'deleted';
  quantity: number;
  created: number;
  /** Codes per second, over the last seconds. */
  rate: number;
}

/** Nothing will change any more. */
export function isFinal({ status }: JobProgress): boolean {
  return status === 'complete' || status === 'error' || status === 'deleted';
}

/** How often a job is read: when somebody says that it moved, and at least once a second. */
const MIN_INTERVAL_MS = 250;
const MAX_INTERVAL_MS = 1000;

const READ_PROGRESS = `SELECT status, quantity, coalesce(quantity_created, 0) AS created
  FROM identifier_job_item WHERE id = $1`;

/** Reads a job's progress again and again until it is final or nobody wants it any more. */
export class JobReader {
  /** A new object at each change; undefined before the first reading. */
  latest: JobProgress | undefined;
  isStopped = false;
  watchers = 0;
  readonly #news = new EventEmitter().setMaxListeners(0);
  readonly #rate = new RateMeter();
  #isAway = false;
  #isWoken = false;
  #hasten: (() => void) | undefined;

  constructor(
    private readonly client: Client,
    private readonly jobId: string,
    private readonly log: Pick<Logger, 'warn'>,
  ) {}

  /** Fulfilled when it has ended; never rejected. */
  async run(): Promise<void> {
    while (!this.isStopped) {
      this.#isWoken = false;
      await this.#read();
      if (this.latest !== undefined && isFinal(this.latest)) return;
      await this.#pause();
    }
  }

  /** The job has moved: it is read soon. */
  wake(): void {
    this.#isWoken = true;
    this.#hasten?.();
  }

  stop(): void {
    this.isStopped = true;
    this.#hasten?.();
    this.#news.emit('news');
  }

  /** Waits for a new `latest` or a stop. @returns false when the signal came first */
  async changes(signal: AbortSignal): Promise<boolean> {
    try {
      await once(this.#news, 'news', { signal });
      return true;
    } catch {
      return false;
    }
  }

  async #read(): Promise<void> {
    try {
      const { rows } = await this.client.query<Omit<JobProgress, 'rate'>>({
        name: 'read-progress',
        text: READ_PROGRESS,
        values: [this.jobId],
      });
      this.#isAway = false;
      this.#take(rows[0] ?? { quantity: 0, created: 0, ...this.latest, status: 'deleted' });
    } catch (error) {
      // The watchers stay: there is nothing to tell them before the database is back.
      if (!this.#isAway) this.log.warn({ err: error, job: this.jobId }, 'progress cannot be read for now');
      this.#isAway = true;
    }
  }

  #take({ status, quantity, created }: Omit<JobProgress, 'rate'>): void {
    const before = this.latest;
    const rate = this.#rate.add(performance.now(), created);
    if (before?.status === status && before.created === created && before.rate === rate) return;
    this.latest = { status, quantity, created, rate };
    this.#news.emit('news');
  }

  /** Until the next reading is due. */
  async #pause(): Promise<void> {
    const startMs = performance.now();
    await new Promise<void>((resolve) => {
      let timer = setTimeout(resolve, MAX_INTERVAL_MS);
      this.#hasten = () => {
        clearTimeout(timer);
        const leftMs = this.isStopped ? 0 : startMs + MIN_INTERVAL_MS - performance.now();
        timer = setTimeout(resolve, Math.max(leftMs, 0));
      };
      if (this.#isWoken || this.isStopped) this.#hasten();
    });
    this.#hasten = undefined;
  }
}
