import type { CodeStatus } from '@codemint/db';
import type { RowFormat } from '../items/export/rowFormat';
import type { Scope } from '../items/scope';
import type { CodeBatch } from './codeBatch';
import { formRow } from './codeRow';
import { uniform } from './codeRuns';
import type { CodePage } from './codeSource';
import { newMarks, RunWriter } from './runWriter';
import { type Shape, shapeCodes, shapePage } from './shapeCodes';

/** Text is sent in parts of about this size. */
const PART_LENGTH = 64 * 1024;

/** Writes codes as items in a format, page by page. */
export class CodeWriter {
  /** Of the batch that was written last. */
  #forms: { batchId: bigint; writers: Map<CodeStatus, RunWriter> } | undefined;

  constructor(
    private readonly scope: Scope,
    private readonly shape: Shape,
    private readonly format: RowFormat,
  ) {}

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
      const parts: Buffer[] = [];
      for (const { status, part } of uniform(page.run)) {
        const writer = await this.#runWriter(page.batch, status);
        parts.push(writer.rows(part, isFirst && parts.length === 0));
      }
      return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
    }
    const items = await shapePage(scope, shape, page);
    const rows = items.map((item) => format.row(item)).join(format.separator);
    return isFirst ? rows : format.separator + rows;
  }

  /**
   * Generated codes of a batch and a status differ in id and code alone, so one item is made in full, related items
   * included, and serves as the form of all.
   */
  async #runWriter(batch: CodeBatch, status: CodeStatus): Promise<RunWriter> {
    if (this.#forms?.batchId !== batch.batchId) this.#forms = { batchId: batch.batchId, writers: new Map() };
    const { writers } = this.#forms;
    const known = writers.get(status);
    if (known !== undefined) return known;
    const { format, scope, shape } = this;
    const marks = newMarks();
    const [item] = await shapeCodes(scope, shape, [formRow(batch, status, marks)]);
    const { batchId, width } = batch;
    const writer = new RunWriter({
      row: format.row(item),
      separator: format.separator,
      marks,
      batchId,
      width,
    });
    writers.set(status, writer);
    return writer;
  }
}
