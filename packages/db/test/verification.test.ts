import { KeyRing } from '@codemint/shared';
import { generated, newOrder } from '../../../tests/support/newOrder';
import {
  batchesOfJobOrOrder,
  createOrder,
  type Difference,
  deleteJobs,
  inTransaction,
  registerOrder,
  type StockSelection,
  setCodeStatus,
  verifyStock,
} from '../src';
import {
  cipherOf,
  codesAt,
  masterKey,
  type Order,
  order,
  orderJob,
  ringOf,
  runSlice,
  runToTheEnd,
  storedCodes,
  supply,
  useProduct,
} from './support';

const { installation, namespace } = useProduct('test');
let ring: KeyRing;
let formerRing: KeyRing;

beforeEach(() => {
  ring = ringOf(1, 2);
  formerRing = ringOf(1);
});

async function verify(selection: StockSelection = 'all', using = ring) {
  const differences: Difference[] = [];
  const done = await verifyStock(installation.database, using, selection, {
    onDifference: (difference) => differences.push(difference),
    onProgress: () => undefined,
  });
  return { ...done, differences };
}

/** Changes what nothing but an attacker or a broken disk does: guards and references are off. */
async function corrupt(...statements: [string, ...unknown[]][]): Promise<void> {
  await inTransaction(installation.database.pool, async (client) => {
    await client.query('SET LOCAL session_replication_role = replica');
    for (const [text, ...values] of statements) {
      const { rowCount } = await client.query(text, values);
      expect(rowCount).toBeGreaterThan(0);
    }
  });
}

async function make(overrides: Parameters<typeof order>[3] = {}, using = ring): Promise<Order> {
  const job = await order(installation.database, using, namespace, {
    quantity: 250,
    sliceSize: 100,
    ...overrides,
  });
  await runToTheEnd(installation.database, ring, job.sliceJobs, { chunkSize: 40, sliceSize: 100 });
  return job;
}

/** The differences as one line each. */
async function lines(selection?: StockSelection): Promise<string[]> {
  const { differences } = await verify(selection);
  return differences.map(({ batchId, where, what, shouldBe }) => `${batchId} ${where}: ${what}; ${shouldBe}`);
}

test('jobs, orders, supplied codes, deleted and unfinished jobs: nothing differs', async () => {
  const { database } = installation;
  const { pool } = database;
  await make({ quantity: 20_000, sliceSize: 12_000 }, formerRing);
  await supply(database, ring, namespace, codesAt(cipherOf(namespace, { keyVersion: 2 }), [0, 3, 4, 90_000]));
  const main = await make({ quantity: 400, characterSet: 'UAN-28' });
  const rival = await make({ quantity: 20_000, sliceSize: 12_000 });
  const deleted = await make();
  await deleteJobs(database, [deleted.id]);
  const open = await order(database, ring, namespace, { quantity: 90, sliceSize: 50 });
  await runSlice(pool, ring, open.sliceJobs[0]?.sliceId as string, 20);
  const sscc = await orderJob(database, ring, { type: 'sscc', ssccCompanyPrefix: '9521234', quantity: 70 });
  await runToTheEnd(database, ring, sscc.sliceJobs, { chunkSize: 40 });
  const asked = newOrder({ codes: generated(30, { prefix: 'Ä-', suffix: '!' }) });
  const { sliceJobs } = await createOrder(database, ring, asked, { sliceSize: 20 });
  await runToTheEnd(database, ring, sliceJobs, { chunkSize: 7 });
  const supplied = newOrder({ codes: { kind: 'supplied', ids: ['a', 'b', 'c'] } });
  await createOrder(database, ring, supplied, { sliceSize: 20 });
  await registerOrder(database, ring, supplied.id);
  await inTransaction(pool, (client) => setCodeStatus(client, main.batchId, [3, 4, 7], 'assigned'));
  const { rows } = await pool.query('SELECT count(*) AS skips FROM chunk WHERE cardinality(skipped) > 0');
  expect(Number(rows[0].skips)).toBeGreaterThan(0);
  const { differences, batches, codes } = await verify();
  expect(differences).toEqual([]);
  const all = await pool.query(
    'SELECT (SELECT sum(count) FROM chunk WHERE batch_id <> $1) + (SELECT count(*) FROM registry) AS codes FROM (SELECT) AS one',
    [deleted.batchId],
  );
  expect([batches, codes]).toEqual([9, Number(all.rows[0].codes)]);
  expect(await verify([rival.batchId])).toEqual({ differences: [], batches: 1, codes: 20_000 });
  expect(await batchesOfJobOrOrder(database, rival.id.toUpperCase())).toEqual([rival.batchId]);
  expect(await batchesOfJobOrOrder(database, asked.id)).toHaveLength(1);
  expect(await batchesOfJobOrOrder(database, 'x')).toEqual([]);
}, 60_000);

