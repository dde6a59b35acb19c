import { randomUUID } from 'node:crypto';
import { type KeyRing, ValidationError } from '@codemint/shared';
import { companyPrefixLengthOf, type Database, FIRST_ACCOUNT_ID, type NamespaceKey, policyOf } from '../src';
import { accept, complete, generated, productOf, supplied } from './ordersSupport';
import { allotmentState, order, orderJob, readBatch, ringOf, runToTheEnd, useInstallation } from './support';

const installation = useInstallation('test');
let database: Database;
let namespace: NamespaceKey;
let ring: KeyRing;

beforeEach(async () => {
  database = installation.database;
  ring = ringOf(1);
  namespace = await installation.addProduct();
});

const limit = (most: number, product: string | null = null, accountId = FIRST_ACCOUNT_ID) =>
  database.pool.query(
    `INSERT INTO issuing_policy (account, product, max_guess_probability) VALUES ($1, $2, $3)
         ON CONFLICT ON CONSTRAINT issuing_policy_subject_key DO UPDATE SET max_guess_probability = $3`,
    [accountId, product, most],
  );

const ask = (overrides: Parameters<typeof order>[3], using = database) =>
  order(using, ring, namespace, overrides);

/** The one issue for which a request is refused; it changed nothing. */
async function refusalOf(request: () => Promise<unknown>): Promise<unknown> {
  const before = await allotmentState(database.pool);
  const error: unknown = await request().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ValidationError);
  expect(await allotmentState(database.pool)).toEqual(before);
  const { issues } = error as ValidationError;
  expect(issues).toHaveLength(1);
  return issues[0];
}

const product = () => `/01/${namespace.key}`;

test('a product’s own policy comes before that of its account', async () => {
  const policy = (of: string | null, accountId = FIRST_ACCOUNT_ID) =>
    policyOf(database.pool, { accountId, product: of });
  expect(await policy(product())).toBeNull();
  await limit(0.001);
  expect(await policy(product())).toBe(0.001);
  expect(await policy(null)).toBe(0.001);
  await limit(0.5, product());
  expect(await policy(product())).toBe(0.5);
  expect(await policy('/01/00000000000024')).toBe(0.001);
  expect(await policy(null, randomUUID())).toBeNull();
});

test('what a policy does not say is said by that of the account, or by none', async () => {
  const { pool } = database;
  const said = async (of: string | null, accountId = FIRST_ACCOUNT_ID) => [
    await policyOf(pool, { accountId, product: of }),
    await companyPrefixLengthOf(pool, { accountId, product: of }),
  ];
  const say = (of: string | null, most: number | null, length: number | null) =>
    pool.query(
      `INSERT INTO issuing_policy (account, product, max_guess_probability, company_prefix_length)
       VALUES ($1, $2, $3, $4) ON CONFLICT ON CONSTRAINT issuing_policy_subject_key
           DO UPDATE SET max_guess_probability = $3, company_prefix_length = $4`,
      [FIRST_ACCOUNT_ID, of, most, length],
    );
  expect(await said(product())).toEqual([null, null]);
  await say(product(), null, 9);
  expect(await said(product())).toEqual([null, 9]);
  await ask({ quantity: 500_000 });
  await say(null, 0.25, 7);
  expect(await said(product())).toEqual([0.25, 9]);
  expect(await said(null)).toEqual([0.25, 7]);
  expect(await said(product(), randomUUID())).toEqual([null, 9]);
  await refusalOf(() => ask({ quantity: 1 }));
  await say(product(), 1, null);
  expect(await said(product())).toEqual([1, 7]);
  await ask({ quantity: 1 });
  await say(null, null, 12);
  expect(await said('/01/00000000000024')).toEqual([null, 12]);
});

test.each([
  [null, null, 'issuing_policy_content_check'],
  [0.5, 3, 'issuing_policy_prefix_check'],
  [null, 13, 'issuing_policy_prefix_check'],
  [0, 7, 'issuing_policy_probability_check'],
])('a policy of %s and %s breaks %s', async (most, length, constraint) => {
  const insert = database.pool.query(
    `INSERT INTO issuing_policy (account, max_guess_probability, company_prefix_length) VALUES ($1, $2, $3)`,
    [FIRST_ACCOUNT_ID, most, length],
  );
  await expect(insert).rejects.toThrow(constraint);
});

test('without a policy a space may be used up', async () => {
  await ask({ quantity: 1_000_000 });
});

test('a job that would pass the limit is refused with the numbers and the length that would do', async () => {
  await limit(1e-4);
  await ask({ quantity: 70 });
  expect(await refusalOf(() => ask({ quantity: 250 }))).toEqual({
    field: 'length',
    rule: 'guess_probability',
    message:
      'A guess would hit a code that was given out with a chance of 1 in 3,125, and the policy allows 1 in 10,000. ' +
      '30 more codes of this kind would still do. Length 7 would do.',
    valid: 7,
  });
  await ask({ quantity: 30 });
  expect(await refusalOf(() => ask({ quantity: 1 }))).toMatchObject({
    message: expect.stringContaining(' 1 in 10,000. No more codes of this kind would do. Length 7 would do.'),
  });
  await ask({ quantity: 250, length: 7 });
});

test('a job counts for every set of characters that its codes could be read as', async () => {
  await ask({ quantity: 500_000 });
  await limit(0.1);
  expect(await refusalOf(() => ask({ characterSet: 'alphanumeric', quantity: 1 }))).toMatchObject({
    message: expect.stringContaining('with a chance of 50 %, and the policy allows 1 in 10.'),
    valid: 7,
  });
  await ask({ characterSet: 'alphanumeric', quantity: 1, length: 7 });
  await limit(0.6);
  await ask({ characterSet: 'alphanumeric', quantity: 1 });
});

