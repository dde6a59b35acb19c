import {
  QUEUE_NAMES,
  type QueueName,
  type SliceJob,
  type SliceProgress,
  sliceQueueJobId,
  UnavailableError,
} from '@codemint/shared';
import type { JobState, Queue } from 'bullmq';
import { available } from './availability';
import { SliceConsumer, type SliceProcessor } from './consumer';
import type { QueueLog } from './log';
import { openPostgres } from './postgres';
import { ProgressFeed } from './progress';
import { openRedis } from './redis';
import { closeWithin, type Transport } from './transport';
import { MAX_PRIORITY, SLICE_JOB_OPTIONS } from './tuning';

const PING_LIMIT_MS = 1000;
const READ_LIMIT_MS = 2000;

export interface QueueBackendOptions {
  /** With it the queues are in Redis, without it in the Postgres of `databaseUrl`, schema `bullmq`. */
  redisUrl?: string | undefined;
  databaseUrl: string;
  /** Names the connections of this process, so that an administrator can tell them apart. */
  role: 'producer' | 'consumer';
  log: QueueLog;
}

/** Opens the queues. The backend may be away: this neither throws nor waits, and all works as soon as it comes. */
export function openQueueBackend(options: QueueBackendOptions): QueueBackend {
  const { redisUrl, databaseUrl, role, log } = options;
  const transport = redisUrl
    ? openRedis({ url: redisUrl, role, log })
    : openPostgres({ url: databaseUrl, role, log });
  return new QueueBackend(transport, log);
}

/** The queues of one process. Make it with `openQueueBackend`. */
export class QueueBackend {
  readonly kind: 'redis' | 'postgres';
  /** The BullMQ queues by name, for the dashboard. */
  readonly queues: Readonly<Record<QueueName, Queue>>;
  readonly #consumers: SliceConsumer[] = [];
  readonly #feed: ProgressFeed;
  readonly #slices: Queue;

  constructor(
    private readonly transport: Transport,
    private readonly log: QueueLog,
  ) {
    const open = (name: QueueName) => {
      const queue = transport.queue(name);
      // The transport tells of outages; every call here reports its own failure to its caller.
      queue.on('error', () => undefined);
      return queue;
    };
    this.kind = transport.kind;
    this.queues = {
      [QUEUE_NAMES.identifierJobs]: open(QUEUE_NAMES.identifierJobs),
      [QUEUE_NAMES.adiOrders]: open(QUEUE_NAMES.adiOrders),
      [QUEUE_NAMES.adiEvents]: open(QUEUE_NAMES.adiEvents),
    };
    this.#slices = this.queues[QUEUE_NAMES.identifierJobs];
    this.#feed = new ProgressFeed(transport, log);
  }

  /**
   * Adds one queue job a slice; early slices of every batch come before later ones of any. A slice and attempt
   * that the queue has already is left as it is.
   * @throws UnavailableError when the queue is away or has not answered within `timeoutMs`; the jobs may be added
   *   nevertheless, which does no harm.
   */
  async addSlices(jobs: readonly SliceJob[], { timeoutMs }: { timeoutMs: number }): Promise<void> {
    if (jobs.length === 0) return;
    const startedAt = Date.now();
    await this.transport.gate.wait(timeoutMs);
    if (!this.transport.gate.isOpen) throw new UnavailableError('the queue has not been reached yet');
    const leftMs = Math.max(timeoutMs - (Date.now() - startedAt), 1);
    await available('queue add', leftMs, this.#add(jobs.map(sliceQueueJob)));
  }

  /** One job alone is added in half the time on Postgres, where adding in bulk makes temporary tables. */
  async #add(jobs: ReturnType<typeof sliceQueueJob>[]): Promise<void> {
    const [first, ...others] = jobs;
    if (first === undefined || others.length > 0) await this.#slices.addBulk(jobs);
    else await this.#slices.add(first.name, first.data, first.opts);
  }

  /** State of a slice's queue job; finished jobs are kept for a day, at most 1,000. @throws UnavailableError */
  async sliceJobState(job: Pick<SliceJob, 'sliceId' | 'attempt'>): Promise<JobState | 'missing'> {
    const reading = this.#slices.getJobState(sliceQueueJobId(job));
    const state = await available('queue job state', READ_LIMIT_MS, reading);
    return state === 'unknown' ? 'missing' : state;
  }

  /** Starts to process slices, at most `concurrency` at a time in this process. */
  consumeSlices(processor: SliceProcessor, { concurrency }: { concurrency: number }): SliceConsumer {
    const options = { concurrency, log: this.log };
    const consumer = new SliceConsumer(this.transport, this.#slices, processor, options);
    this.#consumers.push(consumer);
    return consumer;
  }

  /**
   * Calls the listener when a batch has moved. Best effort, only a wake-up: messages are lost now and then,
   * so whoever waits reads the database once a second besides.
   */
  watchProgress(listener: (progress: SliceProgress) => void): { close(): void } {
    return { close: this.#feed.add(listener) };
  }

  /** One round trip to the backend. @throws UnavailableError within a second when it does not answer */
  async ping(): Promise<void> {
    if (!this.transport.gate.isOpen) await this.transport.gate.wait(PING_LIMIT_MS);
    if (!this.transport.gate.isOpen) throw new UnavailableError('the queue has not been reached yet');
    await available('queue ping', PING_LIMIT_MS, this.transport.ping());
  }

  /** Number of jobs by state. @throws UnavailableError */
  async counts(name: QueueName): Promise<Record<string, number>> {
    return available('queue counts', READ_LIMIT_MS, this.queues[name].getJobCounts());
  }

  /** Closes consumers first, then everything else; bounded in time, also when the backend is away. */
  async close(): Promise<void> {
    await Promise.all([...this.#consumers.map((consumer) => consumer.close()), this.#feed.close()]);
    await Promise.all(Object.values(this.queues).map((queue) => closeWithin(queue, 1000)));
    await this.transport.close();
  }
}

/** Named by what a person looks for on the dashboard. */
function sliceQueueJob(job: SliceJob) {
  return {
    name: job.referenceId ?? job.job,
    data: job,
    opts: {
      ...SLICE_JOB_OPTIONS,
      jobId: sliceQueueJobId(job),
      priority: Math.min(job.ordinal + 1, MAX_PRIORITY),
    },
  };
}
