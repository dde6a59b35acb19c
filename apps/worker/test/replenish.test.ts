import { failBatch } from '@codemint/db';
import { QUEUE_NAMES } from '@codemint/shared';
import { type Logger, pino } from 'pino';
import { checkDatabase } from '../../../tests/support/checkDatabase';
import { until } from '../../../tests/support/until';
import type { WorkerContext } from '../dist/context';
import { replenishAll, startReplenishment } from '../dist/replenish';
import { SLICE_SIZE, Workshop, work } from './support';

interface RuleRow {
  last_job: string | null;
  error_message: string | null;
}

describe('the rules', () => {
  let workshop: Workshop;
  let context: WorkerContext;
  let product: string;
  /** What the worker has told: level, text and fields of its lines. */
  let lines: Record<string, unknown>[];
  beforeEach(async () => {
    workshop = await Workshop.open();
    product = await workshop.addProduct();
    lines = [];
    context = logging(workshop.context());
  });
  afterEach(() => workshop.close());

  /** The same worker, whose log this test reads. */
  function logging(of: WorkerContext): WorkerContext {
    const log: Logger = pino({ level: 'info' }, { write: (line: string) => lines.push(JSON.parse(line)) });
    return { ...of, log };
  }

  const round = (using = context, withFailing = true) => replenishAll(using, { withFailing });
  const queued = () => context.queue.counts(QUEUE_NAMES.identifierJobs);
  const logged = (text: string) => lines.filter(({ msg }) => msg === text);

  async function query<Row>(text: string, values: unknown[] = []): Promise<Row[]> {
    return (await workshop.database.pool.query(text, values)).rows as Row[];
  }

  /** A rule for 2,000 to 3,000 codes of a product. */
  async function addRule(
    fields: { product?: string; length?: number; target?: number } = {},
  ): Promise<string> {
    const values = [fields.product ?? product, fields.length ?? 8, fields.target ?? 3 * SLICE_SIZE];
    const [rule] = await query<{ id: string }>(
      `INSERT INTO replenishment_rule (account, product, length, minimum, target)
       SELECT account_id, id, $2, ${2 * SLICE_SIZE}, $3 FROM product WHERE id = $1 RETURNING id`,
      values,
    );
    return rule?.id as string;
  }

  const ruleRow = async (id: string) =>
    (await query<RuleRow>('SELECT last_job, error_message FROM replenishment_rule WHERE id = $1', [id]))[0];

  const batchOf = async (job: unknown) =>
    (await query<{ batch_id: bigint }>('SELECT batch_id FROM identifier_job WHERE id = $1', [job]))[0]
      ?.batch_id as bigint;

  test('a round makes the jobs that are lacking, tells the queue and the log of them, once', async () => {
    const rules = [await addRule(), await addRule({ product: await workshop.addProduct() })].sort();
    await round();
    await round();
    expect(await queued()).toMatchObject({ prioritized: 6 });
    const jobs = await Promise.all(rules.map(async (rule) => (await ruleRow(rule))?.last_job));
    expect(lines).toMatchObject(
      rules.map((rule, i) => ({ level: 30, rule, job: jobs[i], quantity: 3 * SLICE_SIZE })),
    );
    work(context);
    for (const job of jobs) await workshop.untilBatch(await batchOf(job), 'complete');
    await round();
    expect(await query('SELECT id FROM identifier_job')).toHaveLength(2);
    await checkDatabase(workshop.backend.connectionString);
  });

  test('workers that look at the same time make one job', async () => {
    const rule = await addRule();
    const others = [workshop.context(), workshop.context()];
    await Promise.all([round(), ...others.map((other) => round(other))]);
    expect(await query('SELECT quantity FROM identifier_job')).toEqual([{ quantity: 3 * SLICE_SIZE }]);
    expect(await ruleRow(rule)).toMatchObject({ error_message: null });
  });

  test('without a queue the job is made, and is the sweep’s', async () => {
    const rule = await addRule();
    await round(logging(workshop.context({ redisUrl: 'redis://127.0.0.1:1' })));
    const { last_job: job } = (await ruleRow(rule)) as RuleRow;
    const slices = await workshop.slices(await batchOf(job));
    expect(slices.map(({ state, attempt }) => [state, attempt])).toEqual(Array(3).fill(['open', 0]));
    expect(logged('slices wait for the sweep to enqueue them')).toHaveLength(1);
  });

  test('what cannot be met is told once, in the rule and the log, and does not keep others from theirs', async () => {
    const rules = [await addRule({ target: 2_000_000 }), await addRule({ length: 9 })];
    for (let i = 0; i < 3; i++) await round();
    await round(context, false);
    expect(logged('a rule cannot be met')).toEqual([
      expect.objectContaining({
        level: 40,
        rule: rules[0],
        reason: expect.stringContaining('a job makes at most 1000000'),
      }),
    ]);
    const [failing, other] = await Promise.all(rules.map(ruleRow));
    expect(failing?.error_message).toBe(logged('a rule cannot be met')[0]?.reason);
    expect(other).toMatchObject({ error_message: null, last_job: expect.any(String) });
    await query('UPDATE replenishment_rule SET target = 3000 WHERE id = $1', [rules[0]]);
    await round(context, false);
    expect(await ruleRow(rules[0] as string)).toMatchObject({ last_job: null });
    await round();
    expect(await ruleRow(rules[0] as string)).toMatchObject({
      last_job: expect.any(String),
      error_message: null,
    });
  });

  test('a job that failed is not made again and again', async () => {
    const rule = await addRule();
    await round();
    const { last_job: job } = (await ruleRow(rule)) as RuleRow;
    await failBatch(workshop.database.pool, await batchOf(job), 'A key is gone.');
    for (let i = 0; i < 3; i++) await round();
    expect(await query('SELECT id FROM identifier_job')).toEqual([{ id: job }]);
    expect((await ruleRow(rule))?.error_message).toMatch(
      `The job "${job}" of this rule failed: A key is gone.`,
    );
  });

  test('an error that is nobody’s rule spoils the one, not the others', async () => {
    const rules = [await addRule({ length: 9 }), await addRule({ length: 10 })].sort();
    await query(`CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN IF NEW.reference_id LIKE '%${rules[0]}' THEN RAISE EXCEPTION 'spoilt'; END IF; RETURN NEW; END $$`);
    await query('CREATE TRIGGER spoil BEFORE INSERT ON identifier_job FOR EACH ROW EXECUTE FUNCTION spoil()');
    await expect(round()).rejects.toThrow('spoilt');
    expect(await ruleRow(rules[0] as string)).toEqual({ last_job: null, error_message: null });
    expect(await ruleRow(rules[1] as string)).toMatchObject({ last_job: expect.any(String) });
  });

  test('a worker that is told to stop ends the rule at hand', async () => {
    await addRule();
    await addRule({ length: 9 });
    const stopping = new AbortController();
    const queue = Object.create(context.queue, {
      add: { value: async () => stopping.abort() },
    });
    await replenishAll({ ...context, queue }, { withFailing: true, signal: stopping.signal });
    expect(await query('SELECT id FROM identifier_job')).toHaveLength(1);
  });

  test('rounds go on by themselves, by one worker of several, until they are stopped', async () => {
    const stops = [context, workshop.context(), workshop.context()].map(startReplenishment);
    try {
      const rule = await addRule();
      await until('a job is made', 15_000, async () => (await ruleRow(rule))?.last_job != null);
      expect(await query('SELECT task FROM schedule ORDER BY task')).toEqual([
        { task: 'replenishment' },
        { task: 'replenishment of failing rules' },
      ]);
    } finally {
      await Promise.all(stops.map((stop) => stop()));
    }
    expect(await query('SELECT id FROM identifier_job')).toHaveLength(1);
  });
});
