import { type Client, locateChunks, readChunkRuns, registeredById } from '@codemint/db';
import { codeId } from '@codemint/shared';
import { BATCHES_AT_ONCE, type CodeBatch, findBatches } from './codeBatch';
import { atPlaces, firstFrom, type StatedRun, sliced } from './codeRuns';
import type { CodePage } from './codeSource';
import { stated } from './codeStatus';

/** Certain codes, held by where they stand: 8 bytes a generated one. */
export interface CodeSet {
  /** Places of generated codes by their batches, ascending. */
  readonly generated: ReadonlyMap<bigint, Float64Array>;
  /** Ids of supplied codes, ascending. */
  readonly supplied: readonly string[];
}

/** Chunks read at a time. */
const CHUNKS_AT_ONCE = 5;

/** Supplied codes read at a time. */
const SUPPLIED_AT_ONCE = 5_000;

/** The codes as they are now, in the order of their ids, however many; those that are no more are left out. */
export async function* pagesOfSet(
  client: Client,
  { generated, supplied }: CodeSet,
): AsyncGenerator<CodePage> {
  let next = 0;
  async function* suppliedBelow(id: string | undefined): AsyncGenerator<CodePage> {
    const end = id === undefined ? supplied.length : firstFrom(supplied, id);
    for (; next < end; next += SUPPLIED_AT_ONCE) {
      const codes = await readSupplied(client, supplied.slice(next, Math.min(end, next + SUPPLIED_AT_ONCE)));
      if (codes.length > 0) yield { kind: 'registered', codes };
    }
    next = end;
  }
  for await (const { batch, run } of generatedRuns(client, generated)) {
    const idAt = (i: number) => codeId(batch.batchId, run.places[i] as number);
    for (let start = 0; start < run.places.length; ) {
      yield* suppliedBelow(idAt(start));
      let end = run.places.length;
      const other = supplied[next];
      if (other !== undefined && other < idAt(end - 1)) {
        for (end = start + 1; idAt(end) < other; ) end++;
      }
      yield { kind: 'generated', batch, run: sliced(run, start, end) };
      start = end;
    }
  }
  yield* suppliedBelow(undefined);
}

async function* generatedRuns(
  client: Client,
  generated: CodeSet['generated'],
): AsyncGenerator<{ batch: CodeBatch; run: StatedRun }> {
  const batchIds = [...generated.keys()].sort((a, b) => (a < b ? -1 : 1));
  for (let at = 0; at < batchIds.length; at += BATCHES_AT_ONCE) {
    const some = batchIds.slice(at, at + BATCHES_AT_ONCE);
    for (const batch of await findBatches(client, { accountId: null, batchIds: some })) {
      const places = generated.get(batch.batchId) as Float64Array;
      for await (const run of runsAt(client, batch.batchId, places)) {
        yield { batch, run: await stated(client, batch, run) };
      }
    }
  }
}

/** The codes at some places of a batch, from the chunks that hold them. @param places ascending */
async function* runsAt(client: Client, batchId: bigint, places: Float64Array): AsyncGenerator<StatedRun> {
  if (places.length === 0) return;
  const range = { from: places[0] as number, to: (places.at(-1) as number) + 1 };
  const chunks = (await locateChunks(client, batchId, range)).filter(({ batchOffset, span }) => {
    const first = places[firstFrom(places, Number(batchOffset))];
    return first !== undefined && first < Number(batchOffset) + span;
  });
  for (let at = 0; at < chunks.length; at += CHUNKS_AT_ONCE) {
    const offsets = chunks.slice(at, at + CHUNKS_AT_ONCE).map(({ batchOffset }) => batchOffset);
    for (const run of await readChunkRuns(client, batchId, offsets)) {
      const part = atPlaces(run, places);
      if (part.places.length > 0) yield part;
    }
  }
}

async function readSupplied(client: Client, ids: readonly string[]) {
  const codes = await registeredById(client, ids);
  const batchIds = [...new Set(codes.map(({ batchId }) => batchId))];
  const batches = await findBatches(client, { accountId: null, batchIds });
  const byId = new Map(batches.map((batch) => [batch.batchId, batch]));
  return codes.flatMap((code) => {
    const batch = byId.get(code.batchId);
    return batch === undefined ? [] : [{ batch, code }];
  });
}
