import type { RowFormat } from '../../items/export/rowFormat';
import type { ColumnName } from './names';

/** Rows of a file stand in groups, each of one batch. */
export interface RowGroups {
  /** Rows of a group. */
  most: number;
  /** @param made when the last code of the batch was made */
  head(made: Date): string;
  tail: string;
  /** Stands between two groups. */
  separator: string;
}

/** How codes are written as a file. */
export interface CodeLayout {
  rows: RowFormat;
  groups?: RowGroups;
  /** The mark stands in rows for their number, which is `first` of the first one, and nowhere else. */
  numbers?: { mark: string; first: number };
}

export interface CodeFormat {
  name: string;
  /** For the API's description. */
  description: string;
  contentType: string;
  extension: string;
  /** What is told unless columns are asked for. */
  columns: readonly ColumnName[];
  /** Columns that a file can have; any number unless it is given. */
  mostColumns?: number;
  /** It is of items of GS1 keys alone. */
  isOfGs1Keys?: boolean;
  /** Rows that a file can have; any number unless it is given. */
  mostRows?: number;
  /**
   * @param columns those that are asked for; undefined if none are
   * @param created when the file says it was made
   */
  open(columns: readonly ColumnName[] | undefined, created: Date): CodeLayout;
  /** Where letters, digits, `.`, `_`, `~` and `-` stand for themselves, but for this one text. */
  unsafe?: string;
  /** Makes the file of the layout's text. */
  pack?(parts: AsyncGenerator<Buffer | string>): AsyncGenerator<Buffer>;
}
