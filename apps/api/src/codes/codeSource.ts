import {
  type Client,
  countRegistered,
  locateByStatus,
  type RegisteredCode,
  type RegisteredSelection,
  readChunkRuns,
  readCodeRuns,
  streamCodeRuns,
  streamRegistered,
} from '@codemint/db';
import { codeId } from '@codemint/shared';
import { batchesFromOffset, totalsOf } from './batchParts';
import { type CodeBatch, type CodeSelection, findBatches } from './codeBatch';
import { ofMarks, reversed, type StatedRun, sliced } from './codeRuns';
import { isMarkedSo, type MarkCondition, markingOf, shownOf, stated } from './codeStatus';

/** Some codes next to each other: generated ones of one batch, or supplied ones with the batch of each. */
export type CodePage =
  | { kind: 'generated'; batch: CodeBatch; run: StatedRun }
  | { kind: 'registered'; codes: readonly { batch: CodeBatch; code: RegisteredCode }[] };

/** Which part of the selected codes, which are in the order of their ids. */
export interface Part {
  offset: number;
  /** May be Infinity. */
  limit: number;
  descending: boolean;
}

/** Codes read at a time where only some of a batch are wanted; more of a batch are read by whole chunks. */
const CODES_AT_ONCE = 10_000;

/** Chunks read at a time where only codes of some marks are wanted. */
const CHUNKS_AT_ONCE = 5;

/**
 * How many codes are looked at to find the selected ones: generated ones of some marks are known by their positions,
 * `unassigned` ones are among all of their batch. Counters tell it; only supplied codes are counted one by one.
 */
export async function countLookedAt(client: Client, selection: CodeSelection): Promise<number> {
  const { marks } = selection;
  const isAll = marks === undefined || markingOf(marks).isAllBut;
  const { generated, supplied } = await totalsOf(
    client,
    isAll ? { ...selection, marks: undefined } : selection,
  );
  if (supplied.length === 0) return generated;
  return generated + (await countRegistered(client, suppliedOf(selection, supplied)));
}

/** How many codes are selected. */
export async function countSelected(client: Client, selection: CodeSelection): Promise<number> {
  const { generated, supplied } = await totalsOf(client, selection);
  if (supplied.length === 0) return generated;
  return generated + (await countRegistered(client, suppliedOf(selection, supplied)));
}

/**
 * A part of the selected codes. Generated codes are passed over by the batches' counters. Ids of supplied codes can be
 * anything: those before and behind all generated ones are passed over by number, the rare ones between are not.
 */
export async function* codePages(
  client: Client,
  selection: CodeSelection,
  part: Part,
): AsyncGenerator<CodePage> {
  if (part.limit === 0) return;
  const totals = await totalsOf(client, selection);
  const runs = (from: Part) => generatedPages(client, selection, from);
  if (totals.supplied.length === 0) {
    if (totals.generated > 0) yield* runs(part);
    return;
  }
  const supplied = suppliedOf(selection, totals.supplied);
  const rows = (from: Part, range: Range = {}) => registeredPages(client, { ...supplied, ...range }, from);
  if (totals.first === null || totals.last === null) return yield* rows(part);
  const least = codeId(totals.first, 0);
  const most = codeId(totals.last, Number.MAX_SAFE_INTEGER);
  const count = (range: Range) => countRegistered(client, { ...supplied, ...range });
  if ((await count({ above: least, below: most })) > 0) {
    const all = { offset: 0, limit: Number.POSITIVE_INFINITY, descending: part.descending };
    return yield* merged(runs(all), rows(all), part);
  }
  const segments: Segment[] = [
    { count: await count({ below: least }), pages: (from) => rows(from, { below: least }) },
    { count: totals.generated, pages: runs },
    { count: await count({ above: most }), pages: (from) => rows(from, { above: most }) },
  ];
  yield* oneAfterTheOther(part.descending ? segments.reverse() : segments, part);
}

function suppliedOf({ marks }: CodeSelection, batchIds: readonly bigint[]): RegisteredSelection {
  const { statuses, reservations } = marks ?? {};
  return { batchIds, statuses, reservations: reservations && [...reservations.values()] };
}

type Range = Pick<RegisteredSelection, 'above' | 'below'>;

interface Segment {
  count: number;
  pages(part: Part): AsyncGenerator<CodePage>;
}

async function* oneAfterTheOther(segments: readonly Segment[], part: Part): AsyncGenerator<CodePage> {
  let { offset, limit } = part;
  for (const { count, pages } of segments) {
    if (offset >= count) {
      offset -= count;
      continue;
    }
    const taken = Math.min(limit, count - offset);
    yield* pages({ ...part, offset, limit: taken });
    limit -= taken;
    offset = 0;
    if (limit === 0) return;
  }
}

