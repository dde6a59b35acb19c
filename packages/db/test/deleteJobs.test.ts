import type { PoolClient } from 'pg';
import { until } from '../../../tests/support/until';
import { type Database, deleteJobs, findCancelledBatches, removeChunks, settleBatch } from '../src';
import {
  cipherOf,
  codesAt,
  LIMITS,
  type Order,
  order,
  readBatch,
  ringOf,
  runSlice,
  runToTheEnd,
  storedCodes,
  useProduct,
} from './support';

const ring = ringOf(1, 2);
const { installation, namespace } = useProduct();

const ask = (overrides: Parameters<typeof order>[3]): Promise<Order> =>
  order(installation.database, ring, namespace, overrides);

/** How many sessions of a database wait for a lock. */
async function waiting({ pool }: Database): Promise<number> {
  const { rows } = await pool.query(
    `SELECT count(*)::int AS waiting FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return rows[0].waiting;
}

/** What must hold of a cancelled batch whatever came before. */
async function expectStopped({ batchId, id }: Order): Promise<void> {
  const { pool } = installation.database;
  expect(await readBatch(pool, batchId)).toMatchObject({ status: 'cancelled', open_slices: 0 });
  const slices = await pool.query(`SELECT 1 FROM slice WHERE batch_id = $1 AND state = 'open'`, [batchId]);
  expect(slices.rows).toEqual([]);
  const jobs = await pool.query('SELECT 1 FROM identifier_job WHERE id = $1', [id]);
  expect(jobs.rows).toEqual([]);
}

test('a deleted job is gone, its codes go, and its numbers are never given out again', async () => {
  const { pool } = installation.database;
  const job = await ask({ quantity: 5 });
  await runToTheEnd(installation.database, ring, job.sliceJobs);
  expect(await deleteJobs(installation.database, [job.id])).toEqual([job.batchId]);
  await expectStopped(job);
  expect(await findCancelledBatches(pool, 10)).toEqual([job.batchId]);
  await removeChunks(pool, job.batchId);
  expect(await storedCodes(pool, job.batchId)).toEqual([]);
  expect(await findCancelledBatches(pool, 10)).toEqual([]);
  const next = await ask({ quantity: 3 });
  await runToTheEnd(installation.database, ring, next.sliceJobs);
  const cipher = cipherOf(namespace, { keyVersion: 2 });
  expect(await storedCodes(pool, next.batchId)).toEqual(codesAt(cipher, [5, 6, 7]));
});

test('ids that are not there are passed over, and a job is deleted once', async () => {
  const { id, batchId } = await ask({ quantity: 5 });
  const nobody = '00000000-0000-4000-8000-000000000000';
  const answers = await Promise.all([
    deleteJobs(installation.database, [nobody, id]),
    deleteJobs(installation.connect(), [id, nobody, id]),
  ]);
  expect(answers.flat()).toEqual([batchId]);
  expect(await deleteJobs(installation.database, [])).toEqual([]);
});

test('all or none: one batch that cannot be stopped keeps the other jobs', async () => {
  const [one, other] = [await ask({ quantity: 5 }), await ask({ quantity: 5 })];
  const { pool } = installation.database;
  const holder = await pool.connect();
  await holder.query('BEGIN');
  await holder.query('SELECT 1 FROM batch WHERE id = $1 FOR UPDATE', [other.batchId]);
  const deletion = deleteJobs(installation.database, [one.id, other.id]).catch((error: Error) => error);
  await until('a wait', 5_000, async () => (await waiting(installation.database)) > 0, 5);
  await pool.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  expect(await deletion).toBeInstanceOf(Error);
  await holder.query('ROLLBACK');
  holder.release();
  const { rows } = await pool.query('SELECT id FROM identifier_job WHERE id = ANY ($1::uuid[])', [
    [one.id, other.id],
  ]);
  expect(rows).toHaveLength(2);
  expect(await readBatch(pool, one.batchId)).toMatchObject({ status: 'new', open_slices: 1 });
});

test('a job deleted while its slices are made stores nothing afterwards', async () => {
  const job = await ask({ quantity: 20_000, sliceSize: 2_000 });
  const { pool } = installation.database;
  const runs = job.sliceJobs.map(({ sliceId }) => runSlice(pool, ring, sliceId, 25));
  await until('codes', 5_000, async () => (await readBatch(pool, job.batchId)).quantity_created > 500, 5);
  await deleteJobs(installation.connect(), [job.id]);
  const stored = (await storedCodes(pool, job.batchId)).length;
  await Promise.all(runs);
  await expectStopped(job);
  expect(await storedCodes(pool, job.batchId)).toHaveLength(stored);
  expect(await readBatch(pool, job.batchId)).toMatchObject({ quantity_created: stored });
  expect(stored).toBeLessThan(20_000);
});

/** Takes the batch's row, lets the calls line up behind it in this order, and lets go. */
async function inOrder(batchId: bigint, calls: (() => Promise<unknown>)[]): Promise<void> {
  const holder: PoolClient = await installation.database.pool.connect();
  await holder.query('BEGIN');
  await holder.query('SELECT 1 FROM batch WHERE id = $1 FOR UPDATE', [batchId]);
  const answers: Promise<unknown>[] = [];
  for (const call of calls) {
    answers.push(call());
    await until('a wait', 5_000, async () => (await waiting(installation.database)) === answers.length, 5);
  }
  await holder.query('COMMIT');
  holder.release();
  await Promise.all(answers);
}

test.each(['settled', 'deleted'])(
  'a short job that is %s first, of the two at once, has no open slice',
  async (first) => {
    await order(installation.database, ringOf(1), namespace, { length: 7, quantity: 1_000_000 });
    const job = await ask({ length: 7, quantity: 1_000 });
    for (const { sliceId } of job.sliceJobs) await runSlice(installation.database.pool, ring, sliceId);
    const settle = () => settleBatch(installation.database, ring, job.batchId, LIMITS.sliceSize);
    const remove = () => deleteJobs(installation.database, [job.id]);
    await inOrder(job.batchId, first === 'settled' ? [settle, remove] : [remove, settle]);
    await expectStopped(job);
  },
);

test('the removal of many chunks can break off and go on, and spares other batches', async () => {
  const [gone, kept] = [await ask({ quantity: 2_500 }), await ask({ quantity: 2_500 })];
  for (const job of [gone, kept]) {
    await runToTheEnd(installation.database, ring, job.sliceJobs, { chunkSize: 10 });
  }
  const { pool } = installation.database;
  await removeChunks(pool, kept.batchId);
  await deleteJobs(installation.database, [gone.id]);
  const breaking = {
    query: (() => {
      let queries = 0;
      return (...args: unknown[]) =>
        ++queries > 1
          ? Promise.reject(new Error('broken off'))
          : (pool.query as (...a: unknown[]) => unknown)(...args);
    })(),
  };
  await expect(removeChunks(breaking as never, gone.batchId)).rejects.toThrow('broken off');
  expect(await storedCodes(pool, gone.batchId)).toHaveLength(1_500);
  expect(await findCancelledBatches(pool, 100)).toContain(gone.batchId);
  await Promise.all([removeChunks(pool, gone.batchId), removeChunks(pool, gone.batchId)]);
  expect(await storedCodes(pool, gone.batchId)).toEqual([]);
  expect(await storedCodes(pool, kept.batchId)).toHaveLength(2_500);
  expect(await readBatch(pool, kept.batchId)).toMatchObject({ status: 'complete', quantity_created: 2_500 });
});
