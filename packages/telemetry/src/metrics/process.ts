import { collectDefaultMetrics, type Registry } from 'prom-client';

/** Adds what there is to know of this process: CPU, memory, event loop, garbage collection. Once a process. */
export function observeProcess(registry: Registry): void {
  collectDefaultMetrics({ register: registry });
}
