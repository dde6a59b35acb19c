import fc from 'fast-check';
import { type Chunk, deleteJobs, loadSlice, type SliceWork, writeChunk } from '../src';
import {
  cipherOf,
  nextChunk,
  type Order,
  order,
  readBatch,
  ringOf,
  runSlice,
  split,
  storedCodes,
  useProduct,
} from './support';

const ring = ringOf(1);
const { installation, namespace } = useProduct();

const ask = (quantity: number, sliceSize?: number): Promise<Order> =>
  order(installation.database, ring, namespace, { quantity, sliceSize });

async function load(job: Order, ordinal = 0): Promise<SliceWork> {
  const sliceId = job.sliceJobs.find((slice) => slice.ordinal === ordinal)?.sliceId as string;
  return (await loadSlice(installation.database.pool, BigInt(sliceId))) as SliceWork;
}

const store = (chunk: Chunk) => writeChunk(installation.database.pool, chunk);

test('a job is cut into slices that cover its quantity without gap', async () => {
  const job = await ask(2_501, 1_000);
  const { rows } = await installation.database.pool.query(
    'SELECT ordinal, first_index, count, batch_offset, state FROM slice WHERE batch_id = $1 ORDER BY ordinal',
    [job.batchId],
  );
  expect(rows).toEqual([
    { ordinal: 0, first_index: 0n, count: 1_000, batch_offset: 0n, state: 'open' },
    { ordinal: 1, first_index: 1_000n, count: 1_000, batch_offset: 1_000n, state: 'open' },
    { ordinal: 2, first_index: 2_000n, count: 501, batch_offset: 2_000n, state: 'open' },
  ]);
  expect(job.sliceJobs.map(({ ordinal, attempt }) => [ordinal, attempt])).toEqual([
    [0, 0],
    [1, 0],
    [2, 0],
  ]);
  expect(await readBatch(installation.database.pool, job.batchId)).toMatchObject({
    open_slices: 3,
    status: 'new',
  });
});

test('a chunk moves slice and batch on, step by step to complete', async () => {
  const job = await ask(25, 20);
  const [first, second] = [await load(job, 0), await load(job, 1)];
  const created = async (chunk: Chunk) => {
    const outcome = await store(chunk);
    const { status, open_slices, date_completed } = await readBatch(installation.database.pool, job.batchId);
    return { ...outcome, status, open: open_slices, ended: date_completed !== null };
  };
  const batch = { batchId: job.batchId, quantity: 25, short: false };
  expect(await created(nextChunk(ring, first, 0, 12))).toEqual({
    ...batch, created: 12, sliceDone: false, status: 'in_progress', open: 2, ended: false,
  }); // biome-ignore format: a step a line
  expect(await created(nextChunk(ring, second, 0, 12))).toEqual({
    ...batch, created: 17, sliceDone: true, status: 'in_progress', open: 1, ended: false,
  }); // biome-ignore format: a step a line
  expect(await created(nextChunk(ring, first, 12, 12))).toEqual({
    ...batch, created: 25, sliceDone: true, status: 'complete', open: 0, ended: true,
  }); // biome-ignore format: a step a line
  const codes = await storedCodes(installation.database.pool, job.batchId);
  expect(codes).toEqual(split(cipherOf(namespace).encode(0, 25), 6));
  expect(await loadSlice(installation.database.pool, first.id)).toBeUndefined();
});

test('of many runners that store the same chunk exactly one does', async () => {
  const job = await ask(100);
  const slice = await load(job);
  const other = installation.connect();
  for (let progress = 0; progress < 100; progress += 25) {
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        writeChunk((i % 2 ? other : installation.database).pool, nextChunk(ring, slice, progress, 25)),
      ),
    );
    expect(outcomes.filter((outcome) => outcome !== undefined)).toEqual([
      expect.objectContaining({ created: progress + 25 }),
    ]);
  }
  expect(await storedCodes(installation.database.pool, job.batchId)).toHaveLength(100);
});

