import { encodeSsccs, SSCC_WIDTH } from '../gs1/sscc';
import type { PoolCipher } from './cipher';

/** A pool that could make the same codes, and how far it had come when the slice was allotted. */
export interface Sibling {
  readonly cipher: PoolCipher;
  readonly nextIndex: number;
}

/** A part of a slice. */
export interface ChunkRequest {
  readonly cipher: PoolCipher;
  readonly firstIndex: number;
  /** How many indexes the chunk covers; it has as many codes, but for those that are skipped. */
  readonly span: number;
  readonly siblings: readonly Sibling[];
  /** Indexes of this pool whose codes an earlier allotment supplied; those outside of the chunk do not matter. */
  readonly registered: readonly number[];
  /** Memory of an earlier chunk, to be written into if it has the size. */
  readonly spare?: ArrayBuffer | undefined;
}

/** The codes of a chunk one after the other, in a buffer of their own, and the indexes left out, ascending. */
export interface Chunk<Index = number> {
  codes: Buffer;
  count: number;
  skipped: Index[];
}

/**
 * The codes of a chunk without those that an earlier allotment owns: index i is skipped if its code is below a
 * sibling's next index at the time of the allotment, or was supplied. The same request gives the same chunk.
 */
export function makeChunk({ cipher, firstIndex, span, siblings, registered, spare }: ChunkRequest): Chunk {
  const codes = cipher.encode(firstIndex, span, spare);
  const taken = new Set(registered.map((index) => index - firstIndex));
  for (const sibling of siblings) {
    if (sibling.nextIndex === 0 || sibling.cipher.width !== cipher.width) continue;
    for (const [position, index] of sibling.cipher.decode(codes).entries()) {
      if (index < sibling.nextIndex) taken.add(position);
    }
  }
  const { kept, positions } = leaveOut(codes, cipher.width, taken);
  const skipped = positions.map((position) => firstIndex + position);
  return { codes: kept, count: span - skipped.length, skipped };
}

/**
 * The SSCCs of `span` integers from `first` on without the registered ones. SSCCs have no siblings: they are all one
 * space.
 */
export function makeSsccChunk(first: bigint, span: number, registered: readonly bigint[]): Chunk<bigint> {
  const taken = new Set(registered.map((integer) => Number(integer - first)));
  const { kept, positions } = leaveOut(encodeSsccs(first, span), SSCC_WIDTH, taken);
  const skipped = positions.map((position) => first + BigInt(position));
  return { codes: kept, count: span - skipped.length, skipped };
}

/** The codes without those at the taken positions, and which of these there were. */
function leaveOut(codes: Buffer, width: number, taken: ReadonlySet<number>) {
  const span = codes.length / width;
  const positions = [...taken].filter((position) => position >= 0 && position < span).sort((a, b) => a - b);
  if (positions.length === 0) return { kept: codes, positions };
  const kept = Buffer.allocUnsafeSlow((span - positions.length) * width);
  let from = 0;
  let to = 0;
  for (const position of [...positions, span]) {
    to += codes.copy(kept, to, from, position * width);
    from = (position + 1) * width;
  }
  return { kept, positions };
}
