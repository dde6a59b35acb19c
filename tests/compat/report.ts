import type { Deviation } from './deviation';
import type { CaseResult } from './replay';

export interface Totals {
  passed: number;
  failed: number;
  deviating: number;
}

const MAX_DIFFERENCES = 12;
/** Characters of a value. */
const MAX_SHOWN = 400;

export function countResults(results: readonly CaseResult[]): Totals {
  const failed = results.filter(isFailed).length;
  const deviating = results.filter((result) => !isFailed(result) && result.deviation !== undefined).length;
  return { passed: results.length - failed - deviating, failed, deviating };
}

export function isFailed({ differences }: CaseResult): boolean {
  return differences.length > 0;
}

/** How many cases each rule has decided, and why it is there. */
export function describeDeviations(results: readonly CaseResult[]): string[] {
  const counts = new Map<Deviation, number>();
  for (const { deviation } of results) {
    if (deviation !== undefined) counts.set(deviation, (counts.get(deviation) ?? 0) + 1);
  }
  return [...counts].map(([{ name, reason }, count]) => `${count} by "${name}": ${reason}`);
}

/** A failed case for people: what was asked, and each value that is not what it should be. */
export function describeFailure({ title, recorded, deviation, differences }: CaseResult): string {
  const { method, path, auth, body, rawBody } = recorded.request;
  const sent = rawBody ?? (body === undefined || body === null ? '' : JSON.stringify(body));
  const lines = differences
    .slice(0, MAX_DIFFERENCES)
    .map((one) => `    ${one.path}: expected ${show(one.expected)}, got ${show(one.got)}`);
  const more = differences.length - lines.length;
  return [
    `FAILED ${title}${deviation === undefined ? '' : ` (by the rule "${deviation.name}")`}`,
    `    ${method} ${decode(path)} as ${auth} ${sent}`.trimEnd(),
    ...lines,
    ...(more > 0 ? [`    and ${more} more`] : []),
  ].join('\n');
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
