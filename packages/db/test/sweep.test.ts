import {
  claimStaleSlices,
  deleteJobs,
  failSlice,
  loadSlice,
  nextAttempts,
  type SliceWork,
  writeChunk,
} from '../src';
import { nextChunk, type Order, order, ringOf, runSlice, useInstallation } from './support';

const IDLE_MS = 60_000;
const ring = ringOf(1);
const installation = useInstallation('test');
let job: Order;

/** A job of ten slices that nobody has touched for long. */
beforeEach(async () => {
  const namespace = await installation.addProduct();
  const asked = { quantity: 100, sliceSize: 10, referenceId: 'REF' };
  job = await order(installation.database, ring, namespace, asked);
  await age();
});

const age = () => installation.database.pool.query(`UPDATE slice SET touched_at = now() - interval '61 s'`);
const claim = (limit = 100) => claimStaleSlices(installation.database.pool, IDLE_MS, limit);
const ids = (slices: readonly { sliceId: string }[]) => slices.map(({ sliceId }) => sliceId).sort();

test('stale slices are claimed once, with all that their queue job carries', async () => {
  const claimed = await claim();
  expect(claimed.sort((a, b) => a.ordinal - b.ordinal)).toEqual(job.sliceJobs);
  expect(job.sliceJobs[0]).toMatchObject({ job: job.id, referenceId: 'REF', attempt: 0, ordinal: 0 });
  expect(await claim()).toEqual([]);
  await age();
  expect(await claim()).toHaveLength(10);
});

test('the oldest come first, no more than asked for', async () => {
  expect(ids(await claim(3))).toEqual(ids(job.sliceJobs.slice(0, 3)));
  expect(ids(await claim(3))).toEqual(ids(job.sliceJobs.slice(3, 6)));
});

test('sweeps at once share the slices among them', async () => {
  const other = installation.connect();
  const claims = await Promise.all(
    [...Array(6).keys()].map((i) =>
      claimStaleSlices((i % 2 ? other : installation.database).pool, IDLE_MS, 4),
    ),
  );
  const claimed = ids(claims.flat());
  expect(new Set(claimed).size).toBe(claimed.length);
});

test('what is being made, done, failed or deleted is not stale, what else there is of a failed job is', async () => {
  const { pool } = installation.database;
  const [working, done] = job.sliceJobs.map(({ sliceId }) => sliceId) as [string, string];
  const holder = await pool.connect();
  await holder.query('BEGIN');
  await holder.query('SELECT 1 FROM slice WHERE id = $1 FOR UPDATE', [working]);
  await runSlice(pool, ring, done);
  expect(ids(await claim())).toEqual(ids(job.sliceJobs.slice(2)));
  await holder.query('ROLLBACK');
  holder.release();
  await failSlice(pool, BigInt(working), 'broken');
  await age();
  expect(ids(await claim())).toEqual(ids(job.sliceJobs.slice(2)));
  await deleteJobs(installation.database, [job.id]);
  expect(await claim()).toEqual([]);
});

test('a chunk makes its slice young again', async () => {
  const { pool } = installation.database;
  const [first] = job.sliceJobs.map(({ sliceId }) => sliceId) as [string];
  const slice = (await loadSlice(pool, BigInt(first))) as SliceWork;
  await writeChunk(pool, nextChunk(ring, slice, 0, 9));
  expect(ids(await claim())).toEqual(ids(job.sliceJobs.slice(1)));
});

test('each new queue job of a slice has the next number; one that has ended gets none', async () => {
  const { pool } = installation.database;
  await runSlice(pool, ring, job.sliceJobs[0]?.sliceId as string);
  const numbered = await nextAttempts(pool, job.sliceJobs);
  expect(ids(numbered)).toEqual(ids(job.sliceJobs.slice(1)));
  expect(numbered.every(({ attempt }) => attempt === 1)).toBe(true);
  expect((await nextAttempts(pool, numbered.slice(0, 1)))[0]).toEqual({ ...numbered[0], attempt: 2 });
  expect(await nextAttempts(pool, [])).toEqual([]);
});
