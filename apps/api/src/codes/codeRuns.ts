import { type CodeMark, type CodeRun, UNMARKED } from '@codemint/db';

/** Codes side by side with what is set on them. */
export interface StatedRun extends CodeRun {
  /** Of each code; without it all are unassigned. */
  marks?: readonly CodeMark[];
}

/** The codes of a run from the `start`-th to the one before the `end`-th. */
export function sliced(run: StatedRun, start: number, end: number): StatedRun {
  if (start === 0 && end >= run.places.length) return run;
  const { width } = run;
  return {
    ...run,
    codes: run.codes.subarray(start * width, end * width),
    places: run.places.subarray(start, end),
    marks: run.marks?.slice(start, end),
  };
}

/** The same codes backwards. */
export function reversed(run: StatedRun): StatedRun {
  const { width, codes, places } = run;
  const backwards = Buffer.allocUnsafe(codes.length);
  for (let from = 0, to = codes.length - width; to >= 0; from += width, to -= width) {
    codes.copy(backwards, to, from, from + width);
  }
  return { ...run, codes: backwards, places: places.toReversed(), marks: run.marks?.toReversed() };
}

/** Those of the codes whose marks are wanted. */
export function ofMarks(run: StatedRun, isWanted: (mark: CodeMark) => boolean): StatedRun {
  const parts = uniform(run).filter(({ mark }) => isWanted(mark));
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
    marks: parts.flatMap(({ mark, part }) => Array<CodeMark>(part.places.length).fill(mark)),
  };
}

/** A run cut up so that the codes of each part have the same mark. */
export function uniform(run: StatedRun): { mark: CodeMark; part: StatedRun }[] {
  const { marks, ...codes } = run;
  if (marks === undefined) return [{ mark: UNMARKED, part: codes }];
  const parts: { mark: CodeMark; part: StatedRun }[] = [];
  for (let start = 0; start < marks.length; ) {
    const mark = marks[start] as CodeMark;
    let end = start + 1;
    while (end < marks.length && isSame(marks[end] as CodeMark, mark)) end++;
    parts.push({ mark, part: sliced(codes, start, end) });
    start = end;
  }
  return parts;
}

function isSame(one: CodeMark, other: CodeMark): boolean {
  return one === other || (one.status === other.status && one.reservation === other.reservation);
}

/** Those of the codes that stand at these places. @param places ascending, as those of the run are */
export function atPlaces(run: StatedRun, places: ArrayLike<number>): StatedRun {
  const { width } = run;
  const kept: number[] = [];
  for (let i = 0, at = firstFrom(places, run.places[0] ?? 0); i < run.places.length; i++) {
    const place = run.places[i] as number;
    while (at < places.length && (places[at] as number) < place) at++;
    if (places[at] === place) kept.push(i);
  }
  if (kept.length === run.places.length) return run;
  const codes = Buffer.allocUnsafe(kept.length * width);
  for (const [to, from] of kept.entries())
    run.codes.copy(codes, to * width, from * width, (from + 1) * width);
  return { ...run, codes, places: Float64Array.from(kept, (i) => run.places[i] as number), marks: undefined };
}

/** Where among ascending values the first one is that is not below a limit. */
export function firstFrom<Value extends number | string>(values: ArrayLike<Value>, limit: Value): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] as Value) < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
