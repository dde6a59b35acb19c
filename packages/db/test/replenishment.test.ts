import { randomUUID } from 'node:crypto';
import { PoolKeyError } from '@codemint/shared';
import { until } from '../../../tests/support/until';
import { claimRound, deleteJobs, failBatch, replenish, shortRules } from '../src';
import { allotmentState, LIMITS, order, orderJob, ringOf, runToTheEnd, supply, useProduct } from './support';

const ring = ringOf(1);
const { installation, namespace } = useProduct();

beforeEach(async () => {
  await query('UPDATE replenishment_rule SET status = $1', ['paused']);
});

const product = () => `/01/${namespace.key}`;

async function query<Row>(text: string, values: unknown[] = []): Promise<Row[]> {
  return (await installation.database.pool.query(text, values)).rows as Row[];
}

/** A rule for the test's product, with at least 100 and up to 300 numeric codes of length 6. */
async function addRule(fields: Record<string, unknown> = {}): Promise<string> {
  const [account] = await query<{ id: string }>('SELECT id FROM account LIMIT 1');
  const kind = { product: product(), type: 'sgtin', character_set: 'numeric', length: 6 };
  const row = { account: account?.id, ...kind, minimum: 100, target: 300, ...fields };
  const [rule] = await query<{ id: string }>(
    `INSERT INTO replenishment_rule (${Object.keys(row).join()})
     VALUES (${Object.keys(row).map((_, i) => `$${i + 1}`)}) RETURNING id`,
    Object.values(row),
  );
  return rule?.id as string;
}

interface RuleRow {
  status: string;
  error_message: string | null;
  last_job: string | null;
  xmin: string;
}

async function readRule(id: string): Promise<RuleRow> {
  const [row] = await query<RuleRow>('SELECT *, xmin FROM replenishment_rule WHERE id = $1', [id]);
  return row as RuleRow;
}

const fill = (rule: string, using = ring, database = installation.database) =>
  replenish(database, using, rule, LIMITS);

const short = (withFailing = false) => shortRules(installation.database.pool, withFailing);

/** Orders codes of the rule's kind, unless it says otherwise. */
const make = (fields: Parameters<typeof order>[3] = {}) =>
  order(installation.database, ring, namespace, { quantity: 100, ...fields });

/** Uses up all of the numeric codes of length 6 but for some. */
async function leaveOnly(left: number): Promise<void> {
  const { id } = await make({ quantity: 1_000_000 - left });
  await deleteJobs(installation.database, [id]);
}

describe('a round', () => {
  const claim = (task: string, database = installation.database) => claimRound(database.pool, task, 60_000);
  const setBack = (task: string, by: string) =>
    query('UPDATE schedule SET last_run = now() - $2::interval WHERE task = $1', [task, by]);

  test('belongs to one of many that want it, the first one too', async () => {
    const other = installation.connect();
    for (const [task, before] of [
      ['replenishment', undefined],
      ['new', undefined],
      ['new', '61 s'],
    ] as const) {
      if (before !== undefined) await setBack(task, before);
      const claims = await Promise.all(
        Array.from({ length: 20 }, (_, i) => claim(task, i % 2 ? other : installation.database)),
      );
      expect(claims.filter(Boolean)).toHaveLength(1);
    }
  });

  test('is due again when the interval is over, not before', async () => {
    expect(await claim('mine')).toBe(true);
    expect(await claim('mine')).toBe(false);
    expect(await claim('another')).toBe(true);
    await setBack('mine', '59 s');
    expect(await claim('mine')).toBe(false);
    await setBack('mine', '61 s');
    expect(await claim('mine')).toBe(true);
  });

  test('is due although the clock was put back', async () => {
    await claim('tomorrow');
    await setBack('tomorrow', '-1 day');
    expect(await claim('tomorrow')).toBe(true);
    expect(await claim('tomorrow')).toBe(false);
  });
});

