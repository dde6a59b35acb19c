import { randomBytes } from 'node:crypto';
import {
  bootstrap,
  createJobs,
  type Database,
  FIRST_ACCOUNT_ID,
  type NewJob,
  openDatabase,
} from '@codemint/db';
import { openQueueBackend, type QueueBackend } from '@codemint/queue';
import {
  checkDigit,
  KeyRing,
  parseServiceSettings,
  type ServiceSettings,
  type SliceJob,
} from '@codemint/shared';
import { pino } from 'pino';
import { createTestDatabase, type TestDatabase } from '../../../tests/support/postgres';
import { until } from '../../../tests/support/until';
// The generator's threads run the built code, so all of the worker is the built one here.
import type { WorkerContext } from '../dist/context';
import { Generator } from '../dist/generator/generator';
import { makeSlice } from '../dist/makeSlice';

export const CHUNK_SIZE = 100;
export const SLICE_SIZE = 1000;

/** A database and queue of their own with what a test wants to run on them. */
export class Workshop {
  readonly #closers: (() => Promise<unknown>)[] = [];
  #products = 0;

  private constructor(
    readonly testDatabase: TestDatabase,
    readonly database: Database,
    readonly masterKeys: string,
  ) {}

  static async open(masterKeys = newMasterKeys()): Promise<Workshop> {
    const testDatabase = await createTestDatabase();
    const database = openDatabase({ ...testDatabase, poolSize: 4, applicationName: 'worker test' });
    const workshop = new Workshop(testDatabase, database, masterKeys);
    workshop.#closers.push(testDatabase.drop, database.close);
    await bootstrap(database);
    return workshop;
  }

  /** What a worker process has; the queue is on Postgres unless an address of a Redis is given. */
  context(options: { masterKeys?: string; redisUrl?: string } = {}): WorkerContext {
    const settings = this.#settings(options.masterKeys);
    const log = pino({ level: 'silent' });
    const queue = openQueueBackend({
      redisUrl: options.redisUrl,
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
      DATABASE_URL: this.testDatabase.connectionString,
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
};

export function newMasterKeys(version = 1): string {
  return `${version}:${randomBytes(32).toString('base64')}`;
}

/** Makes slices as the worker's main does. */
export function work(context: WorkerContext, concurrency = 2): void {
  context.queue.consumeSlices((job, run) => makeSlice(context, job, run), { concurrency });
}

export function enqueue(queue: QueueBackend, jobs: readonly SliceJob[]): Promise<void> {
  return queue.addSlices(jobs, { timeoutMs: 10_000 });
}
