import { encodeSsccs, makeChunk, makeSsccChunk, SSCC_WIDTH } from '@codemint/shared';
import type { StoredCodes } from '../codes/chunkRow';
import { codesOf, runOf } from '../codes/codeRuns';
import type { BatchSlice } from './batchSlices';
import { cipherIfKnown, ownersIfKnown } from './knownPools';
import type { BatchWork } from './verifiedBatch';

/** What a chunk should hold. */
interface MadeCodes {
  codes: Buffer;
  width: number;
  skipped: readonly bigint[];
  /** The codes of the skipped indexes. */
  skippedCodes: string[];
}

/** Skipped indexes that a difference lists. */
const MOST_LISTED = 5;

/** Verifies the chunks of a batch. */
export class ChunkVerifier {
  constructor(private readonly work: BatchWork) {}

  async verify(slice: BatchSlice, chunk: StoredCodes): Promise<void> {
    const where = `chunk at place ${chunk.batchOffset}`;
    const { report } = this.work;
    const firstIndex = slice.firstIndex + BigInt(chunk.batchOffset - slice.batchOffset);
    if (chunk.firstIndex !== firstIndex) {
      report(where, `begins with index ${chunk.firstIndex}`, String(firstIndex));
    }
    const made = this.#make(slice, firstIndex, chunk.span);
    if (made !== undefined && !this.#isAsMade(where, chunk, made)) return;
    await this.#verifyOwners(where, chunk);
    if (made !== undefined) await this.#verifySkipped(where, { ...chunk, firstIndex }, made);
  }

  /** Undefined where a pool cannot be decoded, of which its own difference tells. */
  #make({ pool, siblings, registered }: BatchSlice, first: bigint, span: number): MadeCodes | undefined {
    if (pool === undefined) {
      const { codes, skipped } = makeSsccChunk(first, span, registered);
      const skippedCodes = skipped.map((index) => encodeSsccs(index, 1).toString('utf8'));
      return { codes, width: SSCC_WIDTH, skipped, skippedCodes };
    }
    const { ring } = this.work;
    const cipher = cipherIfKnown(ring, pool);
    const rivals = siblings.flatMap((one) => {
      const rival = cipherIfKnown(ring, one.pool);
      return rival === undefined ? [] : [{ cipher: rival, nextIndex: one.nextIndex }];
    });
    if (cipher === undefined || rivals.length < siblings.length) return undefined;
    const { codes, skipped } = makeChunk({
      cipher,
      firstIndex: Number(first),
      span,
      siblings: rivals,
      registered: registered.map(Number),
    });
    const skippedCodes = skipped.map((index) => cipher.encode(index, 1).toString('utf8'));
    return { codes, width: cipher.width, skipped: skipped.map(BigInt), skippedCodes };
  }

  #isAsMade(where: string, chunk: StoredCodes, made: MadeCodes): boolean {
    const { report } = this.work;
    if (chunk.width !== made.width) {
      report(where, `has codes of ${chunk.width} bytes`, String(made.width));
      return false;
    }
    if (chunk.skipped.join() !== made.skipped.join()) {
      report(where, `skips ${listed(chunk.skipped)}`, listed(made.skipped));
      return false;
    }
    if (chunk.codes.equals(made.codes)) return true;
    const is = codesOf(chunk);
    const shouldBe = codesOf(made);
    const wrong = is.flatMap((code, i) => (code === shouldBe[i] ? [] : [i]));
    const [first = 0] = wrong;
    const { places } = runOf(this.work.batch.id, chunk, 0);
    const others = wrong.length === 1 ? '' : ` and ${wrong.length - 1} more codes differ`;
    report(where, `the code at place ${places[first]} is "${is[first]}"${others}`, `"${shouldBe[first]}"`);
    return false;
  }

  /** Each code is the batch's, at its place: so no code has two owners. */
  async #verifyOwners(where: string, chunk: StoredCodes): Promise<void> {
    const { batch, report } = this.work;
    const codes = codesOf(chunk);
    const owners = await ownersIfKnown(this.work, codes);
    if (owners === undefined) return;
    const { places } = runOf(batch.id, chunk, 0);
    const wrong = codes.flatMap((_, i) => {
      const owner = owners[i];
      const isOwn = owner?.batchId === batch.id && owner.place === places[i] && !owner.isSupplied;
      return isOwn ? [] : [i];
    });
    const [first] = wrong;
    if (first === undefined) return;
    const owner = owners[first];
    const whose = owner === undefined ? 'nobody' : `batch ${owner.batchId} at place ${owner.place}`;
    const others = wrong.length === 1 ? '' : ` and ${wrong.length - 1} more codes are not its own`;
    report(
      where,
      `the code "${codes[first]}" is of ${whose}${others}`,
      `of place ${places[first]} of its batch`,
    );
  }

  /** What is skipped is somebody else's, or it would be lost. */
  async #verifySkipped(
    where: string,
    chunk: StoredCodes,
    { skipped, skippedCodes }: MadeCodes,
  ): Promise<void> {
    if (skipped.length === 0) return;
    const { batch, report } = this.work;
    const owners = await ownersIfKnown(this.work, skippedCodes);
    const lost = owners?.findIndex((owner, i) => {
      const place = chunk.batchOffset + Number((skipped[i] as bigint) - chunk.firstIndex);
      return owner?.batchId === batch.id && owner.place === place && !owner.isSupplied;
    });
    if (lost === undefined || lost === -1) return;
    report(
      where,
      `skips index ${skipped[lost]} with the code "${skippedCodes[lost]}"`,
      'not: nobody else owns it',
    );
  }
}

function listed(indexes: readonly bigint[]): string {
  if (indexes.length === 0) return 'nothing';
  const more = indexes.length > MOST_LISTED ? ` … (${indexes.length} indexes)` : '';
  return indexes.slice(0, MOST_LISTED).join(', ') + more;
}
