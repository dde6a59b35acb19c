import { KeyRing, PoolKeyError } from '@codemint/shared';
import { deleteJobs, failBatch, findUnsettledBatches, type NamespaceKey, settleBatch } from '../src';
import { expectEarliestOwners } from './owners';
import {
  allotmentState,
  LIMITS,
  masterKey,
  type Order,
  order,
  readBatch,
  ringOf,
  runSlice,
  runToTheEnd,
  storedCodes,
  supply,
  useProduct,
} from './support';

// One space of 10^7 codes under two keys: a tenth of what the latter makes belongs to the former, which issued 10^6.
const formerRing = ringOf(1);
const ring = ringOf(1, 2);
const LENGTH = 7;
const { installation, namespace } = useProduct();

beforeEach(async () => {
  await order(installation.database, formerRing, namespace, { length: LENGTH, quantity: 1_000_000 });
});

const settle = (batchId: bigint, using = ring, sliceSize = LIMITS.sliceSize) =>
  settleBatch(installation.database, using, batchId, sliceSize);

/** A job whose slices are all done, short of about a tenth of its codes. */
async function shortJob(quantity = 1_000): Promise<Order> {
  const job = await order(installation.database, ring, namespace, { length: LENGTH, quantity });
  for (const { sliceId } of job.sliceJobs) await runSlice(installation.database.pool, ring, sliceId);
  return job;
}

test('a batch that skips left short is allotted the rest, again and again until it is whole', async () => {
  const job = await shortJob();
  const { pool } = installation.database;
  let { quantity_created: created } = await readBatch(pool, job.batchId);
  expect(created).toBeGreaterThan(800);
  expect(created).toBeLessThan(1_000);
  let rounds = 0;
  for (; created < 1_000; rounds++) {
    const added = await settle(job.batchId, ring, 30);
    expect(added.map(({ ordinal }) => ordinal)).toEqual(added.map((_, i) => i + (added[0]?.ordinal ?? 0)));
    expect(added.every((slice) => slice.job === job.id && slice.batchId === String(job.batchId))).toBe(true);
    expect(await readBatch(pool, job.batchId)).toMatchObject({
      open_slices: added.length,
      status: 'in_progress',
    });
    for (const { sliceId } of added) await runSlice(pool, ring, sliceId);
    created = (await readBatch(pool, job.batchId)).quantity_created;
  }
  expect(rounds).toBeGreaterThan(1);
  expect(await readBatch(pool, job.batchId)).toMatchObject({ status: 'complete', open_slices: 0 });
  expect(new Set(await storedCodes(pool, job.batchId)).size).toBe(1_000);
  expect(await settle(job.batchId)).toEqual([]);
  await expectPlacesWithoutGap(job);
});

/** Positions of a batch's indexes run on from slice to slice. */
async function expectPlacesWithoutGap({ batchId }: Order): Promise<void> {
  const { rows } = await installation.database.pool.query<{ batch_offset: bigint; count: number }>(
    'SELECT batch_offset, count FROM slice WHERE batch_id = $1 ORDER BY ordinal',
    [batchId],
  );
  let next = 0n;
  for (const { batch_offset, count } of rows) {
    expect(batch_offset).toBe(next);
    next += BigInt(count);
  }
}

test('of many that settle a batch at once one adds its slices', async () => {
  const job = await shortJob();
  const other = installation.connect();
  const answers = await Promise.all(
    [...Array(8).keys()].map((i) =>
      settleBatch(i % 2 ? other : installation.database, ring, job.batchId, LIMITS.sliceSize),
    ),
  );
  expect(answers.map((added) => added.length).sort()).toEqual([0, 0, 0, 0, 0, 0, 0, 1]);
  await runToTheEnd(installation.database, ring, answers.flat());
  expect(await readBatch(installation.database.pool, job.batchId)).toMatchObject({ quantity_created: 1_000 });
});

test('jobs that run short beside each other end whole, with one owner a code', async () => {
  const own = await installation.addProduct();
  await order(installation.database, formerRing, own, { length: LENGTH, quantity: 1_000_000 });
  const jobs = await Promise.all(
    [...Array(6).keys()].map((i) =>
      order(installation.database, ring, own, { length: LENGTH, quantity: 500 + i }),
    ),
  );
  await Promise.all(jobs.map(({ sliceJobs }) => runToTheEnd(installation.database, ring, sliceJobs)));
  for (const { batchId, quantity } of jobs) {
    expect(await readBatch(installation.database.pool, batchId)).toMatchObject({
      status: 'complete',
      quantity_created: quantity,
    });
  }
  const { pool } = installation.database;
  // The former key's job is left unmade: it is deleted, and still owns its codes.
  await deleteJobs(installation.database, [await jobOfFormer(own)]);
  const { rivals } = await expectEarliestOwners(pool, own);
  expect(rivals).toBeGreaterThan(200);
});

async function jobOfFormer({ key }: NamespaceKey): Promise<string> {
  const { rows } = await installation.database.pool.query<{ id: string }>(
    'SELECT id FROM identifier_job WHERE product = $1 ORDER BY batch_id LIMIT 1',
    [`/01/${key}`],
  );
  return rows[0]?.id as string;
}

