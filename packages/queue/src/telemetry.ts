import { type Span, SpanKind, type Telemetry, type Tracer } from 'bullmq';

/** Of BullMQ's housekeeping: it happens many times a minute, also while there is nothing to do. */
const SILENT: Span = {
  setSpanOnContext: (context) => context,
  setAttribute: () => undefined,
  setAttributes: () => undefined,
  addEvent: () => undefined,
  recordException: () => undefined,
  end: () => undefined,
};

/**
 * What is worth a span: that jobs are added and that they are done. A span is called by its queue, as the names of
 * jobs are as many as there are orders, and tells of an error its kind alone: a message may quote what somebody sent.
 */
export function quiet({ tracer, contextManager }: Telemetry): Telemetry {
  const startSpan: Tracer['startSpan'] = (name, options, context) => {
    if (options?.kind === SpanKind.INTERNAL) return SILENT;
    const span = tracer.startSpan(withoutJobName(name), options, context);
    return {
      setSpanOnContext: (parent) => span.setSpanOnContext(parent),
      setAttribute: (key, value) => span.setAttribute(key, value),
      setAttributes: (attributes) => span.setAttributes(attributes),
      addEvent: (event, attributes) => span.addEvent(event, attributes),
      recordException: (error) => span.setAttribute('error.type', typeOf(error)),
      end: () => span.end(),
    };
  };
  return { tracer: { startSpan }, contextManager };
}

/** From `add adi-orders.PO 17` to `add adi-orders`. */
function withoutJobName(name: string): string {
  return name.replace(/\..*$/s, '');
}

function typeOf(error: unknown): string {
  return error instanceof Error ? error.name : 'Error';
}
