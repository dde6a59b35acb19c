import type { StoredCodes } from '../codes/chunkRow';
import { streamChunks } from '../codes/streamChunks';
import { type BatchSlice, batchSlices } from './batchSlices';
import { compareCount } from './differences';
import type { BatchWork } from './verifiedBatch';
import { ChunkVerifier } from './verifyChunk';

/** Chunks in order, of which the next may be looked at. */
class ChunkReader {
  #next: StoredCodes | undefined;

  constructor(private readonly chunks: AsyncGenerator<StoredCodes>) {}

  async peek(): Promise<StoredCodes | undefined> {
    if (this.#next === undefined) {
      const { value, done } = await this.chunks.next();
      this.#next = done ? undefined : value;
    }
    return this.#next;
  }

  /** The next chunk, if it begins before this position of the batch. */
  async takeBefore(place: number): Promise<StoredCodes | undefined> {
    const next = await this.peek();
    if (next === undefined || next.batchOffset >= place) return undefined;
    this.#next = undefined;
    return next;
  }
}

/** Verifies generated codes: their slices lie side by side, chunks fill the slices, and each is what they make. */
export async function verifyGenerated(work: BatchWork): Promise<void> {
  const { client, batch, report } = work;
  const isCancelled = batch.status === 'cancelled';
  const chunks = new ChunkReader(streamChunks(client, batch.id));
  const verifier = new ChunkVerifier(work);
  let slices = 0;
  let open = 0;
  let offset = 0;
  let codes = 0;
  for await (const slice of batchSlices(client, batch.id)) {
    verifySlice(work, slice, { ordinal: slices, offset });
    if (!isCancelled) codes += await verifyFilling(work, slice, { chunks, verifier });
    slices++;
    offset = slice.batchOffset + slice.count;
    if (slice.state === 'open') open++;
  }
  compareCount(report, 'open_slices', batch.openSlices, open);
  // Chunks of deleted jobs go in their own time.
  if (isCancelled) return;
  for (let chunk = await chunks.takeBefore(Infinity); chunk; chunk = await chunks.takeBefore(Infinity)) {
    codes += chunk.codes.length / chunk.width;
    report(`chunk at place ${chunk.batchOffset}`, 'is of no slice', 'not there');
  }
  compareCount(report, 'quantity_created', batch.created, codes);
  if (batch.status === 'complete') compareCount(report, 'codes of the complete batch', codes, batch.quantity);
  await verifyStatuses(work, codes);
}

function verifySlice(
  { report }: BatchWork,
  slice: BatchSlice,
  expected: { ordinal: number; offset: number },
): void {
  const where = `slice ${slice.id}`;
  compareCount((_, ...rest) => report(where, ...rest), 'ordinal', slice.ordinal, expected.ordinal);
  if (slice.batchOffset !== expected.offset) {
    report(where, `begins at place ${slice.batchOffset}`, String(expected.offset));
  }
  if (slice.isBeyondPool) report(where, 'reaches beyond next_index of its pool', 'below it');
  if (slice.isElsewhere) report(where, 'is of a pool of another namespace', "one of the batch's");
  const isDone = slice.progress === slice.count;
  if (slice.state !== 'cancelled' && isDone !== (slice.state === 'done')) {
    report(
      where,
      `is ${slice.state} with ${slice.progress} of ${slice.count} indexes`,
      isDone ? 'done' : 'open',
    );
  }
}

/**
 * Verifies the chunks of a slice.
 * @returns how many codes they have
 */
async function verifyFilling(
  { report, onCodes }: BatchWork,
  slice: BatchSlice,
  { chunks, verifier }: { chunks: ChunkReader; verifier: ChunkVerifier },
): Promise<number> {
  const end = slice.batchOffset + slice.progress;
  let at = slice.batchOffset;
  let codes = 0;
  const gap = (to: number) =>
    report(`places ${at} to ${to - 1}`, 'have no chunk', `chunks of slice ${slice.id}`);
  for (;;) {
    const chunk = await chunks.takeBefore(slice.batchOffset + slice.count);
    if (chunk === undefined) break;
    const where = `chunk at place ${chunk.batchOffset}`;
    const count = chunk.codes.length / chunk.width;
    codes += count;
    onCodes(count);
    if (chunk.batchOffset > at) gap(Math.min(chunk.batchOffset, end));
    if (chunk.batchOffset < at) report(where, 'lies over the one before it', `from place ${at} on`);
    else if (chunk.batchOffset + chunk.span > end)
      report(where, `ends behind the slice's progress`, `before place ${end}`);
    else await verifier.verify(slice, chunk);
    at = Math.max(at, chunk.batchOffset + chunk.span);
  }
  if (at < end) gap(end);
  return codes;
}

/** `unassigned` counts the codes that no status is stored for. */
async function verifyStatuses({ client, batch, report }: BatchWork, codes: number): Promise<void> {
  const { rows } = await client.query<{ marked: number; places: number }>({
    name: 'marked-places',
    text: `SELECT coalesce(sum(count), 0)::int AS marked,
                  coalesce(sum((SELECT sum(upper(part) - lower(part)) FROM unnest(places) AS part)), 0)::int AS places
             FROM code_status WHERE batch_id = $1`,
    values: [batch.id],
  });
  const { marked, places } = rows[0] as { marked: number; places: number };
  compareCount(report, 'count of set statuses', marked, places);
  if (batch.unassigned !== null) compareCount(report, 'unassigned', batch.unassigned, codes - places);
}
