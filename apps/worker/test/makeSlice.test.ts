import { allotSupplied, deleteJobs, inTransaction } from '@codemint/db';
import { QUEUE_NAMES, type SliceJob } from '@codemint/shared';
import { checkDatabase } from '../../../tests/support/checkDatabase';
import { until } from '../../../tests/support/until';
import { sweep } from '../dist/sweep';
import { enqueue, enqueueForTries, newMasterKeys, SLICE_SIZE, Workshop, work } from './support';

describe('a worker', () => {
  let workshop: Workshop;
  beforeEach(async () => {
    workshop = await Workshop.open();
  });
  afterEach(() => workshop.close());

  test('makes the codes of a job, chunk by chunk', async () => {
    const context = workshop.context();
    work(context);
    const job = await workshop.accept({ quantity: 2 * SLICE_SIZE + 150 });
    await enqueue(context.queue, job.sliceJobs);
    await workshop.untilBatch(job.batchId, 'complete');
    const [pool] = await workshop.database.prisma.pool.findMany();
    const cipher = workshop.ring().cipher({
      ...(pool as NonNullable<typeof pool>),
      id: 1n,
      namespaceKind: 'sgtin',
      namespaceKey: job.product.slice('/01/'.length),
      keyVersion: 1,
      algorithm: 'ff1-aes256-1',
      checkValue: (pool as NonNullable<typeof pool>).check_value,
    });
    expect((await workshop.codes(job.batchId)).join('')).toBe(
      cipher.encode(0, 2 * SLICE_SIZE + 150).toString(),
    );
    const chunks = await workshop.database.prisma.chunk.findMany({ select: { count: true } });
    expect(chunks.filter(({ count }) => count === 100)).toHaveLength(21);
    expect(chunks.filter(({ count }) => count === 50)).toHaveLength(1);
    await checkDatabase(workshop.backend.connectionString);
  });

  test('makes SSCCs', async () => {
    const context = workshop.context();
    work(context);
    const job = await workshop.accept({
      type: 'sscc',
      quantity: 1200,
      ssccCompanyPrefix: '931234555',
      ssccStartSerial: 7n,
    });
    await enqueue(context.queue, job.sliceJobs);
    await workshop.untilBatch(job.batchId, 'complete');
    const codes = await workshop.codes(job.batchId);
    expect(codes).toHaveLength(1200);
    expect(codes[0]).toMatch(/^09312345550000007\d$/);
    expect(codes.at(-1)).toMatch(/^09312345550001206\d$/);
  });

  test('two that make one slice at the same time make it once', async () => {
    const [one, other] = [workshop.context(), workshop.context()];
    const job = await workshop.accept({ quantity: SLICE_SIZE });
    const twice: SliceJob[] = job.sliceJobs.flatMap((slice) =>
      [0, 1, 2].map((attempt) => ({ ...slice, attempt })),
    );
    await enqueue(one.queue, twice);
    work(one);
    work(other);
    await workshop.untilBatch(job.batchId, 'complete');
    const ended = () => one.queue.counts(QUEUE_NAMES.identifierJobs);
    await until('all runs have ended', 10_000, async () => (await ended()).completed === 3);
    expect(await checkDatabase(workshop.backend.connectionString)).toMatchObject({ codes: SLICE_SIZE });
  });

  test('makes up for codes that came from outside before', async () => {
    const context = workshop.context();
    const first = await workshop.accept({ quantity: 1 });
    const supplied = await supplyCodesAhead(workshop, first.product, 150);
    work(context);
    const job = await workshop.accept({ product: first.product, quantity: 2 * SLICE_SIZE });
    await enqueue(context.queue, [...first.sliceJobs, ...job.sliceJobs]);
    await workshop.untilBatch(first.batchId, 'complete');
    await workshop.untilBatch(job.batchId, 'complete');
    const codes = await workshop.codes(job.batchId);
    expect(codes).toHaveLength(2 * SLICE_SIZE);
    expect(codes.filter((code) => supplied.has(code))).toEqual([]);
    expect((await workshop.slices(job.batchId)).map(({ count }) => count)).toEqual([
      SLICE_SIZE,
      SLICE_SIZE,
      150,
    ]);
    await checkDatabase(workshop.backend.connectionString);
  });

  test.each([
    [
      'missing',
      newMasterKeys(2),
      /Master key version 1 is missing from CODEMINT_MASTER_KEYS: codes were made/,
    ],
    [
      'another one',
      newMasterKeys(1),
      /Master key version 1 does not make the codes.*Put the former key back/,
    ],
  ])('a master key that is %s fails the job with its last try', async (_what, masterKeys, message) => {
    const context = workshop.context({ masterKeys });
    work(context);
    const job = await workshop.accept({ quantity: 3 * SLICE_SIZE });
    await enqueueForTries(context.queue, 2, job.sliceJobs);
    await workshop.untilBatch(job.batchId, 'error');
    expect((await workshop.batch(job.batchId)).error_message).toMatch(message);
    const counts = () => context.queue.counts(QUEUE_NAMES.identifierJobs);
    await until('all queue jobs failed', 10_000, async () => (await counts()).failed === 3);

    // Nobody tries again, however long nothing moves.
    await workshop.age(job.batchId, 3600);
    await sweep(context);
    expect(await counts()).toMatchObject({ failed: 3, prioritized: 0, delayed: 0, active: 0, waiting: 0 });
    for (const queueJob of await context.queue.queues[QUEUE_NAMES.identifierJobs].getFailed()) {
      expect(queueJob.attemptsMade).toBe(2);
      expect(queueJob.failedReason).toMatch(message);
    }
    expect(await workshop.codes(job.batchId)).toEqual([]);
  });

  test('a job that is deleted in the middle gets no further chunk', async () => {
    const context = workshop.context();
    work(context, 1);
    const job = await workshop.accept({ quantity: 30 * SLICE_SIZE });
    await enqueue(context.queue, job.sliceJobs);
    await until('it has begun', 10_000, async () => (await workshop.batch(job.batchId)).quantity_created > 0);
    await deleteJobs(workshop.database, [job.id]);
    const { quantity_created: made } = await workshop.batch(job.batchId);
    expect(made).toBeLessThan(30 * SLICE_SIZE);
    const counts = () => context.queue.counts(QUEUE_NAMES.identifierJobs);
    await until('all slices are passed over', 20_000, async () => (await counts()).completed === 30);
    expect((await workshop.batch(job.batchId)).quantity_created).toBe(made);
    await sweep(context);
    expect(await checkDatabase(workshop.backend.connectionString)).toMatchObject({ jobs: 0, codes: 0 });
  });
});

