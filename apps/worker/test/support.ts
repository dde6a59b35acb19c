import { randomBytes } from 'node:crypto';
import {
  bootstrap,
  type CreatedOrder,
  createEvent,
  createJobs,
  createOrder,
  type Database,
  FIRST_ACCOUNT_ID,
  findOrder,
  type NewEvent,
  type NewJob,
  type NewOrder,
  openDatabase,
  type StoredOrder,
} from '@codemint/db';
import { openQueueBackend, type QueueBackend, type Work } from '@codemint/queue';
import {
  checkDigit,
  type EventJob,
  KeyRing,
  newResourceId,
  parseServiceSettings,
  QUEUE_NAMES,
  type RegistrationJob,
  registrationQueueJobId,
  type ServiceSettings,
  type SliceJob,
  sliceQueueJobId,
} from '@codemint/shared';
import { NO_TRACING } from '@codemint/telemetry';
import { pino } from 'pino';
import type { Backend } from '../../../tests/support/backends';
import { newOrder } from '../../../tests/support/newOrder';
import { createTestDatabase } from '../../../tests/support/postgres';
import { until } from '../../../tests/support/until';
// The generator's threads run the built code, so all of the worker is the built one here.
import { startConsuming } from '../dist/consume';
import type { WorkerContext } from '../dist/context';
import { Generator } from '../dist/generator/generator';
import { openWorkerMetrics } from '../dist/metrics/workerMetrics';

export const CHUNK_SIZE = 100;
export const SLICE_SIZE = 1000;

/** A database and queue of their own with what a test wants to run on them. */
export class Workshop {
  readonly #closers: (() => Promise<unknown>)[] = [];
  #products = 0;

  private constructor(
    readonly backend: Backend,
    readonly database: Database,
    readonly masterKeys: string,
  ) {}

  /** @param start of the servers; without it the queue is on Postgres */
  static async open(start = onPostgres): Promise<Workshop> {
    const backend = await start();
    const { connectionString } = backend;
    const database = openDatabase({ connectionString, poolSize: 8, applicationName: 'worker test' });
    const workshop = new Workshop(backend, database, newMasterKeys());
    workshop.#closers.push(backend.stop, database.close);
    await bootstrap(database);
    return workshop;
  }

  /** What a worker process has. */
  context(options: { masterKeys?: string; redisUrl?: string } = {}): WorkerContext {
    const settings = this.#settings(options.masterKeys);
    const log = pino({ level: 'silent' });
    const queue = openQueueBackend({
      redisUrl: options.redisUrl ?? this.backend.redisUrl,
      databaseUrl: settings.DATABASE_URL,
      role: 'consumer',
      log,
    });
    const generator = new Generator(settings.CODEMINT_MASTER_KEYS, 1);
    this.#closers.push(() => generator.close().then(() => queue.close()));
    return {
      database: this.database,
      ring: new KeyRing(settings.CODEMINT_MASTER_KEYS),
      settings,
      log,
      metrics: openWorkerMetrics(this.database, queue),
      tracing: NO_TRACING,
      queue,
      generator,
    };
  }

  /** Accepts a job of a GTIN that no job has had; nothing is put into a queue. */
  async accept(wanted: Partial<NewJob> = {}): Promise<AcceptedJob> {
    const product = wanted.product ?? (await this.addProduct());
    const job: NewJob = { ...DEFAULTS, ...wanted, product };
    const limits = { maxQuantity: 1_000_000, sliceSize: SLICE_SIZE };
    const { ids, sliceJobs } = await createJobs(this.database, this.ring(), [job], limits);
    return { id: ids[0] as string, batchId: BigInt(sliceJobs[0]?.batchId as string), product, sliceJobs };
  }

  /** Accepts an order for ten codes without a product; nothing is put into a queue. */
  async order(wanted: Partial<NewOrder> = {}): Promise<CreatedOrder> {
    return createOrder(this.database, this.ring(), newOrder(wanted), { sliceSize: SLICE_SIZE });
  }

  async storedOrder(id: string): Promise<StoredOrder> {
    const order = await findOrder(this.database.pool, id, null);
    if (order === undefined) throw new Error('no such order');
    return order;
  }

  async untilOrder(id: string, limitMs = 20_000): Promise<StoredOrder> {
    await until(
      'the order is completed',
      limitMs,
      async () => (await this.storedOrder(id)).state === 'completed',
    );
    return this.storedOrder(id);
  }

  /** Accepts an event of an order; nothing is put into a queue. */
  async event(orderId: string, wanted: Partial<NewEvent> = {}): Promise<EventJob> {
    const order = await this.storedOrder(orderId);
    const { job } = await createEvent(this.database, this.ring(), {
      ...DEFAULT_EVENT,
      id: newResourceId(),
      order,
      ...wanted,
    });
    return job as EventJob;
  }

