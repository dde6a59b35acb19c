import { megabytes, ms, type Row } from './report';
import type { SoakLoad } from './soakLoad';
import type { Sample } from './soakSample';
import { percentile } from './timing';

const MOST_BYTES = 250 * 2 ** 20;

/** The second minute against the last: in the first everything warms up. */
export function soakReport(samples: readonly Sample[], load: SoakLoad): Row[] {
  const [early, late] = [samples[1] as Sample, samples.at(-1) as Sample];
  const row = (
    what: string,
    before: string | number,
    after: string | number,
    target = '',
    met?: boolean,
  ): Row => {
    return {
      what: `Soak, minute 2 / ${samples.length}: ${what}`,
      measured: `${before} / ${after}`,
      target,
      met,
    };
  };
  const at = (share: number, { latencies }: Sample) => ms(percentile(latencies, share));
  const { failures, refusals, skipped, requests } = load;
  return [
    {
      what: `Soak, ${requests} requests in ${samples.length} minutes: failed / 429 / not sent as too many were under way`,
      measured: `${failures.length} / ${refusals} / ${skipped}`,
      target: '0 / 0 / 0',
      met: failures.length + refusals + skipped === 0,
    },
    ...[...late.processes].flatMap(([name, { rssBytes, heapBytes }]) => {
      const before = early.processes.get(name);
      return [
        row(
          `${name}, RSS`,
          megabytes(before?.rssBytes ?? 0),
          megabytes(rssBytes),
          `< ${megabytes(MOST_BYTES)}`,
          rssBytes < MOST_BYTES,
        ),
        row(`${name}, heap in use`, megabytes(before?.heapBytes ?? 0), megabytes(heapBytes)),
      ];
    }),
    row('latency p50', at(0.5, early), at(0.5, late)),
    row('latency p99', at(0.99, early), at(0.99, late)),
    ...[...late.connections].map(([name, count]) =>
      row(`connections of ${name}`, early.connections.get(name) ?? 0, count),
    ),
    row('database', megabytes(early.databaseBytes), megabytes(late.databaseBytes)),
    ...[...late.tables].map(([name, bytes]) =>
      row(`table ${name}`, megabytes(early.tables.get(name) ?? 0), megabytes(bytes)),
    ),
  ];
}
