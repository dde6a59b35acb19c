import type { CodeRun, CodeStatus } from '@codemint/db';

/** What a generated code is unless somebody has set its status: nothing is stored for it. */
export const UNASSIGNED: CodeStatus = 'unassigned';

/** Codes side by side with their statuses. */
export interface StatedRun extends CodeRun {
  /** Of each code; without it all are unassigned. */
  statuses?: readonly CodeStatus[];
}

/** The codes of a run from the `start`-th to the one before the `end`-th. */
export function sliced(run: StatedRun, start: number, end: number): StatedRun {
  if (start === 0 && end >= run.places.length) return run;
  const { width } = run;
  return {
    ...run,
    codes: run.codes.subarray(start * width, end * width),
    places: run.places.subarray(start, end),
    statuses: run.statuses?.slice(start, end),
  };
}

/** The same codes backwards. */
export function reversed(run: StatedRun): StatedRun {
  const { width, codes, places } = run;
  const backwards = Buffer.allocUnsafe(codes.length);
  for (let from = 0, to = codes.length - width; to >= 0; from += width, to -= width) {
    codes.copy(backwards, to, from, from + width);
  }
  return { ...run, codes: backwards, places: places.toReversed(), statuses: run.statuses?.toReversed() };
}

/** Those of the codes that have one of these statuses. */
export function ofStatuses(run: StatedRun, wanted: ReadonlySet<string>): StatedRun {
  const parts = uniform(run).filter(({ status }) => wanted.has(status));
  const places = new Float64Array(parts.reduce((sum, { part }) => sum + part.places.length, 0));
  let at = 0;
  for (const { part } of parts) {
    places.set(part.places, at);
    at += part.places.length;
  }
  return {
    ...run,
    places,
    codes: Buffer.concat(parts.map(({ part }) => part.codes)),
    statuses: parts.flatMap(({ status, part }) => Array<CodeStatus>(part.places.length).fill(status)),
  };
}

/** A run cut up so that the codes of each part have the same status. */
export function uniform(run: StatedRun): { status: CodeStatus; part: StatedRun }[] {
  const { statuses, ...codes } = run;
  if (statuses === undefined) return [{ status: UNASSIGNED, part: codes }];
  const parts: { status: CodeStatus; part: StatedRun }[] = [];
  for (let start = 0; start < statuses.length; ) {
    const status = statuses[start] as CodeStatus;
    let end = start + 1;
    while (end < statuses.length && statuses[end] === status) end++;
    parts.push({ status, part: sliced(codes, start, end) });
    start = end;
  }
  return parts;
}