  ring(): KeyRing {
    return new KeyRing(this.#settings().CODEMINT_MASTER_KEYS);
  }

  async addProduct(): Promise<string> {
    this.#products += 1;
    const body = String(931_234_000_000 + this.#products).padStart(13, '0');
    const id = `/01/${body}${checkDigit(body)}`;
    await this.database.prisma.product.create({ data: { id, account_id: FIRST_ACCOUNT_ID } });
    return id;
  }

  async batch(batchId: bigint) {
    return this.database.prisma.batch.findUniqueOrThrow({ where: { id: batchId } });
  }

  async slices(batchId: bigint) {
    return this.database.prisma.slice.findMany({ where: { batch_id: batchId }, orderBy: { ordinal: 'asc' } });
  }

  /** As if so much time had passed since anybody looked at any order or event. */
  async ageOrders(seconds: number): Promise<void> {
    const back = `now() - ${seconds} * interval '1 second'`;
    await this.database.pool.query(`UPDATE adi_order SET touched_at = ${back}`);
    await this.database.pool.query(`UPDATE adi_order_event SET touched_at = ${back}`);
  }

  /** As if so much time had passed since anybody worked on the batch. */
  async age(batchId: bigint, seconds: number): Promise<void> {
    const back = `now() - ${seconds} * interval '1 second'`;
    await this.database.pool.query(`UPDATE slice SET touched_at = ${back} WHERE batch_id = $1`, [batchId]);
    await this.database.pool.query(`UPDATE batch SET date_created = ${back} WHERE id = $1`, [batchId]);
  }

  async codes(batchId: bigint): Promise<string[]> {
    const { rows } = await this.database.pool.query<{ code: string }>(
      'SELECT code FROM issued_code WHERE batch_id = $1 ORDER BY place',
      [batchId],
    );
    return rows.map((row) => row.code);
  }

  async untilBatch(batchId: bigint, status: string, limitMs = 20_000): Promise<void> {
    await until(`batch is ${status}`, limitMs, async () => (await this.batch(batchId)).status === status);
  }

  #settings(masterKeys = this.masterKeys): ServiceSettings {
    return parseServiceSettings({
      DATABASE_URL: this.backend.connectionString,
      CODEMINT_MASTER_KEYS: masterKeys,
      CODEMINT_ADMIN_TOKEN: 'of no use for a worker',
      CODEMINT_CHUNK_SIZE: String(CHUNK_SIZE),
      CODEMINT_SLICE_SIZE: String(SLICE_SIZE),
    });
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) await close();
  }
}

export interface AcceptedJob {
  id: string;
  batchId: bigint;
  product: string;
  sliceJobs: SliceJob[];
}

const DEFAULTS: NewJob = {
  id: null,
  userId: null,
  accountId: FIRST_ACCOUNT_ID,
  referenceId: null,
  domainId: null,
  linkHost: 'id.gs1.org',
  type: 'sgtin',
  length: 8,
  quantity: SLICE_SIZE,
  characterSet: 'alphanumeric',
  product: null,
  domainName: null,
  ssccCompanyPrefix: null,
  ssccExtensionDigit: null,
  ssccStartSerial: null,
  epc: null,
};

const DEFAULT_EVENT: Omit<NewEvent, 'id' | 'order'> = {
  userId: null,
  type: 'encodings',
  metadata: {},
  numbers: [0, 1],
  customFields: null,
  identifiers: null,
  tags: [],
};

async function onPostgres(): Promise<Backend> {
  const { connectionString, drop } = await createTestDatabase();
  return { connectionString, stop: drop };
}

export function newMasterKeys(version = 1): string {
  return `${version}:${randomBytes(32).toString('base64')}`;
}

/** Takes work of all queues as the worker's main does. */
export function work(context: WorkerContext, concurrency = 2): void {
  startConsuming(context, concurrency);
}

export function enqueue(queue: QueueBackend, jobs: readonly Work[]): Promise<void> {
  return queue.add(jobs, { timeoutMs: 10_000 });
}

/** As enqueue, but the queue gives these up after so many tries, which follow one another at once. */
export async function enqueueForTries(
  queue: QueueBackend,
  attempts: number,
  jobs: readonly (SliceJob | RegistrationJob)[],
): Promise<void> {
  for (const job of jobs) {
    const [name, jobId] =
      'sliceId' in job
        ? [job.queue, sliceQueueJobId(job)]
        : [QUEUE_NAMES.adiOrders, registrationQueueJobId(job)];
    await queue.queues[name].add('test', job, { jobId, attempts, backoff: 0, priority: 1 });
  }
}
