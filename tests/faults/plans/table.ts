import { FAULT_KINDS } from './plan';
import type { Report } from './run';

/** A Markdown table: how often each fault was done, over how many runs, and what those lost. */
export function table(reports: readonly Report[]): string {
  const rows = FAULT_KINDS.map((kind) => {
    const runs = reports.map((report) => ({
      times: report.plan.faults.flat().filter((fault) => fault.kind === kind).length,
      report,
    }));
    return row(
      kind,
      runs.filter(({ times }) => times > 0).map(({ report }) => report),
      runs.reduce((sum, { times }) => sum + times, 0),
    );
  });
  const all = reports.reduce((sum, { plan }) => sum + plan.faults.flat().length, 0);
  return [
    '| fault | times | runs | requests lost | codes lost | codes twice | runs at fault |',
    '|---|---|---|---|---|---|---|',
    ...rows,
    row('all', reports, all),
  ].join('\n');
}

function row(what: string, reports: readonly Report[], times: number): string {
  const sum = (of: (report: Report) => number) => reports.reduce((total, one) => total + of(one), 0);
  const cells = [
    what,
    times,
    reports.length,
    sum(({ losses }) => losses.requests),
    sum(({ losses }) => losses.codes),
    sum(({ losses }) => losses.twice),
    reports.filter(({ found }) => found.length > 0).length,
  ];
  return `| ${cells.join(' | ')} |`;
}
