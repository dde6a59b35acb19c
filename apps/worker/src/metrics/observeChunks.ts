import { type Chunk, type ChunkOutcome, type SliceWork, writeChunk } from '@codemint/db';
import type { Histogram } from '@codemint/telemetry';
import type { WorkerContext } from '../context';
import type { ChunkOrder, MadeChunk } from '../generator/messages';

/** Has a chunk made, and tells how long that took. @throws as `Generator.make` */
export function makeChunk(
  { generator, metrics, tracing }: WorkerContext,
  order: ChunkOrder,
): Promise<MadeChunk> {
  return tracing.span('make chunk', { indexes: order.span }, () =>
    timed(metrics.chunkMakeSeconds, () => generator.make(order)),
  );
}

/** As `writeChunk`; counts the codes and tells how long it took. */
export async function storeChunk(
  { database, metrics, tracing }: WorkerContext,
  { pool }: SliceWork,
  chunk: Chunk,
): Promise<ChunkOutcome | undefined> {
  const outcome = await tracing.span('store chunk', { codes: chunk.count }, () =>
    timed(metrics.chunkWriteSeconds, () => writeChunk(database.pool, chunk)),
  );
  const kind = pool.algorithm === 'sscc' ? 'sscc' : pool.namespaceKind;
  if (outcome !== undefined) metrics.codesMade.inc({ kind }, chunk.count);
  return outcome;
}

/** Only what succeeds: how long an outage takes to show says nothing of chunks. */
async function timed<Result>(histogram: Histogram, work: () => Promise<Result>): Promise<Result> {
  const end = histogram.startTimer();
  const result = await work();
  end();
  return result;
}
