import type { QueueName, SliceProgress } from '@codemint/shared';
import { type Job, type LockManager, type Queue, WaitingError, type Worker } from 'bullmq';
import { available, isConnectionLoss } from './availability';
import { type QueueLog, reasonOf } from './log';
import { ProgressThrottle } from './progress';
import { closeWithin, type Transport } from './transport';
import { WORKER_TUNING } from './tuning';

/** How often a consumer looks whether it should be busier, and how long it may leave jobs waiting meanwhile. */
const WATCH_INTERVAL_MS = 2500;
const SILENCE_LIMIT_MS = 4500;
/** How long close() waits for what runs: slices stop after their current chunk, anything else is short. */
const RUNNING_LIMIT_MS = 10_000;
const CLOSING = 'the worker is closing';

/** What a processor has to do with the queue while it works. */
export interface Run {
  /**
   * Aborted when the work should stop at its next halt: the consumer is closing, or the job's lock is lost and
   * another worker has the work or will have it.
   */
  readonly signal: AbortSignal;
  /** Whether the queue gives the job up if this try fails. */
  readonly isLastTry: boolean;
  /** Tells watchers, at most four times a second for an identifier job or order. */
  reportProgress(progress: SliceProgress): void;
  /** Puts the job back for another worker, without counting this as an attempt: `return run.giveBack()`. */
  giveBack(): Promise<never>;
}

/**
 * Does one piece of work. Throw UnrecoverableError for what cannot pass: the job is failed for good. Any other error
 * is tried again with back-off.
 */
export type Processor<Payload> = (work: Payload, run: Run) => Promise<void>;

export interface ConsumerOptions<Payload> {
  /** Payload of a queue job's data. @throws UnrecoverableError when it is none of this queue */
  read: (data: unknown) => Payload;
  processor: Processor<Payload>;
  /** At most so many at a time in this process. */
  concurrency: number;
  log: QueueLog;
}

interface Running {
  readonly jobId: string | undefined;
  readonly controller: AbortController;
  readonly work: Promise<void>;
}

/** Takes the work of one queue and keeps doing so, whatever happens to the backend in between. */
export class Consumer<Payload> {
  private worker: Worker;
  readonly #running = new Set<Running>();
  readonly #throttle = new ProgressThrottle();
  readonly #watch: NodeJS.Timeout;
  #silentSince: number | undefined;
  #isReplaced = false;
  readonly #overdue = new OverdueWatch();
  #closed: Promise<void> | undefined;

  constructor(
    private readonly transport: Transport,
    private readonly queue: Queue,
    private readonly options: ConsumerOptions<Payload>,
  ) {
    this.worker = this.#newWorker();
    this.#watch = setInterval(() => void this.#checkSilence(), WATCH_INTERVAL_MS);
  }

  /** Whether jobs wait that even a new worker has not taken so far. */
  get isSilent(): boolean {
    return this.#isReplaced && this.#silentSince !== undefined;
  }

  /** Takes no more jobs, asks the running ones to stop and waits for them: 10 s at most, then they are abandoned. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    clearInterval(this.#watch);
    const running = [...this.#running];
    for (const run of running) run.controller.abort(new Error(CLOSING));
    // From here on it takes nothing new; its own wait for what runs has no limit.
    void this.worker.close();
    const work = Promise.allSettled(running.map((run) => run.work));
    await available('running work', RUNNING_LIMIT_MS, work).catch(() => undefined);
    await endWorker(this.worker, this.transport.gate.isOpen ? 2000 : 0);
  }

  #newWorker(): Worker {
    const worker = this.transport.worker(
      this.queue.name as QueueName,
      (job, token) => this.#process(job, token ?? ''),
      { ...WORKER_TUNING, concurrency: this.options.concurrency },
    );
    worker.on('error', (error) => {
      // The transport tells of outages, once each.
      if (isConnectionLoss(error)) return;
      this.options.log.warn({ reason: reasonOf(error) }, 'the queue worker met an error');
    });
    worker.on('lockRenewalFailed', (jobIds) => {
      for (const run of this.#running) {
        if (run.jobId !== undefined && jobIds.includes(run.jobId)) {
          run.controller.abort(new Error('the lock of the queue job is lost'));
        }
      }
    });
    return worker;
  }

  /** @returns what watchers still have to hear; it goes to them with the news that the job has completed */
  async #process(job: Job, token: string): Promise<SliceProgress | undefined> {
    this.#silentSince = undefined;
    this.#isReplaced = false;
    const payload = this.options.read(job.data);
    const controller = new AbortController();
    const work = this.options.processor(payload, {
      signal: controller.signal,
      isLastTry: job.attemptsMade + 1 >= (job.opts.attempts ?? 1),
      reportProgress: (progress) => this.#throttle.report(job, progress),
      giveBack: () => giveBack(job, token),
    });
    const running: Running = { jobId: job.id, controller, work };
    this.#running.add(running);
    if (this.#closed) controller.abort(new Error(CLOSING));
    try {
      await work;
    } finally {
      this.#running.delete(running);
    }
    return this.#throttle.take(job);
  }

