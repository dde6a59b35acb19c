/** A chunk, or a run of codes out of one, as it is stored. */
export interface StoredCodes {
  /** Position in the batch of the chunk's first index. */
  batchOffset: number;
  firstIndex: bigint;
  span: number;
  skipped: readonly bigint[];
  /** Bytes a code. */
  width: number;
  codes: Buffer;
}

export interface ChunkColumns {
  batch_offset: bigint;
  first_index: bigint;
  span: number;
  skipped: bigint[];
  width: number;
  codes: Buffer;
}

export function storedCodes(row: ChunkColumns): StoredCodes {
  return {
    batchOffset: Number(row.batch_offset),
    firstIndex: row.first_index,
    span: row.span,
    skipped: row.skipped,
    width: row.width,
    codes: row.codes,
  };
}
