import { type Database, readBacklog, readFullest } from '@codemint/db';
import type { QueueBackend } from '@codemint/queue';
import { Gauge, Histogram, observeConnections, observeInstallation, Registry } from '@codemint/telemetry';

/** What an API process counts, and where it is read. */
export interface ApiMetrics {
  readonly registry: Registry;
  /** By route as it is declared, never by path, so that there are only so many. */
  readonly requestSeconds: Histogram<'method' | 'route' | 'status'>;
  readonly requestsInFlight: Gauge;
}

export function openApiMetrics({ pool }: Database, queue: QueueBackend): ApiMetrics {
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
    requestSeconds: new Histogram({
      name: 'codemint_http_request_duration_seconds',
      help: 'From a request to the end of its answer; of streams that is as long as somebody reads',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    }),
    requestsInFlight: new Gauge({
      name: 'codemint_http_requests_in_flight',
      help: 'Requests that are being answered, streams among them',
      registers,
    }),
  };
}