test('where no length does another set of characters is named, if one does', async () => {
  await limit(1e-20);
  expect(await refusalOf(() => ask({ quantity: 1 }))).toMatchObject({
    message: expect.stringMatching(/ 1 in 100,000,000,000,000,000,000\. .* Length 20 would do\.$/),
  });
  expect(await refusalOf(() => ask({ quantity: 2 }))).toEqual({
    field: 'length',
    rule: 'guess_probability',
    message: expect.stringMatching(
      /No length of these characters would do; character set \S+ with length 1\d would\.$/,
    ),
  });
  for (const [most, told] of [
    [1e-60, 'allows 1 in 1e60.'],
    [3e-301, 'allows 1 in 3.33333e300.'],
    [5e-324, 'allows less than 1 in 1e308.'],
  ] as const) {
    await limit(most);
    expect(await refusalOf(() => ask({ quantity: 1 }))).toMatchObject({
      message: expect.stringContaining(
        `${told} No more codes of this kind would do. No length of these characters would do.`,
      ),
    });
  }
});

test('supplied ids are never refused, but they count', async () => {
  await limit(1e-4);
  const ids = Array.from({ length: 80 }, (_, i) => String(900_000 + i));
  const accepted = await accept(database, ring, { product: productOf(namespace), codes: supplied(...ids) });
  await complete(database, ring, accepted);
  expect(await refusalOf(() => ask({ quantity: 21 }))).toMatchObject({
    message: expect.stringContaining(' 20 more codes '),
  });
  await ask({ quantity: 20 });
});

test('an order is refused in its own words, its short ids by the policy of the account', async () => {
  await limit(1e-4, product());
  const tooMany = generated(20_000, { characterSet: 'numeric' });
  expect(
    await refusalOf(() => accept(database, ring, { product: productOf(namespace), codes: tooMany })),
  ).toEqual({
    field: 'idGeneration.length',
    rule: 'guess_probability',
    message: expect.stringContaining(
      ' 1 in 5,000, and the policy allows 1 in 10,000. 10,000 more codes of this kind would still do. Length 9 ',
    ),
    valid: 9,
  });
  await accept(database, ring, {
    product: productOf(namespace),
    codes: { ...tooMany, length: 9 },
    short: { domain: 'short.example', defaultRedirectUrl: 'https://x.example/' },
  });
  // Now there are 20,000 short ids, of 47^8.
  await limit(1e-9);
  const short = { domain: 'short.example', defaultRedirectUrl: 'https://x.example/' };
  const ids = Array.from({ length: 4_000 }, (_, i) => `id-${i}`);
  expect(await refusalOf(() => accept(database, ring, { codes: supplied(...ids), short }))).toEqual({
    field: 'metadata.shortDomain',
    rule: 'guess_probability',
    message: expect.stringMatching(/ 3,811 more codes .* Another short domain would do\.$/),
  });
  await accept(database, ring, { codes: supplied(...ids), short: { ...short, domain: 'other.example' } });
});

test('short code jobs go by the policy of the account, SSCCs by none', async () => {
  await limit(1, product());
  await limit(1e-12);
  const job = { type: 'short_code', domainName: 'x.example', quantity: 1, product: product() } as const;
  expect(await refusalOf(() => orderJob(database, ring, job))).toMatchObject({ valid: 12 });
  await orderJob(database, ring, { type: 'sscc', ssccCompanyPrefix: '931234512345', quantity: 10_000 });
  await ask({ quantity: 1_000_000 });
});

test('a batch that skips left short gets the rest all the same', async () => {
  await ask({ quantity: 1_000_000, length: 7 });
  await limit(0.1002);
  const rotated = ringOf(1, 2);
  const job = await order(database, rotated, namespace, { quantity: 2_000, length: 7 });
  await runToTheEnd(database, rotated, job.sliceJobs);
  expect(await readBatch(database.pool, job.batchId)).toMatchObject({
    status: 'complete',
    quantity_created: 2_000,
  });
  const { rows } = await database.pool.query('SELECT sum(next_index) AS given FROM pool');
  expect(Number(rows[0].given)).toBeGreaterThan(1_002_000);
});

test('of jobs and orders that race for the last codes of a policy as many get them as it allows', async () => {
  await limit(200 / 1e8);
  const other = installation.connect();
  const asked = Array.from({ length: 12 }, (_, i) => {
    const using = i % 2 === 0 ? database : other;
    if (i % 3 > 0) return ask({ quantity: 40, length: 8 }, using);
    const codes = generated(40, { characterSet: 'numeric' });
    return accept(using, ring, { product: productOf(namespace), codes });
  });
  const outcomes = await Promise.allSettled(asked);
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(ValidationError);
  }
  const { rows } = await database.pool.query('SELECT next_index FROM pool');
  expect(rows).toEqual([{ next_index: 200n }]);
});

test('of two jobs at once one fits', async () => {
  await limit(150 / 1e6);
  const other = installation.connect();
  for (let round = 0; round < 5; round++) {
    namespace = await installation.addProduct();
    const outcomes = await Promise.allSettled([
      ask({ quantity: 100 }, database),
      ask({ quantity: 100 }, other),
    ]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const refused = outcomes.find((one) => one.status === 'rejected');
    expect(refused?.reason).toMatchObject({ issues: [{ rule: 'guess_probability' }] });
  }
});
