import {
  type ChunkOutcome,
  failSlice,
  loadSlice,
  reopenSlice,
  type SliceWork,
  settleBatch,
} from '@codemint/db';
import type { Run } from '@codemint/queue';
import type { SliceJob } from '@codemint/shared';
import type { WorkerContext } from './context';
import { enqueueSlices } from './enqueue';
import { endingInFailure } from './finalFailure';
import type { ChunkOrder, MadeChunk } from './generator/messages';
import { makeChunk, storeChunk } from './metrics/observeChunks';

/**
 * Makes the rest of a slice, chunk by chunk. Stops without a word where there is nothing to do: the slice is done,
 * cancelled, or another worker makes it. One that has failed is tried again: somebody wants that, or its queue job
 * would not run.
 * @throws UnrecoverableError for what no further try mends; slice and batch then say so
 */
export async function makeSlice(context: WorkerContext, job: SliceJob, run: Run): Promise<void> {
  const log = context.log.child({ job: job.job, slice: job.sliceId, batch: job.batchId });
  const last = await endingInFailure(log, {
    what: `Slice ${job.ordinal + 1} of the codes could not be made`,
    owner: job.job,
    isLastTry: run.isLastTry,
    work: () => makeRest(context, job, run),
    fail: (message) => failSlice(context.database.pool, BigInt(job.sliceId), message),
  });
  if (last === 'aborted') return run.giveBack();
  log.debug({ outcome: last }, 'slice ended');
}

async function makeRest(
  context: WorkerContext,
  job: SliceJob,
  run: Run,
): Promise<ChunkOutcome | 'aborted' | undefined> {
  const slice = await openSlice(context, job);
  if (slice === undefined) return undefined;
  const last = await storeChunks(context, slice, job, run);
  if (last !== undefined && last !== 'aborted' && last.short) await settle(context, last.batchId);
  return last;
}

/** Undefined when there is nothing to do. */
async function openSlice({ database }: WorkerContext, job: SliceJob): Promise<SliceWork | undefined> {
  const id = BigInt(job.sliceId);
  const slice = await loadSlice(database.pool, id);
  if (slice !== undefined || !(await reopenSlice(database, BigInt(job.batchId), id))) return slice;
  return loadSlice(database.pool, id);
}

/** While one chunk is on its way to the database the next is made. */
async function storeChunks(
  context: WorkerContext,
  slice: SliceWork,
  job: SliceJob,
  run: Run,
): Promise<ChunkOutcome | 'aborted' | undefined> {
  const { generator, settings } = context;
  const spanAt = (progress: number) => Math.min(settings.CODEMINT_CHUNK_SIZE, slice.count - progress);
  const makeAt = (progress: number) =>
    settled(makeChunk(context, chunkOrder(slice, progress, spanAt(progress))));
  let outcome: ChunkOutcome | undefined;
  let next = makeAt(slice.progress);
  for (let progress = slice.progress; progress < slice.count; ) {
    const chunk = await next();
    const span = spanAt(progress);
    if (progress + span < slice.count) next = makeAt(progress + span);
    outcome = await storeChunk(context, slice, { sliceId: slice.id, progress, span, ...storable(chunk) });
    if (outcome === undefined) return undefined;
    generator.recycle(chunk);
    progress += span;
    const { created, quantity } = outcome;
    run.reportProgress({ batchId: job.batchId, job: job.job, created, quantity });
    if (run.signal.aborted && !outcome.sliceDone) return 'aborted';
  }
  return outcome;
}

/** Keeps a failure until somebody asks: the chunk ahead may fail while the one before it is being stored. */
function settled<Value>(promise: Promise<Value>): () => Promise<Value> {
  promise.catch(() => undefined);
  return () => promise;
}

function chunkOrder(slice: SliceWork, progress: number, span: number): ChunkOrder {
  const firstIndex = slice.firstIndex + BigInt(progress);
  const [from, end] = [Number(firstIndex), Number(firstIndex) + span];
  return {
    pool: slice.pool.algorithm === 'sscc' ? undefined : slice.pool,
    siblings: slice.siblings,
    firstIndex,
    span,
    registered: slice.registered.filter((index) => index >= from && index < end),
  };
}

function storable({ codes, ...chunk }: MadeChunk) {
  return { ...chunk, codes: Buffer.from(codes.buffer, codes.byteOffset, codes.byteLength) };
}

/** Brings a batch that came out short to its end, or on its way there. */
export async function settle(context: WorkerContext, batchId: bigint): Promise<void> {
  const { database, ring, settings } = context;
  await enqueueSlices(context, await settleBatch(database, ring, batchId, settings.CODEMINT_SLICE_SIZE));
}