describe('a rule is short', () => {
  test('before its product has had any code', async () => {
    const rule = await addRule();
    expect(await short()).toEqual([rule]);
  });

  test('unless as many codes as its minimum are unassigned or under way', async () => {
    const rule = await addRule();
    const first = await make({ quantity: 60 });
    expect(await short()).toEqual([rule]);
    const second = await make({ quantity: 40 });
    expect(await short()).toEqual([]);
    await runToTheEnd(installation.database, ring, [...first.sliceJobs, ...second.sliceJobs], {
      chunkSize: 7,
    });
    expect(await short()).toEqual([]);
    await query('UPDATE batch SET unassigned = unassigned - 1 WHERE id = $1', [second.batchId]);
    expect(await short()).toEqual([rule]);
  });

  test('by its characters, whichever of their names a job has', async () => {
    const rule = await addRule();
    await make({ characterSet: 'N', quantity: 60 });
    expect(await short()).toEqual([rule]);
    expect(await fill(rule)).toMatchObject({ outcome: 'made', quantity: 240 });
    await query('DELETE FROM replenishment_rule WHERE id = $1', [rule]);
    await make({ characterSet: 'N', quantity: 100 });
    await addRule({ minimum: 400, target: 400 });
    expect(await short()).toEqual([]);
  });

  test('whatever there is of other kinds, of orders and imports', async () => {
    const rule = await addRule();
    await make({ length: 7 });
    await make({ characterSet: 'alphanumeric' });
    await supply(installation.database, ring, namespace, ['123456', '234567']);
    const [other] = await query<{ id: string }>(
      `INSERT INTO account (account_name) VALUES ('other') RETURNING id`,
    );
    await make({ accountId: other?.id as string });
    const cancelled = await make();
    await deleteJobs(installation.database, [cancelled.id]);
    const failed = await make();
    await failBatch(installation.database.pool, failed.batchId, 'no');
    expect(await short()).toEqual([rule]);
  });

  test('also of short codes and GRAIs', async () => {
    const [account] = await query<{ id: string }>('SELECT id FROM account LIMIT 1');
    const [domain] = await query<{ id: string }>(
      'INSERT INTO domain (domain_name, account_id) VALUES ($1, $2) RETURNING id',
      ['rules.example', account?.id],
    );
    const grai = '/8003/00614141000012';
    await query('INSERT INTO product (id, account_id) VALUES ($1, $2)', [grai, account?.id]);
    const rules = [
      await addRule({ product: null, domain: domain?.id, type: 'short_code' }),
      await addRule({ product: grai, type: 'grai' }),
    ];
    expect(await short()).toEqual(rules.sort());
    await orderJob(installation.database, ring, {
      type: 'short_code',
      quantity: 100,
      domainId: domain?.id as string,
      domainName: 'rules.example',
    });
    await orderJob(installation.database, ring, { type: 'grai', quantity: 100, product: grai });
    expect(await short()).toEqual([]);
  });

  test('and not asked for while it is paused, or has failed and nobody tries again', async () => {
    const rule = await addRule({ error_message: 'no' });
    expect(await short()).toEqual([]);
    expect(await short(true)).toEqual([rule]);
    await query(`UPDATE replenishment_rule SET status = 'paused'`);
    expect(await short(true)).toEqual([]);
  });
});

