import type { QueueName } from '@codemint/shared';
import type { Processor, Queue, QueueBase, QueueEvents, Worker, WorkerOptions } from 'bullmq';
import { available, type Gate } from './availability';

/** The options of a worker that do not depend on the backend. */
export type WorkerTuning = Omit<WorkerOptions, 'connection' | 'prefix'>;

/** Where the queues live: Redis or Postgres. All objects of one transport share its connections. */
export interface Transport {
  readonly kind: 'redis' | 'postgres';
  /** Open once the backend has been reached (and, on Postgres, its schema is there). */
  readonly gate: Gate;
  queue(name: QueueName): Queue;
  worker(name: QueueName, processor: Processor, tuning: WorkerTuning): Worker;
  /** Not running yet: `run()` starts it and settles when it ends. */
  events(name: QueueName): QueueEvents;
  /** One round trip; rejects when the backend does not answer. */
  ping(): Promise<void>;
  /** Gives up all connections; bounded in time. Everything made here has to be closed before. */
  close(): Promise<void>;
}

/**
 * Closes a worker or event reader in at most `limitMs` + 1 s. BullMQ's own close waits for the backend without
 * a limit: what is not closed by then is cut off.
 */
export async function closeWithin(part: QueueBase, limitMs: number): Promise<void> {
  try {
    await available('close', limitMs, part.close());
  } catch {
    // A close that waits for an answer already is not hastened by another, but by disconnecting.
    const backend = part.getBackend();
    const cut = Promise.all([backend.close(true), backend.disconnect()]);
    await available('close', 1000, cut).catch(() => undefined);
  }
}
