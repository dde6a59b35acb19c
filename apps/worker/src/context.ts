import type { Database } from '@codemint/db';
import type { QueueBackend } from '@codemint/queue';
import type { KeyRing, ServiceSettings } from '@codemint/shared';
import type { Tracing } from '@codemint/telemetry';
import type { Logger } from 'pino';
import type { Generator } from './generator/generator';
import type { WorkerMetrics } from './metrics/workerMetrics';

/** All that a piece of work may need; made once by main, passed on, never imported. */
export interface WorkerContext {
  readonly database: Database;
  readonly ring: KeyRing;
  readonly generator: Generator;
  readonly queue: QueueBackend;
  readonly metrics: WorkerMetrics;
  readonly tracing: Tracing;
  readonly settings: ServiceSettings;
  readonly log: Logger;
}
