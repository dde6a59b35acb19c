import { type Database, readBacklog, readFullest } from '@codemint/db';
import type { QueueBackend } from '@codemint/queue';
import { Counter, Histogram, observeConnections, observeInstallation, Registry } from '@codemint/telemetry';

/** Of 10,000 codes: a few milliseconds to make, and as long as the disk takes to store. */
const CHUNK_BUCKETS = [0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What a worker process counts, and where it is read. */
export interface WorkerMetrics {
  readonly registry: Registry;
  /** Stored ones, by the kind of their namespace. */
  readonly codesMade: Counter<'kind'>;
  /** From asking for a chunk to having it: where all threads are busy, the wait for one too. */
  readonly chunkMakeSeconds: Histogram;
  readonly chunkWriteSeconds: Histogram;
  /** Pieces of work of the queue, by what they are and how they ended. */
  readonly workEnded: Counter<'work' | 'outcome'>;
  /** Work that the queue had lost, or that nobody did, put back by this worker's sweep. */
  readonly workRequeued: Counter<'work'>;
}

export function openWorkerMetrics({ pool }: Database, queue: QueueBackend): WorkerMetrics {
  const registry = new Registry();
  const registers = [registry];
  observeConnections(registry, pool);
  observeInstallation(registry, {
    backlog: (limitMs) => readBacklog(pool, limitMs),
    fill: (asked) => readFullest(pool, asked),
    queueCounts: (name) => queue.counts(name),
  });
  return {
    registry,
    codesMade: new Counter({
      name: 'codemint_codes_made_total',
      help: 'Generated codes that this worker has stored, by the kind of their namespace',
      labelNames: ['kind'],
      registers,
    }),
    chunkMakeSeconds: new Histogram({
      name: 'codemint_chunk_make_duration_seconds',
      help: 'From asking for the codes of a chunk to having them',
      buckets: CHUNK_BUCKETS,
      registers,
    }),
    chunkWriteSeconds: new Histogram({
      name: 'codemint_chunk_write_duration_seconds',
      help: 'Time of the statement that stores a chunk',
      buckets: CHUNK_BUCKETS,
      registers,
    }),
    workEnded: new Counter({
      name: 'codemint_work_ended_total',
      help: 'Slices, registrations of ids and events that this worker has done, given back or failed at',
      labelNames: ['work', 'outcome'],
      registers,
    }),
    workRequeued: new Counter({
      name: 'codemint_work_requeued_total',
      help: 'Slices, registrations of ids and events that nobody did, put back into the queue by the sweep',
      labelNames: ['work'],
      registers,
    }),
  };
}
