import type { Client } from '@codemint/db';
import { InvalidQueryError } from '@codemint/shared';
import type { CodeBatch } from '../codeBatch';
import type { CodeFormat, CodeLayout } from './codeFormat';
import { ColumnRows } from './columnRows';
import { columnOf } from './columns';
import type { ColumnName } from './names';
import { generatedSequence, type SequenceAt, suppliedSequence } from './sequences';
import { columnSubject } from './subject';

/** What is asked for of a file. */
export interface WantedColumns {
  format: CodeFormat;
  /** Those that are asked for; undefined if none are. */
  columns: readonly ColumnName[] | undefined;
  /** Of EPCs, 0 to 7. */
  filterValue: number;
}

/** How codes of one batch are written. */
export interface BatchColumns {
  rows: ColumnRows;
  /** When the last of its codes was made. */
  made: Date;
  /** Digits of the company prefix; null where it is not known. */
  prefixLength: number | null;
  sequence: SequenceAt;
}

/** Batches whose columns are kept. */
const MOST_BATCHES = 1_000;

/** Finds how the codes of each batch are written. */
export class ColumnSource {
  #known = new Map<bigint, BatchColumns>();

  constructor(
    private readonly client: Client,
    private readonly wanted: WantedColumns,
    private readonly layout: CodeLayout,
  ) {}

  /** @throws InvalidQueryError where its codes do not have all of the columns, or nobody has said what they need */
  async of(batch: CodeBatch): Promise<BatchColumns> {
    const known = this.#known.get(batch.batchId);
    if (known !== undefined) return known;
    const { format, columns: asked, filterValue } = this.wanted;
    const names = asked ?? format.columns;
    if (format.isOfGs1Keys && batch.type === 'short_code') {
      throw new InvalidQueryError(
        `"${format.name}" is of GS1 keys, and these codes are of type "${batch.type}"`,
      );
    }
    const subject = await columnSubject(this.client, batch);
    const columns = names.map((name) => ({ name, column: columnOf(name, subject, filterValue) }));
    const isGenerated = names.includes('sequence') && !batch.isSupplied;
    const found = {
      rows: new ColumnRows(this.layout, columns, batch.width),
      made: subject.made,
      prefixLength: subject.prefixLength,
      sequence: isGenerated ? await generatedSequence(this.client, batch.batchId) : suppliedSequence,
    };
    if (this.#known.size >= MOST_BATCHES) this.#known.clear();
    this.#known.set(batch.batchId, found);
    return found;
  }
}
