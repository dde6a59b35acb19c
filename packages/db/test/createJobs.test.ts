import { randomUUID } from 'node:crypto';
import { KeyRing, NotUniqueError, PoolKeyError, ValidationError } from '@codemint/shared';
import { createJobs, type NamespaceKey, planJob } from '../src';
import {
  allotmentState,
  LIMITS,
  masterKey,
  newJob,
  order,
  orderJob,
  ringOf,
  useInstallation,
} from './support';

const ring = ringOf(1);
const installation = useInstallation();
let namespaces: NamespaceKey[];

beforeEach(async () => {
  namespaces = await Promise.all([1, 2, 3].map(() => installation.addProduct()));
});

const create = (jobs: Parameters<typeof newJob>[0][], using = ring, database = installation.database) =>
  createJobs(database, using, jobs.map(newJob), LIMITS);

const productOf = (i: number) => `/01/${namespaces[i]?.key}`;

/** What a request throws, which must have changed nothing. */
async function refusalOf(request: () => Promise<unknown>): Promise<unknown> {
  const before = await allotmentState(installation.database.pool);
  const refusal: unknown = await request().then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(await allotmentState(installation.database.pool)).toEqual(before);
  return refusal;
}

test('ids come in the order of the jobs, those that were given included', async () => {
  const id = randomUUID();
  const { ids, sliceJobs } = await create([
    { product: productOf(2), quantity: 3 },
    { product: productOf(0), quantity: 4, id },
    { product: productOf(1), quantity: 5, referenceId: 'R' },
  ]);
  expect(ids[1]).toBe(id);
  const { rows } = await installation.database.pool.query(
    'SELECT id, quantity FROM identifier_job WHERE id = ANY ($1::uuid[])',
    [ids],
  );
  expect(ids.map((one) => rows.find((row) => row.id === one)?.quantity)).toEqual([3, 4, 5]);
  expect(sliceJobs.map(({ job }) => job).sort()).toEqual([...ids].sort());
  expect(sliceJobs.find(({ job }) => job === ids[2])?.referenceId).toBe('R');
});

test('an id that exists is refused, and the jobs beside it', async () => {
  const id = randomUUID();
  await create([{ product: productOf(0), id }]);
  const refusal = await refusalOf(() => create([{ product: productOf(1) }, { product: productOf(0), id }]));
  expect(refusal).toBeInstanceOf(NotUniqueError);
  expect(refusal).toMatchObject({ collection: 'identifier_job', field: 'id', value: id });
  const twice = randomUUID();
  expect(
    await refusalOf(() =>
      create([
        { product: productOf(1), id: twice },
        { product: productOf(2), id: twice },
      ]),
    ),
  ).toBeInstanceOf(NotUniqueError);
});

test('requests for the same products in opposite orders all pass', async () => {
  const other = installation.connect();
  const forwards = [0, 1, 2].map((i) => ({ product: productOf(i), quantity: 2 }));
  const answers = await Promise.all(
    [...Array(16).keys()].map((i) =>
      create(i % 2 ? forwards : [...forwards].reverse(), ring, i % 4 < 2 ? installation.database : other),
    ),
  );
  expect(answers.flatMap(({ ids }) => ids)).toHaveLength(48);
});

test('a product that does not exist any more leaves nothing behind', async () => {
  expect(await refusalOf(() => create([{ product: '/01/00000000999993' }]))).toBeInstanceOf(Error);
});

test('without the key of its pool, or with another one, no code is given out', async () => {
  await order(installation.database, ringOf(1, 2), namespaces[0] as NamespaceKey, { quantity: 5 });
  const ask =
    (using: KeyRing, length = 6) =>
    () =>
      create([{ product: productOf(0), length }], using);
  expect(await refusalOf(ask(ringOf(1)))).toBeInstanceOf(PoolKeyError);
  expect(await refusalOf(ask(ringOf(3)))).toBeInstanceOf(PoolKeyError);
  const changed = new KeyRing(new Map([[2, masterKey(2, 'changed')]]));
  expect(await refusalOf(ask(changed))).toBeInstanceOf(PoolKeyError);
  // Codes of another length are nobody's rivals.
  await ask(ringOf(1), 7)();
});

