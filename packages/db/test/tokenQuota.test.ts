import { randomUUID } from 'node:crypto';
import { QuotaExceededError } from '@codemint/shared';
import {
  countPoints,
  createJobs,
  createOrder,
  keyedRequest,
  removeExpiredCounts,
  type TokenQuota,
} from '../src';
import { generated, newOrder } from './ordersSupport';
import { allotmentState, LIMITS, newJob, ringOf, runToTheEnd, useProduct } from './support';

const ring = ringOf(1);
const { installation, namespace } = useProduct();

let quota: TokenQuota;
beforeEach(() => {
  quota = { tokenId: randomUUID(), jobsRunning: 0, codesPerDay: 0 };
});

/** Jobs of these quantities, by the token of the test. */
function ask(quantities: readonly number[], limits: Partial<TokenQuota>, database = installation.database) {
  const jobs = quantities.map((quantity) => newJob({ product: `/01/${namespace.key}`, quantity }));
  return createJobs(database, ring, jobs, { ...LIMITS, quota: { ...quota, ...limits } });
}

const SHORT = { short: { domain: 'q.example', defaultRedirectUrl: 'https://a.example' } };

/** An order of generated codes, by the token of the test. */
function order(codes: number, limits: Partial<TokenQuota>, overrides: Parameters<typeof newOrder>[0] = {}) {
  const wanted = newOrder({ codes: generated(codes), ...overrides });
  return createOrder(installation.database, ring, wanted, { sliceSize: 100, quota: { ...quota, ...limits } });
}

/** What is refused, which must have changed nothing. */
async function refusalOf(request: () => Promise<unknown>): Promise<QuotaExceededError> {
  const state = async () => [await allotmentState(installation.database.pool), await usedToday()];
  const before = await state();
  const refusal: unknown = await request().catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(QuotaExceededError);
  expect(await state()).toEqual(before);
  return refusal as QuotaExceededError;
}

/** Of the token of the test; undefined if nothing was ever counted. */
async function usedToday(): Promise<number | undefined> {
  const { rows } = await installation.database.pool.query<{ codes: bigint }>(
    `SELECT codes FROM token_use WHERE token_id = $1 AND day = (now() AT TIME ZONE 'utc')::date`,
    [quota.tokenId],
  );
  return rows[0] && Number(rows[0].codes);
}

async function setUse(day: string, codes: number): Promise<void> {
  await installation.database.pool.query(
    `INSERT INTO token_use VALUES ($1, ${day}, $2) ON CONFLICT (token_id) DO UPDATE
        SET day = excluded.day, codes = excluded.codes`,
    [quota.tokenId, codes],
  );
}

describe('codes a day', () => {
  test('are counted until the limit; what passes it is refused as a whole and counts nothing', async () => {
    const limits = { codesPerDay: 1_000 };
    await ask([300, 400], limits);
    const { message, retryAfterSeconds } = await refusalOf(() => ask([200, 101], limits));
    expect(message).toBe(
      'A token may ask for 1,000 codes a day. This one has asked for 700 since midnight UTC, and this request asks for 301 more: 300 are left until the next midnight UTC.',
    );
    const left = 86_400 - ((Date.now() / 1_000) % 86_400);
    expect(retryAfterSeconds % 86_400).toBeCloseTo(left % 86_400, -1);
    await ask([300], limits);
    await refusalOf(() => ask([1], limits));
    expect(await usedToday()).toBe(1_000);
  });

  test('are those of one token', async () => {
    await ask([100], { codesPerDay: 100 });
    await ask([100], { codesPerDay: 100, tokenId: randomUUID() });
  });

  test('begin anew at midnight UTC, and a request that has waited over it does not turn the day back', async () => {
    const today = `(now() AT TIME ZONE 'utc')::date`;
    await setUse(`${today} - 1`, 100);
    await ask([60], { codesPerDay: 100 });
    expect(await usedToday()).toBe(60);
    await setUse(`${today} + 1`, 90);
    await refusalOf(() => ask([11], { codesPerDay: 100 }));
    await setUse(`${today} - 1`, 1);
    await removeExpiredCounts(installation.database.pool);
    const { rows } = await installation.database.pool.query('SELECT 1 FROM token_use WHERE token_id = $1', [
      quota.tokenId,
    ]);
    expect(rows).toEqual([]);
  });

  test('of many requests at once, in two processes, exactly as many pass as the limit allows', async () => {
    const other = installation.connect();
    const asked = Array.from({ length: 30 }, (_, i) =>
      ask([10], { codesPerDay: 100 }, i % 2 ? other : installation.database).then(
        () => 'made',
        (error: unknown) => (error instanceof QuotaExceededError ? 'refused' : error),
      ),
    );
    const outcomes = await Promise.all(asked);
    expect(outcomes.filter((outcome) => outcome === 'made')).toHaveLength(10);
    expect(outcomes.filter((outcome) => outcome === 'refused')).toHaveLength(20);
    expect(await usedToday()).toBe(100);
  });

  test('a repeated request counts once', async () => {
    const job = newJob({ product: `/01/${namespace.key}`, quantity: 60 });
    const keyed = keyedRequest(randomUUID(), randomUUID(), 'POST /x', {});
    const limits = { ...LIMITS, quota: { ...quota, codesPerDay: 100 } };
    const first = await createJobs(installation.database, ring, [job], limits, keyed);
    const again = await createJobs(installation.database, ring, [job], limits, keyed);
    expect(again.ids).toEqual(first.ids);
    expect(await usedToday()).toBe(60);
  });

  test('of an order are its codes and its short codes', async () => {
    await order(20, { codesPerDay: 50 }, SHORT);
    expect(await usedToday()).toBe(40);
    await refusalOf(() => order(6, { codesPerDay: 50 }, SHORT));
    await order(10, { codesPerDay: 50 });
  });
});

