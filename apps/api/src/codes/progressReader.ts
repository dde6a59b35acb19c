import { EventEmitter, once } from 'node:events';
import type { Client } from '@codemint/db';
import type { Logger } from 'pino';
import { RateMeter } from './rateMeter';

/** How far something is whose codes are counted. */
export interface Reading {
  readonly [field: string]: string | number;
  readonly created: number;
}

/** What its watchers are told. */
export interface Progress extends Reading {
  /** Codes per second, over the last seconds. */
  readonly rate: number;
}

/** Something of one kind whose progress can be watched. */
export interface Watched {
  /** What jobs and orders are told apart by everywhere, in the queue's messages too. */
  readonly id: string;
  /**
   * How far it is.
   * @param before what was read last
   * @returns undefined when it is not there any more and there is nothing to tell of that
   */
  read(client: Client, before: Progress | undefined): Promise<Reading | undefined>;
  /** Nothing will change any more. */
  isFinal(progress: Progress): boolean;
}

/** How often it is read: when somebody says that it moved, and at least once a second. */
const MIN_INTERVAL_MS = 250;
const MAX_INTERVAL_MS = 1000;

/** Reads the progress of one thing again and again until it is final or nobody wants it any more. */
export class ProgressReader {
  /** A new object at each change; undefined before the first reading. */
  latest: Progress | undefined;
  isStopped = false;
  watchers = 0;
  readonly #news = new EventEmitter().setMaxListeners(0);
  readonly #rate = new RateMeter();
  #isAway = false;
  #isWoken = false;
  #hasten: (() => void) | undefined;

  constructor(
    private readonly client: Client,
    private readonly watched: Watched,
    private readonly log: Pick<Logger, 'warn'>,
  ) {}

  /** Fulfilled when it has ended; never rejected. */
  async run(): Promise<void> {
    while (!this.isStopped) {
      this.#isWoken = false;
      await this.#read();
      if (this.latest !== undefined && this.watched.isFinal(this.latest)) return;
      await this.#pause();
    }
  }

  /** It has moved: it is read soon. */
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
      const reading = await this.watched.read(this.client, this.latest);
      this.#isAway = false;
      if (reading === undefined) this.stop();
      else this.#take(reading);
    } catch (error) {
      // The watchers stay: there is nothing to tell them before the database is back.
      if (!this.#isAway)
        this.log.warn({ err: error, id: this.watched.id }, 'progress cannot be read for now');
      this.#isAway = true;
    }
  }

  #take(reading: Reading): void {
    const before = this.latest;
    const now: Progress = { ...reading, rate: this.#rate.add(performance.now(), reading.created) };
    if (before !== undefined && Object.keys(now).every((field) => now[field] === before[field])) return;
    this.latest = now;
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
