export { Counter, Gauge, Histogram, Registry } from 'prom-client';
export { observeConnections } from './metrics/connections';
export { observeInstallation } from './metrics/installation';
export { observeProcess } from './metrics/process';
export { NO_TRACING, openTracing, type SpanAttributes, type Tracing } from './tracing/tracing';
