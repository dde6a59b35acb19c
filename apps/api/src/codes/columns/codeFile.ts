import { setImmediate } from 'node:timers/promises';
import { codesOf } from '@codemint/db';
import type { CodeBatch } from '../codeBatch';
import { type StatedRun, sliced } from '../codeRuns';
import type { CodePage } from '../codeSource';
import type { BatchColumns, ColumnSource } from './batchColumns';
import type { CodeFormat, CodeLayout, RowGroups } from './codeFormat';

/** Rows written at once, in a few milliseconds. */
const ROWS_AT_ONCE = 1_000;

/** Text is sent in parts of about this size. */
const PART_LENGTH = 64 * 1024;

/** Codes of one batch, as they are read. */
type Codes =
  | { kind: 'generated'; batch: CodeBatch; count: number; run: StatedRun }
  | { kind: 'registered'; batch: CodeBatch; count: number; codes: { code: string; place: number }[] };

/** A file of codes, written while they are read. @param layout as the format opens it */
export function codeFile(
  { unsafe, pack }: CodeFormat,
  layout: CodeLayout,
  source: ColumnSource,
  pages: AsyncIterable<CodePage>,
): AsyncGenerator<Buffer | string> {
  const text = fileText(layout, source, pages, unsafe);
  return pack === undefined ? text : pack(text);
}

async function* fileText(
  { rows, groups }: CodeLayout,
  source: ColumnSource,
  pages: AsyncIterable<CodePage>,
  unsafe: string | undefined,
): AsyncGenerator<Buffer | string> {
  const file = new GroupedRows(groups);
  let text = rows.head;
  for await (const page of pages) {
    for (const codes of ofOneBatch(page)) {
      const columns = await source.of(codes.batch);
      for (let start = 0; start < codes.count; ) {
        const { before, isFirst, most } = file.next(codes.batch, columns);
        const end = Math.min(codes.count, start + most);
        const part = writeRows(columns, slice(codes, start, end), rows, {
          isFirst,
          unsafe,
          before: file.rows,
        });
        file.add(end - start);
        text += before;
        start = end;
        if (typeof part === 'string') {
          text += part;
          if (text.length < PART_LENGTH) continue;
          yield text;
        } else {
          if (text !== '') yield text;
          yield part;
        }
        text = '';
        // A caller who reads fast, and codes that are here already, would leave no turn to others.
        await setImmediate();
      }
    }
  }
  yield file.isEmpty ? rows.empty : text + file.end + rows.tail;
}

/** Where the next rows stand: in which group, and how many may follow in it. */
class GroupedRows {
  /** So far. */
  rows = 0;
  /** Of the group. */
  #written = 0;
  #batchId: bigint | undefined;

  constructor(private readonly groups: RowGroups | undefined) {}

  get isEmpty(): boolean {
    return this.#batchId === undefined;
  }

  get end(): string {
    return this.groups?.tail ?? '';
  }

  next({ batchId }: CodeBatch, { made }: BatchColumns): { before: string; isFirst: boolean; most: number } {
    const { groups } = this;
    if (groups === undefined) {
      const isFirst = this.isEmpty;
      this.#batchId = batchId;
      return { before: '', isFirst, most: ROWS_AT_ONCE };
    }
    const isFull = this.#written >= groups.most;
    const isNew = this.#batchId !== batchId || isFull;
    const before = isNew ? (this.isEmpty ? '' : groups.tail + groups.separator) + groups.head(made) : '';
    if (isNew) this.#written = 0;
    this.#batchId = batchId;
    return { before, isFirst: isNew, most: groups.most - this.#written };
  }

  add(rows: number): void {
    this.rows += rows;
    this.#written += rows;
  }
}

function* ofOneBatch(page: CodePage): Generator<Codes> {
  if (page.kind === 'generated') {
    const { batch, run } = page;
    yield { kind: 'generated', batch, count: run.places.length, run };
    return;
  }
  const { codes } = page;
  for (let start = 0; start < codes.length; ) {
    const { batch } = codes[start] as (typeof codes)[number];
    let end = start + 1;
    while (codes[end]?.batch.batchId === batch.batchId) end++;
    const some = codes.slice(start, end).map(({ code }) => code);
    yield { kind: 'registered', batch, count: some.length, codes: some };
    start = end;
  }
}

function slice(codes: Codes, start: number, end: number): Codes {
  const part = { batch: codes.batch, count: end - start };
  if (codes.kind === 'generated') return { kind: 'generated', ...part, run: sliced(codes.run, start, end) };
  return { kind: 'registered', ...part, codes: codes.codes.slice(start, end) };
}

/** Of codes that stand for themselves bytes are made of bytes. */
function writeRows(
  { rows, sequence }: BatchColumns,
  codes: Codes,
  { isVerbatim, separator }: CodeLayout['rows'],
  { isFirst, unsafe, before }: { isFirst: boolean; unsafe: string | undefined; before: number },
): Buffer | string {
  if (codes.kind === 'generated') {
    const { batch, run } = codes;
    const sequenceOf = (i: number) => sequence(run.places[i] as number);
    const isSafe = isVerbatim && batch.isPlain && (unsafe === undefined || !run.codes.includes(unsafe));
    if (isSafe)
      return rows.bytes({ codes: run.codes, width: run.width, sequence: sequenceOf, before }, isFirst);
    const texts = codesOf(run).map((code, i) => rows.text(code, sequenceOf(i), before + i));
    return (isFirst ? '' : separator) + texts.join(separator);
  }
  const texts = codes.codes.map(({ code, place }, i) => rows.text(code, sequence(place), before + i));
  return (isFirst ? '' : separator) + texts.join(separator);
}