/** Two lists in one order, code by code. */
async function* merged(
  first: AsyncGenerator<CodePage>,
  second: AsyncGenerator<CodePage>,
  { offset, limit, descending }: Part,
): AsyncGenerator<CodePage> {
  const [one, other] = [singles(first), singles(second)];
  let [a, b] = [await one.next(), await other.next()];
  for (let at = 0; at < offset + limit && !(a.done && b.done); at++) {
    const isFirst = b.done || (!a.done && a.value.id < b.value.id !== descending);
    const next = (isFirst ? a : b).value as Single;
    if (isFirst) a = await one.next();
    else b = await other.next();
    if (at >= offset) yield next.page;
  }
}

interface Single {
  id: string;
  page: CodePage;
}

async function* singles(pages: AsyncGenerator<CodePage>): AsyncGenerator<Single> {
  for await (const page of pages) {
    if (page.kind === 'registered') {
      for (const one of page.codes) yield { id: one.code.id, page: { ...page, codes: [one] } };
      continue;
    }
    for (const [i, place] of page.run.places.entries()) {
      yield { id: codeId(page.batch.batchId, place), page: { ...page, run: sliced(page.run, i, i + 1) } };
    }
  }
}

async function* registeredPages(
  client: Client,
  selection: RegisteredSelection,
  part: Part,
): AsyncGenerator<CodePage> {
  const known = new Map<bigint, CodeBatch>();
  for await (const codes of streamRegistered(client, selection, part)) {
    const unknown = [...new Set(codes.map(({ batchId }) => batchId))].filter((id) => !known.has(id));
    const found =
      unknown.length === 0 ? [] : await findBatches(client, { accountId: null, batchIds: unknown });
    for (const batch of found) known.set(batch.batchId, batch);
    // Where the job was deleted meanwhile, the code is nobody's.
    const kept = codes.flatMap((code) => {
      const batch = known.get(code.batchId);
      return batch === undefined ? [] : [{ batch, code }];
    });
    if (kept.length > 0) yield { kind: 'registered', codes: kept };
  }
}

async function* generatedPages(
  client: Client,
  selection: CodeSelection,
  part: Part,
): AsyncGenerator<CodePage> {
  const { marks } = selection;
  let left = part.limit;
  for await (const { batch, skip } of batchesFromOffset(client, selection, part)) {
    const wanted = { offset: skip, limit: left, descending: part.descending };
    const isWhole = marks === undefined || shownOf(batch, marks) === batch.created;
    const runs = isWhole ? allRuns(client, batch, wanted) : someRuns(client, batch, marks, wanted);
    for await (const run of runs) {
      yield { kind: 'generated', batch, run };
      left -= run.places.length;
    }
    if (left === 0) return;
  }
}

/** A part of a batch's codes of some marks, from the chunks that have such codes. */
async function* someRuns(
  client: Client,
  batch: CodeBatch,
  marks: MarkCondition,
  { offset, limit, descending }: Part,
): AsyncGenerator<StatedRun> {
  const { batchId } = batch;
  const located = await locateByStatus(client, batchId, markingOf(marks), { offset, limit, descending });
  let { skip } = located;
  let left = limit;
  for (let at = 0; at < located.chunks.length; at += CHUNKS_AT_ONCE) {
    const runs = await readChunkRuns(client, batchId, located.chunks.slice(at, at + CHUNKS_AT_ONCE));
    for (const run of descending ? runs.toReversed() : runs) {
      const shown = ofMarks(await stated(client, batch, run), (mark) => isMarkedSo(marks, mark));
      const part = sliced(descending ? reversed(shown) : shown, skip, skip + left);
      skip = 0;
      left -= part.places.length;
      if (part.places.length > 0) yield part;
      if (left === 0) return;
    }
  }
}

async function* allRuns(client: Client, batch: CodeBatch, part: Part): AsyncGenerator<StatedRun> {
  const runs = part.descending ? lastRuns(client, batch, part) : firstRuns(client, batch, part);
  for await (const run of runs) yield await stated(client, batch, run);
}

async function* firstRuns(
  client: Client,
  { batchId }: CodeBatch,
  { offset, limit }: Part,
): AsyncGenerator<StatedRun> {
  if (limit <= CODES_AT_ONCE) {
    yield* await readCodeRuns(client, batchId, { offset, limit });
    return;
  }
  let left = limit;
  for await (const run of streamCodeRuns(client, batchId, offset)) {
    const part = sliced(run, 0, left);
    left -= part.places.length;
    yield part;
    if (left === 0) return;
  }
}

/** From the end of what is made by now; what comes while it is read is not among them. */
async function* lastRuns(
  client: Client,
  { batchId, created }: CodeBatch,
  { offset, limit }: Part,
): AsyncGenerator<StatedRun> {
  let left = Math.min(limit, created - offset);
  for (let end = created - offset; left > 0; ) {
    const wanted = Math.min(left, CODES_AT_ONCE);
    const runs = await readCodeRuns(client, batchId, { offset: end - wanted, limit: wanted });
    for (const run of runs.reverse()) yield reversed(run);
    end -= wanted;
    left -= wanted;
  }
}
