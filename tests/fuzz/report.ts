import type { FuzzReport } from './run';

const MOST_TEXT = 3_000;

/** A report in lines for people. */
export function describeReport({ findings, faults, statuses, neverServed, seconds }: FuzzReport): string[] {
  const total = Object.values(statuses).reduce((sum, count) => sum + count, 0);
  return [
    ...findings.flatMap(({ what, count, number, wire, answer }) => [
      `${what} (${count} times, first by request ${number})`,
      `  ${JSON.stringify(wire).slice(0, MOST_TEXT)}`,
      `  ${answer}`,
    ]),
    ...faults,
    ...neverServed.map((name) => `never served: ${name}`),
    `${total} requests in ${seconds.toFixed(1)} s, ${(servedShare({ statuses }) * 100).toFixed(1)} % of them served; by status: ${JSON.stringify(statuses)}`,
  ];
}

/** Which part of the requests was answered with a success. */
export function servedShare({ statuses }: Pick<FuzzReport, 'statuses'>): number {
  const count = (entries: [string, number][]) => entries.reduce((sum, [, number]) => sum + number, 0);
  const all = Object.entries(statuses);
  return count(all.filter(([status]) => /^[23]/.test(status))) / Math.max(1, count(all));
}