  /**
   * A worker can go silent after an outage of its backend while it claims to be running, so what counts is whether
   * jobs are taken: when jobs wait, this could do more and takes none for a while, a new worker replaces it. What it
   * is at goes on; what it cannot report any more is done again by somebody, which does no harm. Jobs of workers that
   * died need no look: the sweep puts their work into the queue once more.
   */
  async #checkSilence(): Promise<void> {
    if (!this.#couldTakeMore() || !(await this.#hasJobsToTake().catch(() => false))) {
      this.#silentSince = undefined;
      return;
    }
    if (!this.#couldTakeMore() || this.#closed) return;
    this.#silentSince ??= Date.now();
    const silentMs = Date.now() - this.#silentSince;
    if (silentMs < SILENCE_LIMIT_MS) return;
    this.options.log.warn({ silentMs }, 'jobs wait but none is taken: the queue worker is replaced');
    const silent = this.worker;
    this.#silentSince = Date.now();
    this.#isReplaced = true;
    this.worker = this.#newWorker();
    await endWorker(silent, 1000);
  }

  #couldTakeMore(): boolean {
    return this.#running.size < this.options.concurrency && this.transport.gate.isOpen;
  }

  /** Not so while an administrator keeps the queue's jobs back. */
  async #hasJobsToTake(): Promise<boolean> {
    const [{ delayed = 0, ...ready }, { paused, concurrency, max }] = await available(
      'queue counts',
      2000,
      Promise.all([this.queue.getJobCounts('waiting', 'prioritized', 'delayed'), this.queue.getMeta()]),
    );
    if (paused || concurrency !== undefined || max !== undefined) return false;
    if (Object.values(ready).some((count) => count > 0)) return true;
    const [next] = delayed > 0 ? await available('queue jobs', 2000, this.queue.getDelayed(0, 0)) : [];
    return this.#overdue.isOverdue(next);
  }
}

/** Tells of a job that waits for its next try whether its time is over. When the wait began the queue does not say. */
class OverdueWatch {
  #try: string | undefined;
  #seenAt = 0;

  /** @param next the first of those that wait, undefined if none does; it is to be asked often */
  isOverdue(next: Job | undefined): boolean {
    const current = next && `${next.id} ${next.attemptsMade}`;
    if (current !== this.#try) this.#seenAt = Date.now();
    this.#try = current;
    return next !== undefined && Date.now() > this.#seenAt + next.delay;
  }
}

async function giveBack(job: Job, token: string): Promise<never> {
  // When this fails, the lock is lost or will run out: the stall check gives the job to another worker then.
  await job.moveToWait(token).catch(() => undefined);
  throw new WaitingError();
}

/** Closes a worker; its timer for locks would outlive a close that had to be cut short, and keep the process alive. */
async function endWorker(worker: Worker, limitMs: number): Promise<void> {
  await closeWithin(worker, limitMs);
  const { lockManager } = worker as unknown as { lockManager: LockManager };
  await lockManager.close();
}
