import type { PoolDescriptor } from '@codemint/shared';

/** What a thread needs of a pool. */
export interface ThreadPool extends PoolDescriptor {
  id: bigint;
  checkValue: Uint8Array;
}

/** The next indexes of a slice. All of it can pass from one thread to another. */
export interface ChunkOrder {
  /** Undefined: SSCCs, which need no key. */
  pool: ThreadPool | undefined;
  siblings: { pool: ThreadPool; nextIndex: number }[];
  firstIndex: bigint;
  span: number;
  registered: number[];
  /** Memory of a stored chunk, which the thread may write into. */
  spare?: ArrayBuffer;
}

export interface MadeChunk {
  codes: Uint8Array;
  count: number;
  /** Bytes a code. */
  width: number;
  /** Absolute indexes. */
  skipped: bigint[];
}

export type ThreadAnswer =
  | { chunk: MadeChunk }
  /** `isKeyError`: the master key is missing or wrong, which no retry mends. */
  | { failure: { isKeyError: boolean; message: string } };
