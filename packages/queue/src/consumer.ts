import { QUEUE_NAMES, type SliceJob, type SliceProgress, sliceJobSchema } from '@codemint/shared';
import {
  type Job,
  type LockManager,
  type Queue,
  UnrecoverableError,
  WaitingError,
  type Worker,
} from 'bullmq';
import { available, isConnectionLoss } from './availability';
import { type QueueLog, reasonOf } from './log';
import { ProgressThrottle } from './progress';
import { closeWithin, type Transport } from './transport';
import { SLICE_WORKER_TUNING } from './tuning';

/** How often a consumer looks whether it should be busy, and how long it may leave jobs waiting while idle. */
const WATCH_INTERVAL_MS = 2500;
const SILENCE_LIMIT_MS = 4500;
/** How long close() waits for running slices, which stop after their current chunk. */
const RUNNING_LIMIT_MS = 10_000;
const CLOSING = 'the worker is closing';

export interface SliceContext {
  /**
   * Aborted when the slice should stop after its current chunk: the consumer is closing, or the job's lock is
   * lost and another worker has the slice or will have it.
   */
  readonly signal: AbortSignal;
  /** Tells watchers, at most four times a second for a batch. */
  reportProgress(progress: SliceProgress): void;
  /** Puts the job back for another worker, without counting this as an attempt: `return context.giveBack()`. */
  giveBack(): Promise<never>;
}

/**
 * Makes one slice. Throw UnrecoverableError for what cannot pass: the job is failed for good. Any other error
 * is tried again with back-off.
 */
export type SliceProcessor = (job: SliceJob, context: SliceContext) => Promise<void>;

interface Run {
  readonly jobId: string | undefined;
  readonly controller: AbortController;
  readonly work: Promise<void>;
}

/** Takes slices from the queue and keeps doing so, whatever happens to the backend in between. */
export class SliceConsumer {
  private worker: Worker;
  readonly #runs = new Set<Run>();
  readonly #throttle = new ProgressThrottle();
  readonly #watch: NodeJS.Timeout;
  #silentSince: number | undefined;
  #closed: Promise<void> | undefined;

  constructor(
    private readonly transport: Transport,
    private readonly queue: Queue,
    private readonly processor: SliceProcessor,
    private readonly options: { concurrency: number; log: QueueLog },
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
    const runs = [...this.#runs];
    for (const run of runs) run.controller.abort(new Error(CLOSING));
    // From here on it takes nothing new; its own wait for what runs has no limit.
    void this.worker.close();
    const work = Promise.allSettled(runs.map((run) => run.work));
    await available('running slices', RUNNING_LIMIT_MS, work).catch(() => undefined);
    await endWorker(this.worker, this.transport.gate.isOpen ? 2000 : 0);
  }

  #newWorker(): Worker {
    const worker = this.transport.worker(
      QUEUE_NAMES.identifierJobs,
      (job, token) => this.#process(job, token ?? ''),
      { ...SLICE_WORKER_TUNING, concurrency: this.options.concurrency },
    );
    worker.on('error', (error) => {
      // The transport tells of outages, once each.
      if (isConnectionLoss(error)) return;
      this.options.log.warn({ reason: reasonOf(error) }, 'the queue worker met an error');
    });
    worker.on('lockRenewalFailed', (jobIds) => {
      for (const run of this.#runs) {
        if (run.jobId !== undefined && jobIds.includes(run.jobId)) {
          run.controller.abort(new Error('the lock of the queue job is lost'));
        }
      }
    });
    return worker;
  }

  async #process(job: Job, token: string): Promise<void> {
    this.#silentSince = undefined;
    const payload = sliceJobSchema.safeParse(job.data);
    if (!payload.success) throw new UnrecoverableError(`unreadable payload: ${payload.error.message}`);
    const controller = new AbortController();
    const work = this.#work(job, token, payload.data, controller.signal);
    const run: Run = { jobId: job.id, controller, work };
    this.#runs.add(run);
    if (this.#closed) controller.abort(new Error(CLOSING));
    try {
      await work;
    } finally {
      this.#runs.delete(run);
      this.#throttle.flush(job, payload.data.batchId);
    }
  }

  async #work(job: Job, token: string, payload: SliceJob, signal: AbortSignal): Promise<void> {
    await this.processor(payload, {
      signal,
      reportProgress: (progress) => this.#throttle.report(job, progress),
      giveBack: () => giveBack(job, token),
    });
  }

  /**
   * A worker can go silent after an outage of its backend while it claims to be running, so what counts is
   * whether jobs are taken: when jobs wait, none runs here and none is taken for a while, a new worker replaces it.
   */
  async #checkSilence(): Promise<void> {
    const idle = this.#runs.size === 0 && this.transport.gate.isOpen;
    if (!idle || !(await this.#hasJobsToTake().catch(() => false))) {
      this.#silentSince = undefined;
      return;
    }
    if (this.#runs.size > 0 || this.#closed) return;
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
