import type { RowFormat } from '../items/export/rowFormat';
import type { Scope } from '../items/scope';
import type { CodeBatch } from './codeBatch';
import { formRow } from './codeRow';
import type { CodePage } from './codeSource';
import { newMarks, RunWriter } from './runWriter';
import { type Shape, shapeCodes, shapePage } from './shapeCodes';

/** Text is sent in parts of about this size. */
const PART_LENGTH = 64 * 1024;

/** Writes codes as items in a format, page by page. */
export class CodeWriter {
  #runs: { batchId: bigint; writer: RunWriter } | undefined;

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
    if (page.kind === 'generated' && format.isVerbatim) {
      const writer = await this.#runWriter(page.batch);
      return writer.rows(page.run, isFirst);
    }
    const items = await shapePage(scope, shape, page);
    const rows = items.map((item) => format.row(item)).join(format.separator);
    return isFirst ? rows : format.separator + rows;
  }

  /**
   * Generated codes of a batch differ in id and code alone, so one item is made in full, related items included, and
   * serves as the form of all.
   */
  async #runWriter(batch: CodeBatch): Promise<RunWriter> {
    if (this.#runs?.batchId === batch.batchId) return this.#runs.writer;
    const { format, scope, shape } = this;
    const marks = newMarks();
    const [item] = await shapeCodes(scope, shape, [formRow(batch, marks)]);
    const { batchId, width } = batch;
    const writer = new RunWriter({
      row: format.row(item),
      separator: format.separator,
      marks,
      batchId,
      width,
    });
    this.#runs = { batchId, writer };
    return writer;
  }
}
