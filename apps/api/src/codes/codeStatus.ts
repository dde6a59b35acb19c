import { type Client, type CodeStatus, type StatusChoice, statusesAt, statusRanges } from '@codemint/db';
import type { CodeBatch } from './codeBatch';
import { type StatedRun, UNASSIGNED } from './codeRuns';

/** The other statuses: each code that has one is marked with it. */
const MARKS: readonly CodeStatus[] = ['reserved', 'assigned', 'encoded'];

/** Codes of some statuses by what is stored: those that have these marks, or all but those. */
export function markingOf(statuses: readonly string[]): StatusChoice {
  const isAllBut = statuses.includes(UNASSIGNED);
  return { isAllBut, marks: MARKS.filter((mark) => statuses.includes(mark) !== isAllBut) };
}

/** How many of a batch's generated codes have one of these statuses, or any. */
export function shownOf(
  { created, marked }: Pick<CodeBatch, 'created' | 'marked'>,
  statuses: readonly string[] | undefined,
): number {
  if (statuses === undefined) return created;
  const { isAllBut, marks } = markingOf(statuses);
  const count = marks.reduce((sum, mark) => sum + (marked?.[mark] ?? 0), 0);
  return isAllBut ? created - count : count;
}

/** The run with the status of each code. */
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
  const statuses: CodeStatus[] = [];
  let next = 0;
  for (const place of places) {
    while (next < ranges.length && (ranges[next]?.to as number) <= place) next++;
    const range = ranges[next];
    statuses.push(range !== undefined && range.from <= place ? range.status : UNASSIGNED);
  }
  return { ...run, statuses: isBackwards ? statuses.reverse() : statuses };
}

/** Statuses of generated codes of any of the batches, in the order of the codes. */
export async function statusesOf(
  client: Client,
  batches: ReadonlyMap<bigint, CodeBatch>,
  codes: readonly { batchId: bigint; place: number }[],
): Promise<CodeStatus[]> {
  const isMarked = codes.some(({ batchId }) => batches.get(batchId)?.marked != null);
  return isMarked ? statusesAt(client, codes) : codes.map(() => UNASSIGNED);
}

/** Whether any generated code of the installation has another status than `unassigned`. */
export async function hasMarks(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ marked: boolean }>({
    name: 'has-marks',
    text: 'SELECT EXISTS (SELECT 1 FROM code_status) AS marked',
  });
  return rows[0]?.marked ?? false;
}