describe('a rule that is short', () => {
  test('makes one job up to its target, and no other before that is used up', async () => {
    const userId = randomUUID();
    const rule = await addRule({ user_created: userId });
    const { sliceJobs } = await make({ quantity: 99 });
    const done = await fill(rule);
    if (done?.outcome !== 'made') throw new Error('no job');
    expect(done.quantity).toBe(201);
    const { last_job: job, error_message } = await readRule(rule);
    expect([job, error_message]).toEqual([done.job, null]);
    expect(done.sliceJobs).toEqual([
      expect.objectContaining({ job, queue: 'identifier-jobs', referenceId: `replenishment_rule/${rule}` }),
    ]);
    expect(
      await query(
        `SELECT j.user_created, j.type, j.product, j.domain, j.length, j.character_set, j.quantity, j.reference_id,
                j.sscc_start_serial::int, j.account_id = r.account AS same_account, b.link_host
           FROM identifier_job j JOIN batch b ON b.id = j.batch_id JOIN replenishment_rule r ON r.last_job = j.id
          WHERE j.id = $1`,
        [job],
      ),
    ).toEqual([
      {
        user_created: userId,
        type: 'sgtin',
        product: product(),
        domain: null,
        length: 6,
        character_set: 'numeric',
        quantity: 201,
        reference_id: `replenishment_rule/${rule}`,
        sscc_start_serial: 0,
        same_account: true,
        link_host: await onlyHost(),
      },
    ]);
    const { xmin } = await readRule(rule);
    expect(await fill(rule)).toBeUndefined();
    await runToTheEnd(installation.database, ring, [...sliceJobs, ...done.sliceJobs]);
    expect(await fill(rule)).toBeUndefined();
    expect((await readRule(rule)).xmin).toBe(xmin);
    expect(await query(`SELECT id FROM identifier_job WHERE product = $1`, [product()])).toHaveLength(2);
  });

  test('of a domain makes codes with its links', async () => {
    const [account] = await query<{ id: string }>('SELECT id FROM account LIMIT 1');
    const [domain] = await query<{ id: string }>(
      'INSERT INTO domain (domain_name, account_id) VALUES ($1, $2) RETURNING id',
      ['links.example', account?.id],
    );
    const rule = await addRule({ product: null, domain: domain?.id, type: 'short_code' });
    const done = await fill(rule);
    if (done?.outcome !== 'made') throw new Error('no job');
    const rows = await query(
      'SELECT j.domain, b.link_host FROM identifier_job j JOIN batch b ON b.id = j.batch_id WHERE j.id = $1',
      [done.job],
    );
    expect(rows).toEqual([{ domain: domain?.id, link_host: 'links.example' }]);
  });

  test('makes one job however many want to at once', async () => {
    const other = installation.connect();
    const rule = await addRule();
    const done = await Promise.all(
      Array.from({ length: 10 }, (_, i) => fill(rule, ring, i % 2 ? other : installation.database)),
    );
    expect(done.filter((one) => one !== undefined)).toHaveLength(1);
    expect(await query('SELECT quantity FROM identifier_job WHERE product = $1', [product()])).toEqual([
      { quantity: 300 },
    ]);
  });

  test('does nothing while it is paused, or when it is gone', async () => {
    const rule = await addRule({ status: 'paused' });
    const before = await allotmentState(installation.database.pool);
    expect(await fill(rule)).toBeUndefined();
    expect(await fill(randomUUID())).toBeUndefined();
    expect(await allotmentState(installation.database.pool)).toEqual(before);
  });

  test('whose worker is killed has made all or nothing', async () => {
    const rule = await addRule();
    await make({ quantity: 1 });
    const before = await allotmentState(installation.database.pool);
    const holder = await installation.connect().pool.connect();
    await holder.query('BEGIN');
    await holder.query('SELECT 1 FROM namespace WHERE key = $1 FOR UPDATE', [namespace.key]);
    const killed = fill(rule, ring, installation.connect());
    const refusal = killed.then(
      () => undefined,
      (error: unknown) => error,
    );
    // It has locked its rule by then, and waits for the namespace.
    await until('it is cut off', 10_000, async () => {
      const cut = await query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      return cut.length > 0;
    });
    expect(await refusal).toBeInstanceOf(Error);
    await holder.query('COMMIT');
    holder.release();
    expect(await allotmentState(installation.database.pool)).toEqual(before);
    expect(await readRule(rule)).toMatchObject({ last_job: null, error_message: null });
    expect(await fill(rule)).toMatchObject({ outcome: 'made', quantity: 299 });
  });
});

