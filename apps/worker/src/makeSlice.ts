import {
  type ChunkOutcome,
  failBatch,
  loadSlice,
  type SliceWork,
  settleBatch,
  writeChunk,
} from '@codemint/db';
import type { Run } from '@codemint/queue';
import type { SliceJob } from '@codemint/shared';
import type { WorkerContext } from './context';
import { enqueueSlices } from './enqueue';
import { endingInFailure } from './finalFailure';
import type { ChunkOrder, MadeChunk } from './generator/messages';

/**
 * Makes the rest of a slice, chunk by chunk. Stops without a word where there is nothing to do: the slice is done,
 * cancelled, or another worker makes it.
 * @throws UnrecoverableError for what no retry mends; its batch then says so
 */
export async function makeSlice(context: WorkerContext, job: SliceJob, run: Run): Promise<void> {
  const log = context.log.child({ job: job.job, slice: job.sliceId, batch: job.batchId });
  const last = await endingInFailure(
    log,
    () => makeRest(context, job, run),
    (reason) => failBatch(context.database.pool, BigInt(job.batchId), reason),
  );
  if (last === 'aborted') return run.giveBack();
  log.debug({ outcome: last }, 'slice ended');
}

async function makeRest(
  context: WorkerContext,
  job: SliceJob,
  run: Run,
): Promise<ChunkOutcome | 'aborted' | undefined> {
  const slice = await loadSlice(context.database.pool, BigInt(job.sliceId));
  if (slice === undefined) return undefined;
  const last = await storeChunks(context, slice, job, run);
  if (last !== undefined && last !== 'aborted' && last.short) await settle(context, last.batchId);
  return last;
}

/** While one chunk is on its way to the database the next is made. */
async function storeChunks(
  { database, generator, settings }: WorkerContext,
  slice: SliceWork,
  job: SliceJob,
  run: Run,
): Promise<ChunkOutcome | 'aborted' | undefined> {
  const spanAt = (progress: number) => Math.min(settings.CODEMINT_CHUNK_SIZE, slice.count - progress);
  const makeAt = (progress: number) => settled(generator.make(chunkOrder(slice, progress, spanAt(progress))));
  let outcome: ChunkOutcome | undefined;
  let next = makeAt(slice.progress);
  for (let progress = slice.progress; progress < slice.count; ) {
    const chunk = await next();
    const span = spanAt(progress);
    if (progress + span < slice.count) next = makeAt(progress + span);
    outcome = await writeChunk(database.pool, { sliceId: slice.id, progress, span, ...storable(chunk) });
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
