import type { CodeMark } from '@codemint/db';
import { uniqueCode } from '../items/collections/uniqueCode';
import type { RowFormat } from '../items/export/rowFormat';
import { columnsOf } from '../items/read/shapeItems';
import type { Scope } from '../items/scope';
import type { CodeBatch } from './codeBatch';
import { formRow } from './codeRow';
import { uniform } from './codeRuns';
import type { CodePage } from './codeSource';
import { newMarks, RunWriter } from './runWriter';
import { type Shape, shapeCodes, shapePage } from './shapeCodes';

/** Text is sent in parts of about this size. */
const PART_LENGTH = 64 * 1024;

/** Forms kept of one batch. */
const MOST_FORMS = 1_000;

/** Forms that a page may take. */
const FEW_FORMS = 100;

/** Writes codes as items in a format, page by page. */
export class CodeWriter {
  /** Items show it. */
  readonly #hasReservation: boolean;
  /** Of the batch that was written last. */
  #forms: { batchId: bigint; writers: Map<string, RunWriter> } | undefined;

  constructor(
    private readonly scope: Scope,
    private readonly shape: Shape,
    private readonly format: RowFormat,
  ) {
    this.#hasReservation = columnsOf(uniqueCode, shape.fields).has('reservation');
  }

  /** The whole list. */
  async *list(pages: AsyncIterable<CodePage>): AsyncGenerator<Buffer | string> {
    const { head, tail, empty } = this.format;
    let text = head;
    let isFirst = true;
    for await (const page of pages) {
      const rows = await this.#rows(page, isFirst);
      isFirst = false;
      if (typeof rows === 'string') {
        text += rows;
        if (text.length < PART_LENGTH) continue;
        yield text;
      } else {
        if (text !== '') yield text;
        yield rows;
      }
      text = '';
    }
    yield isFirst ? empty : text + tail;
  }

  async #rows(page: CodePage, isFirst: boolean): Promise<Buffer | string> {
    const { format, scope, shape } = this;
    if (page.kind === 'generated' && format.isVerbatim && page.batch.isPlain) {
      const uniforms = uniform(page.run);
      if (this.#isWorthForms(uniforms.map(({ mark }) => mark))) {
        const parts: Buffer[] = [];
        for (const { mark, part } of uniforms) {
          const writer = await this.#runWriter(page.batch, mark);
          parts.push(writer.rows(part, isFirst && parts.length === 0));
        }
        return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
      }
    }
    const items = await shapePage(scope, shape, page);
    const rows = items.map((item) => format.row(item)).join(format.separator);
    return isFirst ? rows : format.separator + rows;
  }

  /** Where there are many reservations of few codes, rows are made one by one. */
  #isWorthForms(marks: readonly CodeMark[]): boolean {
    return marks.length <= FEW_FORMS || new Set(marks.map((mark) => this.#keyOf(mark))).size <= FEW_FORMS;
  }

  /** What an answer tells apart. */
  #keyOf({ status, reservation }: CodeMark): string {
    return this.#hasReservation ? `${status} ${reservation}` : status;
  }

  /**
   * Generated codes of a batch and a mark differ in id and code alone, so one item is made in full, related items
   * included, and serves as the form of all.
   */
  async #runWriter(batch: CodeBatch, mark: CodeMark): Promise<RunWriter> {
    if (this.#forms?.batchId !== batch.batchId || this.#forms.writers.size >= MOST_FORMS) {
      this.#forms = { batchId: batch.batchId, writers: new Map() };
    }
    const { writers } = this.#forms;
    const key = this.#keyOf(mark);
    const known = writers.get(key);
    if (known !== undefined) return known;
    const { format, scope, shape } = this;
    const marks = newMarks();
    const [item] = await shapeCodes(scope, shape, [formRow(batch, mark, marks)]);
    const { batchId, width } = batch;
    const writer = new RunWriter({
      row: format.row(item),
      separator: format.separator,
      marks,
      batchId,
      width,
    });
    writers.set(key, writer);
    return writer;
  }
}
