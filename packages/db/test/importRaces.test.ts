import { RefusedLinesError } from '@codemint/shared';
import { type Database, FIRST_ACCOUNT_ID, type NamespaceKey } from '../src';
import { importLines, refusedBy } from './importSupport';
import { expectEarliestOwners } from './owners';
import { order, ringOf, runToTheEnd, useInstallation } from './support';

const ring = ringOf(1);
const installation = useInstallation();
let namespaces: NamespaceKey[];

beforeEach(async () => {
  namespaces = [await installation.addProduct(), await installation.addProduct()];
});

const product = (at: number) => `/01/${namespaces[at]?.key}`;
const sixDigits = (count: number, from: number) =>
  Array.from({ length: count }, (_, i) => String(from + i).padStart(6, '0'));

/** Imports and says whether it was let. */
async function attempt(database: Database, lines: Parameters<typeof importLines>[2]): Promise<boolean> {
  try {
    await importLines(database, ring, lines);
    return true;
  } catch (error) {
    if (error instanceof RefusedLinesError) return false;
    throw error;
  }
}

test('of imports of the same codes at once exactly one gets them, whatever the order of its lines', async () => {
  const lines = sixDigits(3_000, 0).flatMap((code) => [
    { product: product(0), code },
    { product: product(1), code },
  ]);
  const databases = [installation.database, installation.connect(), installation.connect()];
  const done = await Promise.all(
    databases.map((database, i) => attempt(database, i % 2 ? [...lines].reverse() : lines)),
  );
  expect(done.filter(Boolean)).toHaveLength(1);
  const { rows } = await installation.database.pool.query(
    `SELECT count(*)::int AS codes, count(DISTINCT batch_id)::int AS batches FROM registry
      WHERE namespace_id IN (SELECT id FROM namespace WHERE key = ANY ($1))`,
    [namespaces.map(({ key }) => key)],
  );
  expect(rows).toEqual([{ codes: 6_000, batches: 2 }]);
});

test('imports that share one code and one id: the loser is told which line', async () => {
  const id = 'c0de0000-0000-4000-8000-000000000001';
  const own = (name: string) => [
    ...sixDigits(2_000, 0).map((code) => ({ product: product(0), code: `${name}${code}` })),
    { product: product(0), code: 'shared' },
    { product: product(1), code: `${name}last`, id },
  ];
  const results = await Promise.allSettled([
    importLines(installation.database, ring, own('a')),
    importLines(installation.connect(), ring, own('b')),
  ]);
  const lost = results.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
  expect(lost).toHaveLength(1);
  const { refused } = await refusedBy(Promise.reject(lost[0]?.reason));
  expect(refused.map(({ line }) => line)).toEqual([2_001, 2_002]);
});

test('imports and jobs at once on one GTIN with small spaces: each code has one owner, the earliest', async () => {
  const [namespace] = namespaces as [NamespaceKey];
  const databases = [installation.database, installation.connect()];
  const jobs = Array.from({ length: 6 }, (_, i) =>
    order(databases[i % 2] as Database, ring, namespace, {
      quantity: 40_000,
      characterSet: i % 3 ? 'numeric' : 'UAN-28',
    }),
  );
  // A sixth of the numeric space each, with jobs taking codes out of it all the while.
  const files = Array.from({ length: 6 }, (_, i) =>
    attempt(
      databases[i % 2] as Database,
      sixDigits(i % 2 ? 30 : 20_000, i * 160_000).map((code) => ({ product: product(0), code })),
    ),
  );
  const [orders, imported] = await Promise.all([Promise.all(jobs), Promise.all(files)]);
  for (const { sliceJobs } of orders) await runToTheEnd(installation.database, ring, sliceJobs);
  const { owned, supplied } = await expectEarliestOwners(installation.database.pool, namespace);
  expect(owned).toBe(6 * 40_000 + supplied);
  expect(supplied > 0).toBe(imported.some(Boolean));
});

test('an import is not kept from its codes by one that was refused', async () => {
  const good = [{ product: product(0), code: 'wanted' }];
  const bad = [...good, { product: product(1), code: 'not so' }];
  expect(await attempt(installation.database, bad)).toBe(false);
  expect(await attempt(installation.database, good)).toBe(true);
  expect(await installation.database.prisma.batch.count({ where: { account_id: FIRST_ACCOUNT_ID } })).toBe(
    await installation.database.prisma.batch.count(),
  );
});
