import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider, type SpanExporter } from '@opentelemetry/sdk-trace-node';
import { BullMQOtel } from 'bullmq-otel';
import type { Tracing, TracingOptions } from './tracing';

const EXPORT_LIMIT_MS = 5_000;
/** What a collector does not take in this time at the end is lost. */
const CLOSE_LIMIT_MS = 3_000;
/** Of OTLP's results. */
const SUCCESS = 0;

/** As `openTracing`, with an endpoint. Registers itself for the whole process, since the queue's tracer looks there. */
export function startOpenTelemetry({
  endpoint,
  serviceName,
  log,
}: TracingOptions & { endpoint: string }): Tracing {
  const url = `${endpoint.replace(/\/+$/, '')}/v1/traces`;
  const exporter = new OTLPTraceExporter({ url, timeoutMillis: EXPORT_LIMIT_MS });
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({
      'service.name': serviceName,
      'service.instance.id': `${hostname()}:${process.pid}`,
    }),
    spanProcessors: [new BatchSpanProcessor(tellingOutages(exporter, log))],
  });
  provider.register();
  const tracer = provider.getTracer('codemint');
  return {
    queue: new BullMQOtel({ tracerName: 'codemint-queue' }),
    span: (name, attributes, work) =>
      tracer.startActiveSpan(name, { attributes }, async (span) => {
        try {
          return await work();
        } catch (error) {
          // Its kind alone: a message may quote what somebody sent.
          span.setStatus({ code: SpanStatusCode.ERROR, message: (error as Error).name });
          throw error;
        } finally {
          span.end();
        }
      }),
    request({ method, headers }, serve) {
      const { traceparent, tracestate } = headers;
      const parent = propagation.extract(ROOT_CONTEXT, { traceparent, tracestate });
      const span = tracer.startSpan(method, { kind: SpanKind.SERVER }, parent);
      context.with(trace.setSpan(parent, span), serve);
      return ({ route, status }) => {
        span.updateName(`${method} ${route}`);
        span.setAttributes({
          'http.request.method': method,
          'http.route': route,
          'http.response.status_code': status,
        });
        if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
        span.end();
      };
    },
    close: () => Promise.race([provider.shutdown().catch(() => undefined), passed(CLOSE_LIMIT_MS)]),
  };
}

/** The work of a process goes on without its collector: that it is away is told once, and not for every batch. */
function tellingOutages(exporter: SpanExporter, log: TracingOptions['log']): SpanExporter {
  let isAway = false;
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        const failed = result.code !== SUCCESS;
        if (failed && !isAway) log.warn({ reason: result.error?.message }, 'traces are lost: no collector');
        isAway = failed;
        done(result);
      }),
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
  };
}

/** Keeps no process alive. */
async function passed(ms: number): Promise<void> {
  await delay(ms, undefined, { ref: false });
}