/** Registers codes that the pool of a product would make next, one in ten. */
async function supplyCodesAhead(workshop: Workshop, product: string, count: number): Promise<Set<string>> {
  const gtin = product.slice('/01/'.length);
  const { database } = workshop;
  const pool = await database.prisma.pool.findFirstOrThrow();
  const cipher = workshop.ring().newCipher({
    namespaceKind: 'sgtin',
    namespaceKey: gtin,
    prefix: '',
    alphabet: pool.alphabet,
    length: pool.length,
    suffix: '',
    keyVersion: 1,
    algorithm: 'ff1-aes256-1',
  });
  const codes = Array.from({ length: count }, (_, i) => cipher.encode(i * 10 + 5, 1).toString());
  await inTransaction(database.pool, async (client) => {
    const { rows } = await client.query<{ id: bigint }>(
      `INSERT INTO batch (account_id, namespace_id, quantity, unassigned, status, link_host)
       SELECT account_id, namespace_id, $2, 0, 'new', 'id.gs1.org' FROM batch WHERE pool_id = $1 LIMIT 1 RETURNING id`,
      [pool.id, count],
    );
    const key = { kind: 'sgtin', key: gtin } as const;
    const { refused } = await allotSupplied(
      client,
      workshop.ring(),
      key,
      (rows[0] as { id: bigint }).id,
      codes.map((code) => ({ code })),
    );
    expect(refused).toEqual([]);
  });
  return new Set(codes);
}
