import { Gauge, type Registry } from 'prom-client';

/** A value with its labels; undefined where it is not known, so that it is left out rather than told as 0. */
export type Sample = readonly [labels: Record<string, string | number>, value: number | undefined];

/**
 * A gauge that is read whenever somebody looks at it; label values that were not read this time are gone.
 * @param samples must not throw
 */
export function collectedGauge(
  registry: Registry,
  { name, help, labelNames = [] }: { name: string; help: string; labelNames?: string[] },
  samples: () => readonly Sample[] | Promise<readonly Sample[]>,
): void {
  new Gauge({
    name,
    help,
    labelNames,
    registers: [registry],
    async collect() {
      const read = await samples();
      this.reset();
      // A gauge without labels would else be 0.
      if (labelNames.length === 0) this.remove();
      for (const [labels, value] of read) if (value !== undefined) this.set(labels, value);
    },
  });
}