test('a runner that was overtaken, or is ahead, stores nothing', async () => {
  const job = await ask(30);
  const slice = await load(job);
  await store(nextChunk(ring, slice, 0, 10));
  const before = await readBatch(installation.database.pool, job.batchId);
  expect(await store(nextChunk(ring, slice, 0, 10))).toBeUndefined();
  expect(await store(nextChunk(ring, slice, 0, 30))).toBeUndefined();
  expect(await store(nextChunk(ring, slice, 20, 10))).toBeUndefined();
  expect(await readBatch(installation.database.pool, job.batchId)).toEqual(before);
  expect((await load(job)).progress).toBe(10);
});

test('runners with other chunk sizes go on where the last one stopped', async () => {
  const job = await ask(1_000);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 }), async (spans) => {
      for (const span of spans) {
        const slice = await loadSlice(
          installation.database.pool,
          BigInt(job.sliceJobs[0]?.sliceId as string),
        );
        if (slice !== undefined) await store(nextChunk(ring, slice, slice.progress, span));
      }
    }),
    { numRuns: 3, endOnFailure: true },
  );
  await runSlice(installation.database.pool, ring, job.sliceJobs[0]?.sliceId as string);
  const codes = await storedCodes(installation.database.pool, job.batchId);
  expect(codes).toEqual(split(cipherOf(namespace).encode(0, 1_000), 6));
});

test('slices of one batch that end together leave its counts right', async () => {
  const job = await ask(4_000, 100);
  const other = installation.connect();
  const outcomes = await Promise.all(
    job.sliceJobs.map(({ sliceId }, i) =>
      runSlice((i % 2 ? other : installation.database).pool, ring, sliceId, 20),
    ),
  );
  expect(await readBatch(installation.database.pool, job.batchId)).toMatchObject({
    status: 'complete',
    quantity_created: 4_000,
    open_slices: 0,
  });
  expect(outcomes.every((outcome) => outcome?.sliceDone && !outcome.short)).toBe(true);
  expect(outcomes.filter((outcome) => outcome?.created === 4_000)).toHaveLength(1);
});

test('a slice of a deleted job stores nothing more', async () => {
  const job = await ask(30);
  const slice = await load(job);
  await store(nextChunk(ring, slice, 0, 10));
  await deleteJobs(installation.database, [job.id]);
  expect(await store(nextChunk(ring, slice, 10, 10))).toBeUndefined();
  expect(await loadSlice(installation.database.pool, slice.id)).toBeUndefined();
  expect(await storedCodes(installation.database.pool, job.batchId)).toHaveLength(10);
});

test('a chunk beyond the end of its slice, or of the wrong size, is refused by the database', async () => {
  const job = await ask(30);
  const chunk = nextChunk(ring, await load(job), 0, 30);
  const codes = Buffer.alloc(31 * 6, 'x');
  await expect(store({ ...chunk, span: 31, count: 31, codes })).rejects.toThrow('slice_progress_check');
  await expect(store({ ...chunk, codes })).rejects.toThrow('chunk_size_check');
  await expect(store({ ...chunk, count: 29, codes: codes.subarray(0, 29 * 6) })).rejects.toThrow(
    'chunk_span_check',
  );
  expect(await readBatch(installation.database.pool, job.batchId)).toMatchObject({ quantity_created: 0 });
  expect(await store(chunk)).toMatchObject({ created: 30 });
});

test('slices that were never there, and empty chunks of codes, are no trouble', async () => {
  const job = await ask(3);
  const slice = await load(job);
  expect(await loadSlice(installation.database.pool, 9_999_999n)).toBeUndefined();
  const all = [0n, 1n, 2n];
  const outcome = await store({
    sliceId: slice.id, progress: 0, span: 3, count: 0, width: 6, skipped: all, codes: Buffer.alloc(0),
  }); // biome-ignore format: one chunk
  expect(outcome).toMatchObject({ created: 0, sliceDone: true, short: true });
  expect(await readBatch(installation.database.pool, job.batchId)).toMatchObject({ status: 'in_progress' });
});
