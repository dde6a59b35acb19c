import {
  type EventJob,
  QUEUE_NAMES,
  type RegistrationJob,
  type SliceJob,
  type SliceProgress,
} from '@codemint/shared';
import { startOwnPostgres } from '../../../tests/support/ownPostgres';
import { createEmptyDatabase } from '../../../tests/support/postgres';
import { startRedis, whyNoRedis } from '../../../tests/support/redis';
import { until as untilAnswer } from '../../../tests/support/until';
import { openQueueBackend, type QueueBackend } from '../src/index';

export type Kind = 'postgres' | 'redis';

/** Where a test's queues are: what a process needs to open them. */
export interface Place {
  redisUrl?: string;
  databaseUrl: string;
}

/** Declares the same tests for each backend; those that cannot run say why. */
export function describeBackends(what: string, declare: (kind: Kind) => void): void {
  const reason = whyNoRedis();
  describe(`${what} on postgres`, () => declare('postgres'));
  if (reason === undefined) {
    describe(`${what} on redis`, () => declare('redis'));
  } else {
    process.stderr.write(`skipped: ${what} on redis: ${reason}\n`);
    describe.skip(`${what} on redis (${reason})`, () => declare('redis'));
  }
}

/** A server of the queue's own that a test may harm. */
export interface Server {
  stop(): Promise<void>;
  crash(): Promise<void>;
  restart(): Promise<void>;
  freeze(): void;
  thaw(): void;
}

export async function startServer(kind: Kind): Promise<{ server: Server; place: Place }> {
  if (kind === 'redis') {
    const redis = await startRedis();
    const place = { redisUrl: redis.url, databaseUrl: 'postgres://127.0.0.1:1/none' };
    return { server: { ...redis, crash: redis.kill }, place };
  }
  const server = await startOwnPostgres();
  return { server, place: { databaseUrl: server.connectionString } };
}

/** What tests open and afterwards close, in the reverse order. */
export class Openings {
  readonly #closers: (() => Promise<unknown>)[] = [];
  readonly messages: string[] = [];

  onClose(close: () => Promise<unknown>): void {
    this.#closers.push(close);
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) await close();
    this.messages.length = 0;
  }

  /** Queues that nobody has used yet. */
  async place(kind: Kind): Promise<Place> {
    if (kind === 'redis') {
      const redis = await startRedis();
      this.onClose(() => redis.stop());
      return { redisUrl: redis.url, databaseUrl: 'postgres://127.0.0.1:1/none' };
    }
    const database = await createEmptyDatabase();
    this.onClose(() => database.drop());
    return { databaseUrl: database.connectionString };
  }

  backend(place: Place, role: 'producer' | 'consumer' = 'producer'): QueueBackend {
    const note = (_fields: object, message: string) => void this.messages.push(message);
    const backend = openQueueBackend({ ...place, role, log: { info: note, warn: note } });
    this.onClose(() => backend.close());
    return backend;
  }
}

export function slice(sliceId: number, rest: Partial<SliceJob> = {}): SliceJob {
  return {
    sliceId: String(sliceId),
    batchId: '7',
    ordinal: 0,
    attempt: 0,
    queue: QUEUE_NAMES.identifierJobs,
    job: '1d3f2c1e-0000-4000-8000-000000000001',
    referenceId: 'Jon Demo 4',
    ...rest,
  };
}

export function progress(created: number, rest: Partial<SliceProgress> = {}): SliceProgress {
  return { batchId: '7', job: '1d3f2c1e-0000-4000-8000-000000000001', created, quantity: 1000, ...rest };
}

/** Polls until the condition holds; fails after the limit. */
export async function until(condition: () => boolean | Promise<boolean>, limitMs: number): Promise<void> {
  await untilAnswer(String(condition), limitMs, condition);
}

export function registration(order: string, rest: Partial<RegistrationJob> = {}): RegistrationJob {
  return { order, purchaseOrder: 'PO 4711', attempt: 0, ...rest };
}

export function event(id: string, rest: Partial<EventJob> = {}): EventJob {
  return { event: id, order: 'UKGwQrgHq3QaqsRa', purchaseOrder: 'PO 4711', attempt: 0, ...rest };
}
