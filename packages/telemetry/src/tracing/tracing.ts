import type { IncomingHttpHeaders } from 'node:http';
import type { BullMQOtel } from 'bullmq-otel';

/** What is known of a piece of work; never a secret, never a code. */
export type SpanAttributes = Readonly<Record<string, string | number>>;

/** What came of a request. */
export interface RequestOutcome {
  /** As it is declared, with names for what varies. */
  route: string;
  status: number;
}

/** Tells where the time goes, over all processes that a request leads to. */
export interface Tracing {
  /** With it the queue carries a trace from who adds a job to who takes it; undefined where nothing is traced. */
  readonly queue: BullMQOtel | undefined;
  /** Does work in a span of its own, within that of the caller. */
  span<Result>(name: string, attributes: SpanAttributes, work: () => Promise<Result>): Promise<Result>;
  /**
   * Serves a request in a span that goes on the trace of whoever sent it (W3C traceparent), or begins one.
   * @returns to be called when it is answered
   */
  request(
    request: { method: string; headers: IncomingHttpHeaders },
    serve: () => void,
  ): (outcome: RequestOutcome) => void;
  /** Sends what is left; bounded in time. */
  close(): Promise<void>;
}

/** Traces nothing. */
export const NO_TRACING: Tracing = {
  queue: undefined,
  span: (_name, _attributes, work) => work(),
  request: (_request, serve) => {
    serve();
    return () => undefined;
  },
  close: async () => undefined,
};

export interface TracingOptions {
  /** Of a collector that takes OTLP over HTTP, without `/v1/traces`; without it nothing is traced. */
  endpoint: string | undefined;
  serviceName: string;
  log: { warn(fields: object, message: string): void };
}

/** Opens it for the whole process: to be called once. Without an endpoint nothing of OpenTelemetry is even loaded. */
export async function openTracing({ endpoint, ...options }: TracingOptions): Promise<Tracing> {
  if (endpoint === undefined) return NO_TRACING;
  const { startOpenTelemetry } = await import('./openTelemetry.js');
  return startOpenTelemetry({ endpoint, ...options });
}