describe('a rule that cannot be met', () => {
  /** What it says, that it says it once, and that nothing else has changed. */
  async function refusalOf(rule: string, using = ring): Promise<string> {
    const before = await allotmentState(installation.database.pool);
    const done = await fill(rule, using);
    const { error_message: reason, xmin } = await readRule(rule);
    expect(done).toEqual({ outcome: 'refused', reason, isNews: true });
    expect(await fill(rule, using)).toEqual({ outcome: 'refused', reason, isNews: false });
    expect((await readRule(rule)).xmin).toBe(xmin);
    expect(await allotmentState(installation.database.pool)).toEqual(before);
    return reason as string;
  }

  test('as the space is used up says so, until another length has room', async () => {
    const rule = await addRule();
    await leaveOnly(20);
    expect(await refusalOf(rule)).toBe(
      'quantity: 300 codes are asked for, but only 20 are left in this space. Length 7 would do.',
    );
    await query('UPDATE replenishment_rule SET length = 7 WHERE id = $1', [rule]);
    expect(await fill(rule)).toMatchObject({ outcome: 'made', quantity: 300 });
    expect(await readRule(rule)).toMatchObject({ error_message: null });
  });

  test('says nothing more when somebody else has made enough', async () => {
    const rule = await addRule();
    await leaveOnly(150);
    await refusalOf(rule);
    await make({ quantity: 150 });
    expect(await short()).toEqual([rule]);
    expect(await fill(rule)).toBeUndefined();
    expect(await readRule(rule)).toMatchObject({ error_message: null, last_job: null });
    expect(await short()).toEqual([]);
  });

  test('as a policy forbids it says what would do', async () => {
    const rule = await addRule();
    const [policy] = await query<{ id: string }>(
      `INSERT INTO issuing_policy (account, product, max_guess_probability)
       SELECT account, product, 0.0001 FROM replenishment_rule WHERE id = $1 RETURNING id`,
      [rule],
    );
    expect(await refusalOf(rule)).toMatch(/^length: .*Length 7/);
    await query('DELETE FROM issuing_policy WHERE id = $1', [policy?.id]);
    expect(await fill(rule)).toMatchObject({ outcome: 'made', quantity: 300 });
    expect(await readRule(rule)).toMatchObject({ error_message: null });
  });

  test('as a key is missing says which', async () => {
    const rule = await addRule();
    await order(installation.database, ringOf(1, 2), namespace, { quantity: 5 });
    expect(await refusalOf(rule)).toMatch('aster key version 2 is missing');
    await expect(make()).rejects.toThrow(PoolKeyError);
    expect(await fill(rule, ringOf(1, 2))).toMatchObject({ outcome: 'made' });
    expect(await readRule(rule)).toMatchObject({ error_message: null });
  });

  test('as a job would be too large says how large it may be', async () => {
    const rule = await addRule({ length: 9, target: 2_000_000 });
    await make({ length: 9, quantity: 10 });
    expect(await refusalOf(rule)).toBe(
      'target: 1999990 codes are missing, and a job makes at most 1000000: value has to be less than or equal to "1000010" at first.',
    );
    await query('UPDATE replenishment_rule SET target = 1000010 WHERE id = $1', [rule]);
    expect(await fill(rule)).toMatchObject({ outcome: 'made', quantity: 1_000_000 });
  });

  test('for its type says what a product would have to be', async () => {
    const rule = await addRule({ type: 'grai' });
    expect(await refusalOf(rule)).toMatch(/^product: A job of type "grai" needs a product/);
  });

  test('as its job failed uses up no more numbers before it is updated', async () => {
    const rule = await addRule();
    const done = await fill(rule);
    if (done?.outcome !== 'made') throw new Error('no job');
    await failBatch(
      installation.database.pool,
      BigInt(done.sliceJobs[0]?.batchId as string),
      'The key is gone.',
    );
    expect(await refusalOf(rule)).toBe(
      `last_job: The job "${done.job}" of this rule failed: The key is gone. When the cause is gone, update the rule (its status to "active" will do), and it makes the next one.`,
    );
    await query('UPDATE replenishment_rule SET date_updated = now() WHERE id = $1', [rule]);
    expect(await fill(rule)).toMatchObject({ outcome: 'made', quantity: 300 });
    expect(await readRule(rule)).toMatchObject({ error_message: null });
  });

  test('as the database is in the way is left to the next round', async () => {
    const rule = await addRule();
    await query(`CREATE FUNCTION away() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'away' USING ERRCODE = '57P03'; END $$`);
    await query('CREATE TRIGGER away BEFORE UPDATE ON replenishment_rule EXECUTE FUNCTION away()');
    const before = await allotmentState(installation.database.pool);
    await expect(fill(rule)).rejects.toThrow('away');
    await query('DROP TRIGGER away ON replenishment_rule');
    expect(await allotmentState(installation.database.pool)).toEqual(before);
    expect(await readRule(rule)).toMatchObject({ error_message: null, last_job: null });
    expect(await fill(rule)).toMatchObject({ outcome: 'made', quantity: 300 });
  });
});

/** Host of the links of the first account, which has one domain or more by then, or none. */
async function onlyHost(): Promise<string> {
  const rows = await query<{ domain_name: string }>('SELECT domain_name FROM domain');
  return rows.length === 1 ? (rows[0]?.domain_name as string) : 'id.gs1.org';
}
