import type { Database } from '@codemint/db';
import type { QueueBackend } from '@codemint/queue';
import type { KeyRing, ServiceSettings } from '@codemint/shared';
import type { Tracing } from '@codemint/telemetry';
import type { Logger } from 'pino';
import type { ProgressHub } from './codes/progressHub';
import type { Slots } from './http/slots';
import type { SymbolThreads } from './labels/symbolThreads';
import type { Limits } from './limits/limits';
import type { ApiMetrics } from './metrics/apiMetrics';
import type { ShortLinks } from './redirects/shortLinks';

/** All that a request may need; made once by main, passed on, never imported. */
export interface ApiContext {
  readonly database: Database;
  readonly ring: KeyRing;
  readonly queue: QueueBackend;
  /** Over `database.pool` and `queue`; to be closed before the server, or its streams keep it open. */
  readonly progress: ProgressHub;
  /** Imports at a time: each holds a connection while its file comes in. */
  readonly imports: Slots;
  readonly shortLinks: ShortLinks;
  /** For labels. */
  readonly symbols: SymbolThreads;
  readonly limits: Limits;
  readonly metrics: ApiMetrics;
  readonly tracing: Tracing;
  readonly settings: ServiceSettings;
  readonly log: Logger;
}
