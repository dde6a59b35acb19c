import { enqueue, SLICE_SIZE, Workshop, work } from '../../apps/worker/test/support';
import { checkDatabase } from './checkDatabase';

/** What may go wrong with the first of two jobs, and what is then complained about. */
const HARMS: [what: string, harm: string, complaint: string][] = [
  ['a chunk is gone', 'DELETE FROM chunk WHERE batch_id = 1 AND batch_offset = 300', 'do not tile'],
  [
    'codes are there twice',
    `UPDATE chunk SET codes = (SELECT codes FROM chunk WHERE batch_id = 1 AND batch_offset = 300)
      WHERE batch_id = 2 AND batch_offset = 400`,
    'a code is there twice',
  ],
  [
    'a chunk is at the wrong place',
    'UPDATE chunk SET first_index = first_index + 1 WHERE batch_id = 1 AND batch_offset = 300',
    'do not tile',
  ],
  ['a job has stopped', `UPDATE batch SET status = 'in_progress' WHERE id = 1`, 'has not ended'],
  ['a slice is open', `UPDATE slice SET state = 'open' WHERE batch_id = 1 AND ordinal = 0`, 'counts wrongly'],
  ['codes are miscounted', 'UPDATE batch SET quantity_created = 7 WHERE id = 1', 'counts wrongly'],
  ['numbers were given out for nothing', 'UPDATE pool SET next_index = next_index + 1', 'that no slice has'],
];

describe('the checker of the database', () => {
  let workshop: Workshop;
  beforeEach(async () => {
    workshop = await Workshop.open();
    const context = workshop.context();
    work(context);
    const product = await workshop.addProduct();
    for (const quantity of [2 * SLICE_SIZE, SLICE_SIZE]) {
      const job = await workshop.accept({ product, quantity });
      await enqueue(context.queue, job.sliceJobs);
      await workshop.untilBatch(job.batchId, 'complete');
    }
  });
  afterEach(() => workshop.close());

  const check = () => checkDatabase(workshop.testDatabase.connectionString);

  test('finds nothing where nothing is wrong', async () => {
    expect(await check()).toEqual({ jobs: 2, orders: 0, codes: 3 * SLICE_SIZE, distinctCodes: 3 * SLICE_SIZE });
  });

  test.each(HARMS)('finds that %s', async (_what, harm, complaint) => {
    // Past the triggers that would refuse it.
    await workshop.database.pool.query(`SET session_replication_role = replica; ${harm}`);
    await expect(check()).rejects.toThrow(complaint);
  });
});
