import type { CodeRun } from '@codemint/db';

/** The codes of a run from the `start`-th to the one before the `end`-th. */
export function sliced(run: CodeRun, start: number, end: number): CodeRun {
  if (start === 0 && end >= run.places.length) return run;
  const { width } = run;
  return {
    ...run,
    codes: run.codes.subarray(start * width, end * width),
    places: run.places.subarray(start, end),
  };
}

/** The same codes backwards. */
export function reversed(run: CodeRun): CodeRun {
  const { width, codes, places } = run;
  const backwards = Buffer.allocUnsafe(codes.length);
  for (let from = 0, to = codes.length - width; to >= 0; from += width, to -= width) {
    codes.copy(backwards, to, from, from + width);
  }
  return { ...run, codes: backwards, places: places.toReversed() };
}

/** The codes as texts. */
export function codesOf({ codes, width }: CodeRun): string[] {
  return Array.from({ length: codes.length / width }, (_, i) =>
    codes.toString('utf8', i * width, (i + 1) * width),
  );
}
