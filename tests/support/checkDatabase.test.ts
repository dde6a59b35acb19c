import { performEvent } from '@codemint/db';
import { enqueue, SLICE_SIZE, Workshop, work } from '../../apps/worker/test/support';
import { checkDatabase } from './checkDatabase';

/** What may go wrong with the first of two jobs, with orders or an event, and what is then complained about. */
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
  ['an order has stopped', `UPDATE batch SET status = 'new' WHERE pool_id IS NULL`, 'an order has not ended'],
  [
    'an order wants more than its batch',
    'UPDATE adi_order SET quantity = 7, ids = NULL',
    'different quantities',
  ],
  [
    "an order's id is lost",
    `UPDATE registry SET code = 'd' WHERE code = 'c'`,
    'has others than the order says',
  ],
  [
    'an id was refused for nothing',
    `UPDATE adi_order SET refused = jsonb_set(refused, '{taken}', '[1]') WHERE refused IS NOT NULL`,
    'nobody had it before',
  ],
  ['an order is nobody’s', 'DELETE FROM adi_order_event; DELETE FROM adi_order', 'neither job nor order'],
  [
    'an event acted on others',
    `UPDATE adi_order_event SET acted = '{[5,6)}'`,
    'acted on what is not among its Thngs',
  ],
  ['a status is counted wrongly', 'UPDATE code_status SET count = 9', 'statuses count wrongly'],
  [
    'a code that is not there has a status',
    `UPDATE code_status SET places = '{[900,901)}'`,
    'of codes that are not there',
  ],
];

const ids = (...of: string[]) => ({ kind: 'supplied', ids: of }) as const;
const CODES = {
  kind: 'generated',
  prefix: '',
  suffix: '',
  characterSet: 'AN-47',
  length: 8,
  quantity: 9,
} as const;

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
    for (const codes of [ids('a', 'b'), ids('b', 'c'), CODES]) {
      const { id, sliceJobs, registration } = await workshop.order({ codes });
      await enqueue(context.queue, registration === null ? sliceJobs : [registration]);
      await workshop.untilOrder(id);
      if (codes !== CODES) continue;
      const event = await workshop.event(id, { type: 'encodings', numbers: [2, 3] });
      await performEvent(workshop.database, event.event);
    }
  });
  afterEach(() => workshop.close());

  const check = () => checkDatabase(workshop.backend.connectionString);

  test('finds nothing where nothing is wrong', async () => {
    const codes = 3 * SLICE_SIZE + CODES.quantity;
    expect(await check()).toEqual({ jobs: 2, orders: 3, codes, distinctCodes: codes });
  });

  test.each(HARMS)('finds that %s', async (_what, harm, complaint) => {
    // Past the triggers that would refuse it.
    await workshop.database.pool.query(`SET session_replication_role = replica; ${harm}`);
    await expect(check()).rejects.toThrow(complaint);
  });
});
