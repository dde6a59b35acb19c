import { QUEUE_NAMES, type QueueName } from '@codemint/shared';
import type { Registry } from 'prom-client';
import { collectedGauge } from './collected';
import { Reading } from './reading';

/** A scrape waits so long for what others have to answer. */
const LIMIT_MS = 2_000;
/** However many scrape, each source is asked once in this time. */
const KEPT_MS = 5_000;
/** The same for what looks through everything. */
const LONG_KEPT_MS = 60_000;
/** Of the fullest shapes so many are told: a series for each pool would be too many. */
const SHAPES_TOLD = 20;

interface Backlog {
  slicesWaiting: number;
  slicesStarted: number;
  slicesFailed: number;
  oldestWaitingSeconds: number;
  batchesInError: number;
  rulesUnmet: number;
  isHome: boolean;
}

interface Fill {
  shapes: readonly { namespaceId: bigint; poolId: bigint; kind: string; length: number; ratio: number }[];
  databaseBytes: number;
}

/** How the gauges of the whole installation are read; each may fail or hang. */
export interface InstallationSources {
  backlog(limitMs: number): Promise<Backlog>;
  fill(options: { count: number; limitMs: number }): Promise<Fill>;
  /** Number of jobs by state. */
  queueCounts(queue: QueueName): Promise<Record<string, number>>;
}

/**
 * Gauges of the whole installation: every process that is asked tells the same. They are read when somebody looks; what
 * cannot be read is left out, and `codemint_database_up` or `codemint_queue_up` is 0.
 */
export function observeInstallation(registry: Registry, sources: InstallationSources): void {
  const limits = { keptMs: KEPT_MS, limitMs: LIMIT_MS };
  observeBacklog(registry, new Reading(() => sources.backlog(LIMIT_MS), limits));
  const asked = { count: SHAPES_TOLD, limitMs: LIMIT_MS };
  observeFill(registry, new Reading(() => sources.fill(asked), { ...limits, keptMs: LONG_KEPT_MS }));
  observeQueues(registry, new Reading(() => allCounts(sources), limits));
}

type QueueCounts = readonly (readonly [queue: QueueName, byState: Record<string, number>])[];

function allCounts(sources: InstallationSources): Promise<QueueCounts> {
  return Promise.all(
    Object.values(QUEUE_NAMES).map(async (name) => [name, await sources.queueCounts(name)] as const),
  );
}

function observeBacklog(registry: Registry, backlog: Reading<Backlog>): void {
  const tell = (name: string, help: string, figure: (read: Backlog) => number) =>
    collectedGauge(registry, { name, help }, async () => {
      const read = await backlog.get();
      return [[{}, read && figure(read)]];
    });
  collectedGauge(
    registry,
    { name: 'codemint_database_up', help: '1 if the database answered this process in time, else 0' },
    async () => [[{}, (await backlog.get()) === undefined ? 0 : 1]],
  );
  collectedGauge(
    registry,
    {
      name: 'codemint_slices',
      help: 'Slices that are not done: waiting for their first codes, started, or failed for good',
      labelNames: ['state'],
    },
    async () => {
      const read = await backlog.get();
      return [
        [{ state: 'waiting' }, read?.slicesWaiting],
        [{ state: 'started' }, read?.slicesStarted],
        [{ state: 'failed' }, read?.slicesFailed],
      ];
    },
  );
  tell(
    'codemint_oldest_waiting_slice_age_seconds',
    'Age of the oldest slice that has no codes yet, 0 if none waits',
    (read) => read.oldestWaitingSeconds,
  );
  tell('codemint_batches_in_error', 'Jobs and orders that ended in an error', (read) => read.batchesInError);
  tell(
    'codemint_rules_unmet',
    'Active replenishment rules that could not be met when they were last tried',
    (read) => read.rulesUnmet,
  );
  tell(
    'codemint_database_moved',
    '1 if the database was restored, promoted or copied: nothing is given out before "codemint after-restore"',
    (read) => (read.isHome ? 0 : 1),
  );
}

function observeFill(registry: Registry, fill: Reading<Fill>): void {
  collectedGauge(
    registry,
    {
      name: 'codemint_pool_fill_ratio',
      help: 'Part of all codes of a shape that is issued, for the fullest shapes of all namespaces',
      labelNames: ['namespace', 'kind', 'pool', 'length'],
    },
    async () =>
      ((await fill.get())?.shapes ?? []).map(({ namespaceId, poolId, kind, length, ratio }) => [
        { namespace: String(namespaceId), kind, pool: String(poolId), length },
        ratio,
      ]),
  );
  collectedGauge(
    registry,
    { name: 'codemint_database_size_bytes', help: 'Size of the database on the disk of its server' },
    async () => [[{}, (await fill.get())?.databaseBytes]],
  );
}

function observeQueues(registry: Registry, queues: Reading<QueueCounts>): void {
  collectedGauge(
    registry,
    { name: 'codemint_queue_up', help: '1 if the queue answered this process in time, else 0' },
    async () => [[{}, (await queues.get()) === undefined ? 0 : 1]],
  );
  collectedGauge(
    registry,
    {
      name: 'codemint_queue_jobs',
      help: 'Jobs in the queues by state; finished ones are kept for a day',
      labelNames: ['queue', 'state'],
    },
    async () =>
      ((await queues.get()) ?? []).flatMap(([queue, byState]) =>
        Object.entries(byState).map(([state, count]) => [{ queue, state }, count] as const),
      ),
  );
}