test('at most 32 pools of a namespace may make the same codes', async () => {
  const versions = Array.from({ length: 33 }, (_, i) => i + 1);
  const ask = (count: number) => () =>
    create([{ product: productOf(0), length: 9 }], ringOf(...versions.slice(0, count)));
  for (let count = 1; count <= 32; count++) await ask(count)();
  const refusal = await refusalOf(ask(33));
  expect(refusal).toBeInstanceOf(ValidationError);
  expect(refusal).toMatchObject({ issues: [{ field: 'length', rule: 'siblings' }] });
  await ask(32)();
});

const DOMAIN = { type: 'short_code', domainName: 'x.example', length: 20 } as const;

test.each([
  [{ quantity: 0 }, 'quantity', 1],
  [{ quantity: -5 }, 'quantity', 1],
  [{ quantity: 1_000_001 }, 'quantity', 1_000_000],
  [{ length: 5 }, 'length', 6],
  [{ length: 21 }, 'length', 20],
  [{ ...DOMAIN, length: 21 }, 'length', 20],
  [{ type: 'grai', product: '/8003/00614141000012', length: 17 }, 'length', 16],
  [{ product: null }, 'product', undefined],
  [{ product: '/8003/00614141000012' }, 'product', undefined],
  [{ type: 'grai' }, 'product', undefined],
  [{ ...DOMAIN, domainName: null }, 'domain', undefined],
  [{ type: 'sscc' }, 'sscc_company_prefix', undefined],
  [{ type: 'sscc', ssccCompanyPrefix: '123' }, 'sscc_company_prefix', undefined],
  [{ type: 'sscc', ssccCompanyPrefix: '1234567890123' }, 'sscc_company_prefix', undefined],
  [{ type: 'sscc', ssccCompanyPrefix: '12a4' }, 'sscc_company_prefix', undefined],
  [{ type: 'sscc', ssccCompanyPrefix: '1234', ssccExtensionDigit: 10 }, 'sscc_extension_digit', 9],
  [{ type: 'sscc', ssccCompanyPrefix: '1234', ssccStartSerial: -1n }, 'sscc_start_serial', 0],
] as const)('%j is refused because of %s', async (fields, field, valid) => {
  const refusal = await refusalOf(() =>
    create([{ product: productOf(0) }, { product: productOf(0), ...fields }]),
  );
  expect(refusal).toBeInstanceOf(ValidationError);
  expect((refusal as ValidationError).issues.map((issue) => [issue.field, issue.valid])).toEqual([
    [field, valid],
  ]);
});

test('all wrong fields are told at once', () => {
  const job = newJob({ quantity: 0, length: 99, product: null });
  expect(() => planJob(job, 100)).toThrow(
    expect.objectContaining({
      issues: ['quantity', 'length', 'product'].map((field) => expect.objectContaining({ field })),
    }),
  );
});

test('short codes of one domain and GRAIs of one asset type are namespaces of their own', async () => {
  await orderJob(installation.database, ring, DOMAIN);
  const product = '/8003/00614141000012';
  await installation.database.pool.query(
    `INSERT INTO product (id, account_id) SELECT $1, id FROM account LIMIT 1`,
    [product],
  );
  await orderJob(installation.database, ring, { type: 'grai', product, length: 16 });
  const { rows } = await installation.database.pool.query(
    `SELECT kind, key FROM namespace WHERE kind <> 'sgtin' ORDER BY kind`,
  );
  expect(rows).toEqual([
    { kind: 'grai', key: '0614141000012' },
    { kind: 'short_code', key: 'x.example' },
  ]);
});