describe('what differs is told', () => {
  let job: Order;
  let codes: string[];
  beforeEach(async () => {
    job = await make();
    codes = await storedCodes(installation.database.pool, job.batchId);
  });

  const chunkAt = 'UPDATE chunk SET';
  const ofChunk = 'WHERE batch_id = $1 AND batch_offset = $2';

  test('a byte of a chunk', async () => {
    const other = codes[83]?.startsWith('9') ? '8' : '9';
    await corrupt([`${chunkAt} codes = set_byte(codes, 18, ascii($3)) ${ofChunk}`, job.batchId, 80, other]);
    const changed = other + codes[83]?.slice(1);
    expect(await lines()).toEqual([
      `${job.batchId} chunk at place 80: the code at place 83 is "${changed}"; "${codes[83]}"`,
    ]);
    expect(await lines([job.batchId])).toHaveLength(1);
    const { differences } = await verify();
    expect(differences[0]).toMatchObject({ batchId: job.batchId, owner: `job ${job.id}` });
  });

  test('a chunk that is missing', async () => {
    await corrupt([`DELETE FROM chunk ${ofChunk}`, job.batchId, 100]);
    expect(await lines()).toEqual([
      expect.stringMatching(/places 100 to 139: have no chunk; chunks of slice \d+$/),
      `${job.batchId} quantity_created: is 250; 210`,
      `${job.batchId} codes of the complete batch: is 210; 250`,
      ...(await stockLine(210)),
    ]);
  });

  /** The line on the counter of unassigned codes, where the batch has one. */
  async function stockLine(counted: number): Promise<string[]> {
    const { rows } = await installation.database.pool.query('SELECT unassigned FROM batch WHERE id = $1', [
      job.batchId,
    ]);
    return rows[0].unassigned === null ? [] : [`${job.batchId} unassigned: is 250; ${counted}`];
  }

  test('counts', async () => {
    await corrupt(['UPDATE batch SET quantity_created = 249, open_slices = 1 WHERE id = $1', job.batchId]);
    expect(await lines()).toEqual([
      `${job.batchId} open_slices: is 1; 0`,
      `${job.batchId} quantity_created: is 249; 250`,
    ]);
  });

  test('the count of codes that may be taken', async () => {
    await corrupt(['UPDATE batch SET unassigned = 7 WHERE id = $1', job.batchId]);
    expect(await lines()).toEqual([`${job.batchId} unassigned: is 7; 250`]);
  });

  test('a chunk that is another batch’s too', async () => {
    const other = await make();
    await corrupt([
      `INSERT INTO chunk SELECT $3, 9000, first_index, span, count, width, skipped, codes FROM chunk ${ofChunk}`,
      job.batchId,
      0,
      other.batchId,
    ]);
    expect(await lines()).toEqual(
      expect.arrayContaining([
        `${other.batchId} chunk at place 9000: is of no slice; not there`,
        `${other.batchId} quantity_created: is 250; 290`,
      ]),
    );
    await corrupt(
      [`DELETE FROM chunk ${ofChunk}`, other.batchId, 9000],
      [`DELETE FROM chunk ${ofChunk}`, other.batchId, 0],
      [
        `INSERT INTO chunk SELECT $3, batch_offset, first_index, span, count, width, skipped, codes FROM chunk ${ofChunk}`,
        job.batchId,
        0,
        other.batchId,
      ],
    );
    expect(await lines([other.batchId])).toEqual([
      `${other.batchId} chunk at place 0: begins with index 0; 250`,
      expect.stringMatching(
        /chunk at place 0: the code at place 0 is "\d{6}" and 39 more codes differ; "\d{6}"$/,
      ),
    ]);
  });

  test('chunks that lie one over the other or too far', async () => {
    await corrupt([
      `INSERT INTO chunk SELECT batch_id, 60, first_index, span, count, width, skipped, codes FROM chunk ${ofChunk}`,
      job.batchId,
      0,
    ]);
    expect(await lines()).toContain(
      `${job.batchId} chunk at place 60: lies over the one before it; from place 80 on`,
    );
    await corrupt(
      [`DELETE FROM chunk ${ofChunk}`, job.batchId, 60],
      [`UPDATE slice SET progress = 30, state = 'open' WHERE batch_id = $1 AND ordinal = 2`, job.batchId],
    );
    expect(await lines()).toEqual([
      `${job.batchId} chunk at place 200: ends behind the slice's progress; before place 230`,
      `${job.batchId} chunk at place 240: ends behind the slice's progress; before place 230`,
      `${job.batchId} open_slices: is 0; 1`,
    ]);
  });

  test('skips that are none, and codes that should be skipped', async () => {
    await corrupt([
      `${chunkAt} skipped = ARRAY[41::bigint], count = 39, codes = substring(codes FROM 7) ${ofChunk}`,
      job.batchId,
      40,
    ]);
    expect(await lines()).toContain(`${job.batchId} chunk at place 40: skips 41; nothing`);
  });

  test('slices', async () => {
    await corrupt(
      ['UPDATE slice SET batch_offset = batch_offset + 1 WHERE batch_id = $1 AND ordinal = 1', job.batchId],
      ["UPDATE slice SET state = 'open' WHERE batch_id = $1 AND ordinal = 0", job.batchId],
    );
    const found = await lines();
    expect(found).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/slice \d+: is open with 100 of 100 indexes; done$/),
        expect.stringMatching(/slice \d+: begins at place 101; 100$/),
        `${job.batchId} open_slices: is 0; 1`,
      ]),
    );
    await corrupt(['UPDATE pool SET next_index = 5']);
    expect(await lines()).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/slice \d+: reaches beyond next_index of its pool; below it$/),
        `${job.batchId} chunk at place 0: the code "${codes[5]}" is of nobody and 34 more codes are not its own; of place 5 of its batch`,
      ]),
    );
  });

  test('a registered code that a pool does not know', async () => {
    const [code] = codesAt(cipherOf(namespace, { keyVersion: 2 }), [900]) as [string];
    const { batchId } = await supply(installation.database, ring, namespace, [code]);
    await corrupt(['DELETE FROM registry_index']);
    expect(await lines([batchId])).toEqual([
      expect.stringMatching(
        new RegExp(`registered code "${code}": its index 900 in pool \\d+ is missing; 2$`),
      ),
    ]);
  });

  test('a registered code that somebody had', async () => {
    const { batchId } = await supply(installation.database, ring, namespace, ['free']);
    await corrupt(['UPDATE registry SET code = $1', codes[17]]);
    expect(await lines([batchId])).toEqual(
      expect.arrayContaining([
        `${batchId} registered code "${codes[17]}": was given out before it was registered; free at its sequence number`,
      ]),
    );
  });
});