describe('jobs running', () => {
  test('are those that are not done, and the message tells how many', async () => {
    const limits = { jobsRunning: 3 };
    const { sliceJobs } = await ask([5, 5], limits);
    const { message, retryAfterSeconds } = await refusalOf(() => ask([5, 5], limits));
    expect(message).toBe(
      'A token may have 3 jobs and orders that are not done. With this request this one would have 4: try again when some of them are done.',
    );
    expect(retryAfterSeconds).toBe(5);
    await ask([5], limits);
    await refusalOf(() => ask([5], limits));
    await runToTheEnd(installation.database, ring, sliceJobs);
    await ask([5, 5], limits);
  });

  test('are orders too, and one with short codes counts once', async () => {
    await order(1, { jobsRunning: 3 }, SHORT);
    const ids = { codes: { kind: 'supplied', ids: [randomUUID()] } } as const;
    await order(1, { jobsRunning: 3 }, ids);
    await ask([1], { jobsRunning: 3 });
    await refusalOf(() => order(1, { jobsRunning: 3 }));
  });

  test('of many requests at once, in two processes, exactly as many pass as the limit allows', async () => {
    const other = installation.connect();
    const products = await Promise.all(Array.from({ length: 4 }, () => installation.addProduct()));
    const asked = Array.from({ length: 30 }, (_, i) => {
      const job = newJob({ product: `/01/${products[i % 4]?.key}`, quantity: 1 });
      const limits = { ...LIMITS, quota: { ...quota, jobsRunning: 7 } };
      return createJobs(i % 2 ? other : installation.database, ring, [job], limits).then(
        () => 'made',
        (error: unknown) => (error instanceof QuotaExceededError ? 'refused' : error),
      );
    });
    const outcomes = await Promise.all(asked);
    expect(outcomes.filter((outcome) => outcome === 'made')).toHaveLength(7);
    expect(outcomes.filter((outcome) => outcome === 'refused')).toHaveLength(23);
  });
});

test('without limits nothing is counted, but a batch knows its token', async () => {
  const { sliceJobs } = await ask([5], {});
  expect(await usedToday()).toBeUndefined();
  const { rows } = await installation.database.pool.query('SELECT token_id FROM batch WHERE id = $1', [
    sliceJobs[0]?.batchId,
  ]);
  expect(rows).toEqual([{ token_id: quota.tokenId }]);
});

describe('points', () => {
  const count = (key: string, points: number, more = {}) =>
    countPoints(installation.database.pool, { key, points, windowMs: 60_000, limit: 10, ...more });
  const end = (key: string) =>
    installation.database.pool.query('UPDATE rate_limit SET expire = 1 WHERE key = $1', [key]);

  test('are summed up in a window, which begins anew when it is over', async () => {
    const key = randomUUID();
    expect(await count(key, 4)).toEqual({ before: 0, leftMs: expect.closeTo(60_000, -2) });
    expect((await count(key, 0)).before).toBe(4);
    expect((await count(key, 5)).before).toBe(4);
    await end(key);
    expect((await count(key, 1)).before).toBe(0);
  });

  test('that reach the limit may block for longer, once', async () => {
    const key = randomUUID();
    await count(key, 9, { blockMs: 600_000 });
    expect((await count(key, 1, { blockMs: 600_000 })).leftMs).toBeGreaterThan(590_000);
    expect(await count(key, 5, { blockMs: 900_000 })).toEqual({
      before: 10,
      leftMs: expect.closeTo(600_000, -3),
    });
  });

  test('never pass what the column holds', async () => {
    const key = randomUUID();
    for (let i = 0; i < 3; i++) await count(key, 1_500_000_000);
    expect((await count(key, 0)).before).toBe(2_000_000_000);
  });

  test('are all counted, whoever counts', async () => {
    const key = randomUUID();
    const other = installation.connect();
    const counted = await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        countPoints((i % 2 ? other : installation.database).pool, {
          key,
          points: 1,
          windowMs: 60_000,
          limit: 100,
        }),
      ),
    );
    expect(counted.map(({ before }) => before).sort((a, b) => a - b)).toEqual([...Array(200).keys()]);
  });

  test('that are over are removed', async () => {
    const [over, kept] = [randomUUID(), randomUUID()];
    await count(over, 1);
    await count(kept, 1);
    await end(over);
    await removeExpiredCounts(installation.database.pool);
    const { rows } = await installation.database.pool.query(
      'SELECT key FROM rate_limit WHERE key = ANY ($1)',
      [[over, kept]],
    );
    expect(rows).toEqual([{ key: kept }]);
  });
});
