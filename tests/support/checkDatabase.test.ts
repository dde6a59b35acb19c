import { createReservations, FIRST_ACCOUNT_ID, performEvent } from '@codemint/db';
import pg from 'pg';
import { enqueue, SLICE_SIZE, Workshop, work } from '../../apps/worker/test/support';
import { checkDatabase, findFaults } from './checkDatabase';

/** How many codes of the first job are reserved. */
const RESERVED = 5;

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
  [
    'a slice has failed and nobody was told',
    `UPDATE slice SET state = 'failed' WHERE batch_id = 1 AND ordinal = 0`,
    'a slice has failed in a batch that is in no error',
  ],
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
  [
    'unassigned codes are miscounted',
    'UPDATE batch SET unassigned = unassigned + 1 WHERE id = 2',
    'unassigned codes are counted wrongly',
  ],
  [
    'imported codes are miscounted',
    `INSERT INTO batch (quantity, quantity_created, unassigned, status, link_host) VALUES (3, 3, 3, 'complete', '')`,
    'unassigned codes are counted wrongly',
  ],
  [
    'codes of an order may be taken',
    'UPDATE batch SET unassigned = quantity_created WHERE unassigned IS NULL',
    'those of an order may be taken',
  ],
  [
    'an unassigned code is passed over',
    `UPDATE batch SET free_from = ${RESERVED + 1} WHERE id = 1`,
    'before free_from',
  ],
  ['a reservation is gone', 'DELETE FROM code_reservation', 'in a reservation that is not there'],
  [
    'a supplied code is in a reservation that never was',
    `UPDATE registry SET status = 'reserved', reservation = 99 WHERE code = 'a'`,
    'in a reservation that is not there',
  ],
  [
    'a reservation has stopped',
    `UPDATE code_reservation SET status = 'in_progress'`,
    'a reservation has not ended',
  ],
  [
    'a reservation lost a code',
    'UPDATE code_reservation SET quantity_reserved = quantity_reserved - 1',
    'more or fewer codes than it says',
  ],
  [
    'a reservation has too many codes',
    `UPDATE code_status SET places = '{[0,9)}', count = 9 WHERE reservation > 0`,
    'more or fewer codes than it says',
  ],
  [
    'a code is in two reservations',
    `INSERT INTO code_status (batch_id, block, status, reservation, places, count)
     SELECT batch_id, block, status, reservation + 1, places, count FROM code_status`,
    'overlap',
  ],
  [
    'a reservation has codes of another product',
    `UPDATE code_reservation SET product = (SELECT max(id) FROM product)`,
    'of another kind or account',
  ],
  ['a reservation has codes of another length', 'UPDATE code_reservation SET length = 9', 'of another kind'],
  [
    'a rule made two jobs at once',
    `INSERT INTO replenishment_rule (account, product, minimum, target)
     SELECT account_id, product, 1, ${2 * SLICE_SIZE} FROM identifier_job LIMIT 1;
     UPDATE identifier_job SET reference_id = (SELECT 'replenishment_rule/' || id FROM replenishment_rule);
     UPDATE batch SET status = 'in_progress' WHERE id IN (1, 2)`,
    'more codes under way than its target',
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
  let client: pg.Client;
  // Once: each harm is undone.
  beforeAll(async () => {
    workshop = await Workshop.open();
    client = new pg.Client({ connectionString: workshop.backend.connectionString });
    await client.connect();
    const context = workshop.context();
    work(context);
    const product = await workshop.addProduct();
    for (const quantity of [2 * SLICE_SIZE, SLICE_SIZE]) {
      const job = await workshop.accept({ product, quantity });
      await enqueue(context.queue, job.sliceJobs);
      await workshop.untilBatch(job.batchId, 'complete');
    }
    const owner = { userId: null, accountId: FIRST_ACCOUNT_ID, product, domain: null };
    const purpose = { reservedFor: null, referenceId: null, purchaseOrder: null, exportType: 'csv' } as const;
    await createReservations(workshop.database, [
      {
        id: null,
        ...owner,
        characterSet: null,
        length: 8,
        quantity: RESERVED,
        allowPartial: false,
        ...purpose,
      },
    ]);
    await workshop.addProduct();
    for (const codes of [ids('a', 'b'), ids('b', 'c'), CODES]) {
      const { id, sliceJobs, registration } = await workshop.order({ codes });
      await enqueue(context.queue, registration === null ? sliceJobs : [registration]);
      await workshop.untilOrder(id);
      if (codes !== CODES) continue;
      const event = await workshop.event(id, { type: 'encodings', numbers: [2, 3] });
      await performEvent(workshop.database, event.event);
    }
  });
  afterAll(async () => {
    await client.end();
    await workshop.close();
  });

  test('finds nothing where nothing is wrong', async () => {
    const codes = 3 * SLICE_SIZE + CODES.quantity;
    const totals = { jobs: 2, orders: 3, codes, distinctCodes: codes };
    expect(await checkDatabase(workshop.backend.connectionString)).toEqual(totals);
  });

  test('says so where something is wrong', async () => {
    await workshop.database.pool.query(`UPDATE batch SET status = 'in_progress' WHERE id = 1`);
    const check = checkDatabase(workshop.backend.connectionString);
    await expect(check).rejects.toThrow('The database is inconsistent:\na job has not ended (1): [{"id":"');
    await workshop.database.pool.query(`UPDATE batch SET status = 'complete' WHERE id = 1`);
  });

  test.each(HARMS)('finds that %s', async (_what, harm, complaint) => {
    await client.query('BEGIN');
    try {
      // Past the triggers that would refuse it.
      await client.query(`SET LOCAL session_replication_role = replica; ${harm}`);
      expect((await findFaults(client)).join('\n')).toContain(complaint);
    } finally {
      await client.query('ROLLBACK');
    }
  });
});