test('two slices of two siblings that both keep one code', async () => {
  const first = await make({ quantity: 30_000, sliceSize: 100_000 }, formerRing);
  await make({ quantity: 30_000, sliceSize: 100_000 });
  const second = await order(installation.database, ring, namespace, {
    quantity: 20_000,
    sliceSize: 100_000,
  });
  await corrupt(
    [`UPDATE slice SET snapshot = '[]' WHERE batch_id = $1`, second.batchId],
    // There is room for those that it ought to skip.
    ['UPDATE batch SET quantity = 30000 WHERE id = $1', second.batchId],
  );
  await runSlice(installation.database.pool, ring, second.sliceJobs[0]?.sliceId as string);
  const { differences } = await verify();
  expect(differences.length).toBeGreaterThan(0);
  for (const { batchId, what } of differences) {
    expect(batchId).toBe(second.batchId);
    expect(what).toMatch(
      new RegExp(`is of batch ${first.batchId} at place \\d+ and \\d+ more codes are not its own`),
    );
  }
}, 60_000);

test('a slice that skips what nobody else owns', async () => {
  await make({ quantity: 10 }, formerRing);
  const second = await order(installation.database, ring, namespace, {
    quantity: 20_000,
    sliceSize: 100_000,
  });
  await corrupt([
    `UPDATE slice SET snapshot = (SELECT jsonb_build_array(jsonb_build_object('pool', id::text, 'nextIndex', 90000))
                                    FROM pool ORDER BY id LIMIT 1) WHERE batch_id = $1`,
    second.batchId,
  ]);
  await runSlice(installation.database.pool, ring, second.sliceJobs[0]?.sliceId as string);
  const found = await lines([second.batchId]);
  expect(found).toEqual(
    expect.arrayContaining([
      expect.stringMatching(
        /chunk at place 0: skips index \d+ with the code "\d{6}"; not: nobody else owns it$/,
      ),
    ]),
  );
});

test('a missing or changed master key is a difference of its pools; all else is verified', async () => {
  await make({}, formerRing);
  const current = await make({ length: 9 });
  await corrupt([
    `UPDATE chunk SET codes = set_byte(codes, 0, 33) WHERE batch_id = $1 AND batch_offset = 0`,
    current.batchId,
  ]);
  const withoutFormer = await verify('all', ringOf(2));
  expect(withoutFormer.differences).toEqual([
    {
      batchId: null,
      owner: null,
      where: expect.stringMatching(/^pool \d+ \(sgtin \d{14}, length 6\)$/),
      what: 'Master key version 1 is missing from CODEMINT_MASTER_KEYS: codes were made with it.',
      shouldBe: null,
    },
    expect.objectContaining({ batchId: current.batchId, where: 'chunk at place 0' }),
  ]);
  expect([withoutFormer.batches, withoutFormer.codes]).toEqual([2, 500]);
  const changed = new KeyRing(new Map([1, 2].map((version) => [version, masterKey(version, 'another')])));
  expect((await verify('all', changed)).differences).toHaveLength(2);
});
