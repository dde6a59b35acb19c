import {
  type Client,
  type CodeMark,
  type CodeStatus,
  type StatusChoice,
  statusesAt,
  statusRanges,
  UNMARKED,
} from '@codemint/db';
import type { CodeBatch } from './codeBatch';
import type { StatedRun } from './codeRuns';

/** Which codes by what is set on each: those that have one of the statuses and of the reservations, as far as given. */
export interface MarkCondition {
  readonly statuses?: readonly string[];
  /** Numbers of reservations by their ids. */
  readonly reservations?: ReadonlyMap<string, bigint>;
}

/** The other statuses: each code that has one is marked with it. */
export const MARKS: readonly CodeStatus[] = ['reserved', 'assigned', 'encoded'];

/** Codes of some marks by what is stored: those that have these marks, or all but those. */
export function markingOf({ statuses, reservations }: MarkCondition): StatusChoice {
  const isAllBut = reservations === undefined && (statuses ?? [UNMARKED.status]).includes(UNMARKED.status);
  const marks = MARKS.filter((mark) => (statuses?.includes(mark) ?? true) !== isAllBut);
  return { isAllBut, marks, reservations: reservations && [...reservations.values()] };
}

/** Whether a code with this mark is one of those. */
export function isMarkedSo(
  { statuses, reservations }: MarkCondition,
  { status, reservation }: CodeMark,
): boolean {
  if (statuses?.includes(status) === false) return false;
  return reservations === undefined || (reservation !== null && reservations.has(reservation));
}

/** How many of a batch's generated codes are marked so, or any. @param batch read for the same reservations */
export function shownOf(
  { created, marked }: Pick<CodeBatch, 'created' | 'marked'>,
  condition: MarkCondition | undefined,
): number {
  if (condition === undefined) return created;
  const { isAllBut, marks } = markingOf(condition);
  const count = marks.reduce((sum, mark) => sum + (marked?.[mark] ?? 0), 0);
  return isAllBut ? created - count : count;
}

/** The run with the mark of each code. */
export async function stated(client: Client, batch: CodeBatch, run: StatedRun): Promise<StatedRun> {
  if (batch.marked === null || run.places.length === 0) return run;
  const ends = [run.places[0] as number, run.places.at(-1) as number];
  const ranges = await statusRanges(client, batch.batchId, {
    from: Math.min(...ends),
    to: Math.max(...ends) + 1,
  });
  if (ranges.length === 0) return run;
  const isBackwards = (ends[0] as number) > (ends[1] as number);
  const places = isBackwards ? run.places.toReversed() : run.places;
  const marks: CodeMark[] = [];
  let next = 0;
  for (const place of places) {
    while (next < ranges.length && (ranges[next]?.to as number) <= place) next++;
    const range = ranges[next];
    marks.push(range !== undefined && range.from <= place ? range : UNMARKED);
  }
  return { ...run, marks: isBackwards ? marks.reverse() : marks };
}

/** What is set on generated codes of any of the batches, in the order of the codes. */
export async function marksOf(
  client: Client,
  batches: ReadonlyMap<bigint, CodeBatch>,
  codes: readonly { batchId: bigint; place: number }[],
): Promise<CodeMark[]> {
  const isMarked = codes.some(({ batchId }) => batches.get(batchId)?.marked != null);
  return isMarked ? statusesAt(client, codes) : codes.map(() => UNMARKED);
}

/** Whether any generated code of the installation has another status than `unassigned`. */
export async function hasMarks(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ marked: boolean }>({
    name: 'has-marks',
    text: 'SELECT EXISTS (SELECT 1 FROM code_status) AS marked',
  });
  return rows[0]?.marked ?? false;
}