test('a batch at work, finished, failed or deleted is left alone', async () => {
  const { pool } = installation.database;
  const atWork = await order(installation.database, ring, namespace, { length: LENGTH, quantity: 10 });
  const failed = await shortJob();
  await failBatch(pool, failed.batchId, 'broken');
  const deleted = await shortJob();
  await deleteJobs(installation.database, [deleted.id]);
  const supplied = await supply(installation.database, ring, namespace, ['x']);
  const before = await allotmentState(pool);
  for (const { batchId } of [atWork, failed, deleted, supplied]) expect(await settle(batchId)).toEqual([]);
  expect(await settle(987_654_321n)).toEqual([]);
  expect(await allotmentState(pool)).toEqual(before);
});

test('a space used up ends the batch with what is missing, and gives out nothing', async () => {
  const { pool } = installation.database;
  const job = await shortJob();
  await pool.query(
    'UPDATE pool SET next_index = space WHERE key_version = 2 AND id = (SELECT pool_id FROM batch WHERE id = $1)',
    [job.batchId],
  );
  const { rows } = await pool.query('SELECT last_sequence FROM namespace WHERE key = $1', [namespace.key]);
  expect(await settle(job.batchId)).toEqual([]);
  const batch = await readBatch(pool, job.batchId);
  const missing = 1_000 - batch.quantity_created;
  expect(batch).toMatchObject({
    status: 'error',
    error_message: `The space of these codes is used up: ${missing} more were needed, 0 are left.`,
  });
  const after = await pool.query('SELECT last_sequence FROM namespace WHERE key = $1', [namespace.key]);
  expect(after.rows).toEqual(rows);
});

test('without the key nothing is settled and nothing changes', async () => {
  const job = await shortJob();
  const before = await allotmentState(installation.database.pool);
  const wrong = new KeyRing(new Map([1, 2].map((version) => [version, masterKey(version, 'another')])));
  await expect(settle(job.batchId, wrong)).rejects.toThrow(PoolKeyError);
  expect(await allotmentState(installation.database.pool)).toEqual(before);
  expect(await settle(job.batchId)).toHaveLength(1);
});

test('after a change of key the rest comes from the new key’s pool', async () => {
  const own = await installation.addProduct();
  await order(installation.database, formerRing, own, { length: LENGTH, quantity: 1_000_000 });
  const job = await order(installation.database, ring, own, { length: LENGTH, quantity: 300 });
  await runToTheEnd(installation.database, ringOf(1, 2, 3), job.sliceJobs);
  const { rows } = await installation.database.pool.query(
    'SELECT DISTINCT p.key_version AS version FROM slice s JOIN pool p ON p.id = s.pool_id WHERE s.batch_id = $1 ORDER BY 1',
    [job.batchId],
  );
  expect(rows.map(({ version }) => version)).toEqual([2, 3]);
  expect(new Set(await storedCodes(installation.database.pool, job.batchId)).size).toBe(300);
});

test('a worker that died before it settled is found out, whatever else there is', async () => {
  const { pool } = installation.database;
  const [short, done] = [
    await shortJob(),
    await order(installation.database, ring, namespace, { length: 9 }),
  ];
  await runToTheEnd(installation.database, ring, done.sliceJobs);
  const atWork = await order(installation.database, ring, namespace, { length: 9 });
  const supplied = await supply(installation.database, ring, namespace, ['a']);
  const deleted = await shortJob();
  await deleteJobs(installation.database, [deleted.id]);
  const young = await findUnsettledBatches(pool, 60_000, 1_000);
  expect(young).not.toContain(short.batchId);
  await pool.query(`UPDATE batch SET date_created = now() - interval '61 s'`);
  const found = await findUnsettledBatches(pool, 60_000, 1_000);
  expect(found).toContain(short.batchId);
  for (const { batchId } of [done, atWork, supplied, deleted]) expect(found).not.toContain(batchId);
  expect(await findUnsettledBatches(pool, 60_000, 1)).toHaveLength(1);
});

test('a batch that has all its codes but was never closed is closed', async () => {
  const { pool } = installation.database;
  const job = await order(installation.database, ring, namespace, { length: 9 });
  await runToTheEnd(installation.database, ring, job.sliceJobs);
  await pool.query(`UPDATE batch SET status = 'in_progress', date_completed = NULL WHERE id = $1`, [
    job.batchId,
  ]);
  expect(await settle(job.batchId)).toEqual([]);
  const { status, date_completed } = await readBatch(pool, job.batchId);
  expect(status).toBe('complete');
  expect(date_completed).toBeInstanceOf(Date);
});

test('a failure is told once, and never on a batch that has ended', async () => {
  const { pool } = installation.database;
  const [done, failed] = [
    await order(installation.database, ring, namespace, { length: 9 }),
    await order(installation.database, ring, namespace, { length: 9 }),
  ];
  await runToTheEnd(installation.database, ring, done.sliceJobs);
  for (const { batchId } of [done, failed]) {
    await failBatch(pool, batchId, 'first');
    await failBatch(pool, batchId, 'second');
  }
  expect(await readBatch(pool, done.batchId)).toMatchObject({ status: 'complete', error_message: null });
  expect(await readBatch(pool, failed.batchId)).toMatchObject({ status: 'error', error_message: 'first' });
});
