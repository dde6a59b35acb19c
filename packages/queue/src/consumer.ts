import type { QueueName, SliceProgress } from '@codemint/shared';
import { type Job, type LockManager, type Queue, WaitingError, type Worker } from 'bullmq';
import { available, isConnectionLoss } from './availability';
import { type QueueLog, reasonOf } from './log';
import { ProgressThrottle } from './progress';
import { closeWithin, type Transport } from './transport';
import { WORKER_TUNING } from './tuning';

/** How often a consumer looks whether it should be busy, and how long it may leave jobs waiting while idle. */
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
  #closed: Promise<void> | undefined;

  constructor(
    private readonly transport: Transport,
    private readonly queue: Queue,
    private readonly options: ConsumerOptions<Payload>,
  ) {
    this.worker = this.#newWorker();
    this.#watch = setInterval(() => void this.#checkSilence(), WATCH_INTERVAL_MS);
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
    const payload = this.options.read(job.data);
    const controller = new AbortController();
    const work = this.options.processor(payload, {
      signal: controller.signal,
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
   * A worker can go silent after an outage of its backend while it claims to be running, so what counts is
   * whether jobs are taken: when jobs wait, none runs here and none is taken for a while, a new worker replaces it.
   */
  async #checkSilence(): Promise<void> {
    const idle = this.#running.size === 0 && this.transport.gate.isOpen;
    if (!idle || !(await this.#hasJobsToTake().catch(() => false))) {
      this.#silentSince = undefined;
      return;
    }
    if (this.#running.size > 0 || this.#closed) return;
    this.#silentSince ??= Date.now();
    const silentMs = Date.now() - this.#silentSince;
    if (silentMs < SILENCE_LIMIT_MS) return;
    this.options.log.warn({ silentMs }, 'jobs wait but none is taken: the queue worker is replaced');
    const silent = this.worker;
    this.#silentSince = undefined;
    this.worker = this.#newWorker();
    await endWorker(silent, 1000);
  }

  /** Not so while an administrator keeps the queue's jobs back. */
  async #hasJobsToTake(): Promise<boolean> {
    const [counts, { paused, concurrency, max }] = await available(
      'queue counts',
      2000,
      Promise.all([this.queue.getJobCounts('waiting', 'prioritized'), this.queue.getMeta()]),
    );
    const heldBack = paused || concurrency !== undefined || max !== undefined;
    return !heldBack && Object.values(counts).some((count) => count > 0);
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
