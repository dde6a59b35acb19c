import {
  type EventJob,
  QUEUE_NAMES,
  type QueueName,
  type RegistrationJob,
  type SliceJob,
  type SliceProgress,
  UnavailableError,
} from '@codemint/shared';
import type { JobState, Queue, Telemetry } from 'bullmq';
import { available } from './availability';
import { Consumer, type Processor } from './consumer';
import type { QueueLog } from './log';
import { openPostgres } from './postgres';
import { ProgressFeed } from './progress';
import { openRedis } from './redis';
import { quiet } from './telemetry';
import { closeWithin, type Transport } from './transport';
import { BULK_FROM } from './tuning';
import { type QueueJob, type QueueWork, queueJob, readWork, type Work } from './work';

const PING_LIMIT_MS = 1000;
const READ_LIMIT_MS = 2000;
/** A queue of a million jobs takes some seconds. */
const EMPTY_LIMIT_MS = 60_000;

export interface QueueBackendOptions {
  /** With it the queues are in Redis, without it in the Postgres of `databaseUrl`, schema `bullmq`. */
  redisUrl?: string | undefined;
  databaseUrl: string;
  /** Names the connections of this process, so that an administrator can tell them apart. */
  role: 'producer' | 'consumer';
  log: QueueLog;
  /** Carries traces from who adds a job to who takes it, and makes a span of both. */
  telemetry?: Telemetry | undefined;
}

interface ConsumeOptions {
  /** At least 1. */
  concurrency: number;
}

/** Opens the queues. The backend may be away: this neither throws nor waits, and all works as soon as it comes. */
export function openQueueBackend(options: QueueBackendOptions): QueueBackend {
  const { redisUrl, databaseUrl, role, log } = options;
  const telemetry = options.telemetry && quiet(options.telemetry);
  const transport = redisUrl
    ? openRedis({ url: redisUrl, role, log, telemetry })
    : openPostgres({ url: databaseUrl, role, log, telemetry });
  return new QueueBackend(transport, log);
}

/** The queues of one process. Make it with `openQueueBackend`. */
export class QueueBackend {
  readonly kind: 'redis' | 'postgres';
  /** The BullMQ queues by name, for the dashboard. */
  readonly queues: Readonly<Record<QueueName, Queue>>;
  readonly #consumers: Pick<Consumer<never>, 'isSilent' | 'close'>[] = [];
  readonly #feed: ProgressFeed;

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
    this.#feed = new ProgressFeed(transport, log);
  }

  /**
   * Adds a queue job for each piece of work, to its queue; early slices of every batch come before later ones of any.
   * What the queue has already, by id and attempt, is left as it is.
   * @throws UnavailableError when the queue is away or has not answered within `timeoutMs`; the jobs may be added
   *   nevertheless, which does no harm.
   */
  async add(work: readonly Work[], { timeoutMs }: { timeoutMs: number }): Promise<void> {
    if (work.length === 0) return;
    const startedAt = Date.now();
    await this.transport.gate.wait(timeoutMs);
    if (!this.transport.gate.isOpen) throw new UnavailableError('the queue has not been reached yet');
    const leftMs = Math.max(timeoutMs - (Date.now() - startedAt), 1);
    await available('queue add', leftMs, this.#addJobs(work.map(queueJob)));
  }

  async #addJobs(jobs: readonly QueueJob[]): Promise<void> {
    const added = Object.entries(this.queues).map(async ([name, queue]) => {
      const mine = jobs.filter((job) => job.queue === name);
      if (mine.length >= BULK_FROM) await queue.addBulk(mine);
      else await Promise.all(mine.map((job) => queue.add(job.name, job.data, job.opts)));
    });
    await Promise.all(added);
  }

  /** State of the queue job of a piece of work; finished jobs are kept for a day, about 1,000. @throws UnavailableError */
  async jobState(work: Work): Promise<JobState | 'missing'> {
    const { queue, opts } = queueJob(work);
    const reading = this.queues[queue].getJobState(opts.jobId);
    const state = await available('queue job state', READ_LIMIT_MS, reading);
    return state === 'unknown' ? 'missing' : state;
  }

  /** Starts to take the slices of identifier jobs, at most `concurrency` at a time in this process. */
  consumeSlices(processor: Processor<SliceJob>, options: ConsumeOptions): Consumer<SliceJob> {
    return this.#consume(QUEUE_NAMES.identifierJobs, processor, options);
  }

  /** As `consumeSlices`: the slices of ADI orders and the registrations of their ids. */
  consumeOrders(
    processor: Processor<SliceJob | RegistrationJob>,
    options: ConsumeOptions,
  ): Consumer<SliceJob | RegistrationJob> {
    return this.#consume(QUEUE_NAMES.adiOrders, processor, options);
  }

  /** As `consumeSlices`: the events of ADI orders. */
  consumeEvents(processor: Processor<EventJob>, options: ConsumeOptions): Consumer<EventJob> {
    return this.#consume(QUEUE_NAMES.adiEvents, processor, options);
  }

  #consume<Name extends QueueName>(
    name: Name,
    processor: Processor<QueueWork[Name]>,
    { concurrency }: ConsumeOptions,
  ): Consumer<QueueWork[Name]> {
    const consumer = new Consumer(this.transport, this.queues[name], {
      read: (data) => readWork(name, data),
      processor,
      concurrency,
      log: this.log,
    });
    this.#consumers.push(consumer);
    return consumer;
  }

  /**
   * Calls the listener when an identifier job or order has moved. Best effort, only a wake-up: messages are lost now
   * and then, so whoever waits reads the database once a second besides.
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

  /** Whether a consumer of this process leaves jobs waiting that it should take, also after its worker was replaced. */
  get isSilent(): boolean {
    return this.#consumers.some((consumer) => consumer.isSilent);
  }

  /** Number of jobs by state. @throws UnavailableError */
  async counts(name: QueueName): Promise<Record<string, number>> {
    return available('queue counts', READ_LIMIT_MS, this.queues[name].getJobCounts());
  }

  /**
   * Takes all jobs out of all queues, finished ones and those that workers hold too. The database knows what is still
   * to be done, and the workers' sweep puts it back. @throws UnavailableError
   */
  async empty(): Promise<void> {
    for (const queue of Object.values(this.queues)) {
      await available('queue empty', EMPTY_LIMIT_MS, queue.obliterate({ force: true }));
      // Emptying pauses it first; workers would go on waiting.
      await available('queue resume', READ_LIMIT_MS, queue.resume());
    }
  }

  /** Closes consumers first, then everything else; bounded in time, also when the backend is away. */
  async close(): Promise<void> {
    await Promise.all([...this.#consumers.map((consumer) => consumer.close()), this.#feed.close()]);
    await Promise.all(Object.values(this.queues).map((queue) => closeWithin(queue, 1000)));
    await this.transport.close();
  }
}
