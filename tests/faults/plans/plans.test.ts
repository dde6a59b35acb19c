import { whyNoRedis } from '../../support/redis';
import { plansOf, runPlans } from './many';
import type { Report } from './run';
import { table } from './table';

/** More by `npm run faults`. */
const PLANS = 20;
const LIMIT_MS = 15 * 60_000;

const reason = whyNoRedis();
if (reason !== undefined)
  process.stderr.write(`skipped: faults of Redis, all plans on Postgres: ${reason}\n`);
const wanted = { plans: PLANS, seed: 1, ...(reason !== undefined && { queue: 'postgres' as const }) };

describe('faults by plan', () => {
  const reports = new Map<number, Report>();
  beforeAll(async () => {
    await runPlans(wanted, (report) => reports.set(report.plan.seed, report));
    process.stderr.write(`${table([...reports.values()])}\n`);
  }, LIMIT_MS);

  test.each(plansOf(wanted))('seed $seed, the queue in $queue: nothing is lost', ({ seed }) => {
    const { found, losses } = reports.get(seed) ?? {};
    expect(found).toEqual([]);
    expect(losses).toEqual({ requests: 0, codes: 0, twice: 0 });
  });
});
