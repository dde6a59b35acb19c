import {
  deleteJobs,
  failBatch,
  failSlice,
  findUnsettledBatches,
  loadSlice,
  reopenSlice,
  retryFailed,
  type SliceWork,
  settleBatch,
  writeChunk,
} from '../src';
import { reopenBatch } from '../src/batches/reopenBatch';
import {
  LIMITS,
  nextChunk,
  type Order,
  order,
  readBatch,
  ringOf,
  runSlice,
  useInstallation,
} from './support';

const ring = ringOf(1);
const installation = useInstallation('test');
let job: Order;
let ids: bigint[];

/** A job of four slices. */
beforeEach(async () => {
  const namespace = await installation.addProduct();
  job = await order(installation.database, ring, namespace, { quantity: 40, sliceSize: 10 });
  ids = job.sliceJobs.map(({ sliceId }) => BigInt(sliceId));
});

const pool = () => installation.database.pool;
const read = () => readBatch(pool(), job.batchId);
const run = (...places: number[]) =>
  Promise.all(places.map((place) => runSlice(pool(), ring, String(ids[place]))));

async function states(): Promise<string[]> {
  const { rows } = await pool().query<{ state: string }>(
    'SELECT state FROM slice WHERE batch_id = $1 ORDER BY ordinal',
    [job.batchId],
  );
  return rows.map(({ state }) => state);
}

test('a failed slice takes no chunk, and its batch stays in error while the others are made', async () => {
  const slice = (await loadSlice(pool(), ids[1] as bigint)) as SliceWork;
  await writeChunk(pool(), nextChunk(ring, slice, 0, 4));
  await failSlice(pool(), slice.id, 'broken');
  await failSlice(pool(), slice.id, 'broken again');
  expect(await read()).toMatchObject({ status: 'error', error_message: 'broken', open_slices: 3 });
  expect(await writeChunk(pool(), nextChunk(ring, slice, 4, 6))).toBeUndefined();
  expect(await loadSlice(pool(), slice.id)).toBeUndefined();
  await failSlice(pool(), ids[2] as bigint, 'another thing');
  await run(0, 3);
  const batch = await read();
  expect(batch).toMatchObject({
    status: 'error',
    error_message: 'broken',
    open_slices: 0,
    quantity_created: 24,
  });
  expect(batch.date_completed).not.toBeNull();
  expect(await states()).toEqual(['done', 'failed', 'failed', 'done']);
  expect(await settleBatch(installation.database, ring, job.batchId, LIMITS.sliceSize)).toEqual([]);
  expect(await findUnsettledBatches(pool(), -1000, 10)).toEqual([]);
  await failSlice(pool(), ids[0] as bigint, 'a slice that is done is not failed');
  expect(await states()).toEqual(['done', 'failed', 'failed', 'done']);
});

test('one slice after the other is opened, and with the last its batch', async () => {
  for (const place of [0, 1]) await failSlice(pool(), ids[place] as bigint, `broken ${place}`);
  expect(await reopenSlice(installation.database, job.batchId, ids[2] as bigint)).toBe(false);
  expect(await reopenSlice(installation.database, job.batchId, ids[1] as bigint)).toBe(true);
  expect(await reopenSlice(installation.database, job.batchId, ids[1] as bigint)).toBe(false);
  expect(await read()).toMatchObject({ status: 'error', error_message: 'broken 0', open_slices: 3 });
  await run(1, 2, 3);
  expect(await read()).toMatchObject({ status: 'error', open_slices: 0, quantity_created: 30 });
  expect(await reopenSlice(installation.database, job.batchId, ids[0] as bigint)).toBe(true);
  expect(await read()).toMatchObject({
    status: 'in_progress',
    error_message: null,
    open_slices: 1,
    date_completed: null,
  });
  await run(0);
  expect(await read()).toMatchObject({ status: 'complete', open_slices: 0, quantity_created: 40 });
});

test('a retry opens all that failed, under the next numbers of their queue jobs', async () => {
  for (const place of [1, 3]) await failSlice(pool(), ids[place] as bigint, 'broken');
  await run(0);
  const retried = await retryFailed(installation.database, job.id.toUpperCase());
  const expected = [1, 3].map((place) => ({ ...job.sliceJobs[place], attempt: 1 }));
  expect(retried).toEqual({ work: expected, unsettled: 0 });
  expect(await read()).toMatchObject({ status: 'in_progress', error_message: null, open_slices: 3 });
  expect(await retryFailed(installation.database, job.id)).toEqual({ work: [], unsettled: 0 });
  await run(1, 2, 3);
  expect(await read()).toMatchObject({ status: 'complete', quantity_created: 40 });
  expect(await retryFailed(installation.database, job.id)).toEqual({ work: [], unsettled: 0 });
});

test('a batch that failed as a whole is settled again, and is left in peace for a while', async () => {
  await run(0, 1, 2);
  // What a worker of the release before does: the slice stays open.
  await failBatch(pool(), job.batchId, 'broken');
  expect(await retryFailed(installation.database, job.id)).toEqual({ work: [], unsettled: 1 });
  expect(await read()).toMatchObject({ status: 'in_progress', error_message: null, open_slices: 1 });
  await failBatch(pool(), job.batchId, 'too early', 60_000);
  expect(await read()).toMatchObject({ status: 'in_progress' });
  await run(3);
  expect(await read()).toMatchObject({ status: 'complete' });
});

test('a deleted job is not tried again, and an id that is none is told', async () => {
  await failSlice(pool(), ids[0] as bigint, 'broken');
  await deleteJobs(installation.database, [job.id]);
  expect(await states()).toEqual(Array(4).fill('cancelled'));
  expect(await reopenSlice(installation.database, job.batchId, ids[0] as bigint)).toBe(false);
  expect(await reopenBatch(installation.database, job.batchId)).toBeUndefined();
  for (const id of [job.id, 'UKGwQrgHq3QaqsRa', '', '%']) {
    expect(await retryFailed(installation.database, id)).toBeUndefined();
  }
});

test('whatever fails, is made and is retried at once, a batch with a failed slice is in error', async () => {
  const other = installation.connect();
  for (let round = 0; round < 15; round++) {
    await Promise.all([
      failSlice(pool(), ids[0] as bigint, 'broken'),
      reopenBatch(other, job.batchId),
      failSlice(other.pool, ids[1] as bigint, 'broken'),
      reopenSlice(installation.database, job.batchId, ids[0] as bigint),
      reopenSlice(other, job.batchId, ids[1] as bigint),
      ...(round === 7 ? [run(2, 3)] : []),
    ]);
    const now = await states();
    expect(await read()).toMatchObject({
      status: now.includes('failed') ? 'error' : expect.stringMatching(/^(new|in_progress)$/),
      open_slices: now.filter((state) => state === 'open').length,
    });
  }
  await reopenBatch(other, job.batchId);
  await run(0, 1);
  expect(await read()).toMatchObject({ status: 'complete', open_slices: 0, quantity_created: 40 });
});
