import {
  claimStaleSlices,
  deleteJobs,
  FIRST_ACCOUNT_ID,
  type FormerJob,
  findCancelledBatches,
  findUnsettledBatches,
  importJobs,
  settleBatch,
} from '../src';
import { importLines, refusalsOf } from './importSupport';
import { order, ringOf, useInstallation } from './support';

const ring = ringOf(1);
const USER = '1809c0cd-b64e-4a92-935c-fccbce78b374';
const DOMAIN_ID = 'd0d0d0d0-0000-4000-8000-00000000d001';
const installation = useInstallation('test');
let product: string;

beforeEach(async () => {
  product = `/01/${(await installation.addProduct()).key}`;
  await installation.database.prisma.domain.create({
    data: { id: DOMAIN_ID, domain_name: 'brand.example', account_id: FIRST_ACCOUNT_ID },
  });
});

const jobId = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

function formerJob(number: number, more: Partial<FormerJob> = {}): FormerJob {
  return {
    id: jobId(number),
    user_created: USER,
    date_created: '2024-01-05T10:00:00.000Z',
    user_updated: null,
    date_updated: null,
    length: 8,
    quantity: 4,
    account: FIRST_ACCOUNT_ID,
    reference_id: 'Jon Demo',
    type: 'sgtin',
    product,
    character_set: 'alphanumeric',
    status: 'complete',
    sscc_start_serial: 0,
    sscc_extension_digit: null,
    sscc_company_prefix: null,
    domain: null,
    error_message: null,
    quantity_created: 4,
    ...more,
  };
}

/** Of every status, with and without quantity, account and domain. */
const OF_ALL_KINDS = () => [
  formerJob(1, { user_updated: USER, date_updated: '2024-01-05T10:05:00.123Z' }),
  formerJob(2, { status: 'new', quantity: null, quantity_created: null, account: null, product: null }),
  formerJob(3, { status: 'in_progress', quantity: 50, quantity_created: 25, domain: DOMAIN_ID }),
  formerJob(4, { status: 'error', quantity: 1_000_000, quantity_created: 0, error_message: 'Broken' }),
  formerJob(5, {
    type: 'sscc',
    status: 'new',
    quantity_created: null,
    product: null,
    sscc_start_serial: 500,
    sscc_extension_digit: 3,
    sscc_company_prefix: '0614141',
    reference_id: null,
  }),
];

async function readJobs(): Promise<Record<string, unknown>[]> {
  const { rows } = await installation.database.pool.query(`SELECT * FROM identifier_job_item ORDER BY id`);
  return rows.map(({ batch_id, link_host, epc, sscc_start_serial, ...row }) => ({
    ...row,
    sscc_start_serial: Number(sscc_start_serial),
  }));
}

test('former jobs read as they were', async () => {
  const jobs = OF_ALL_KINDS();
  await importJobs(installation.database, jobs);
  expect(JSON.parse(JSON.stringify(await readJobs()))).toEqual(jobs);
});

test('all of them are brought over or none', async () => {
  await expect(importJobs(installation.database, [formerJob(1), formerJob(1)])).rejects.toThrow(/duplicate/);
  await expect(
    importJobs(installation.database, [formerJob(1), formerJob(2, { product: '/01/0' })]),
  ).rejects.toThrow(/foreign key/);
  expect(await readJobs()).toEqual([]);
  expect(await installation.database.prisma.batch.count()).toBe(0);
});

test('the sweep never touches former jobs and imported batches', async () => {
  const { database } = installation;
  await importJobs(database, OF_ALL_KINDS());
  await importLines(database, ring, [
    { product, code: 'a', identifier_job: jobId(3) },
    { product, code: 'b' },
  ]);
  await database.pool.query(`UPDATE batch SET date_created = now() - interval '1 day'`);
  const before = await database.prisma.batch.findMany({ orderBy: { id: 'asc' } });
  expect(before).toHaveLength(6);
  expect(await findUnsettledBatches(database.pool, 0, 100)).toEqual([]);
  expect(await claimStaleSlices(database.pool, 0, 100)).toEqual([]);
  expect(await findCancelledBatches(database.pool, 100)).toEqual([]);
  for (const { id } of before) expect(await settleBatch(database, ring, id, 100)).toEqual([]);
  expect(await database.prisma.batch.findMany({ orderBy: { id: 'asc' } })).toEqual(before);
});

test('codes join the batch of their former job, with all that is known of them', async () => {
  const { database } = installation;
  await importJobs(database, [formerJob(1), formerJob(2)]);
  const known = {
    id: 'c0de0000-0000-4000-8000-000000000002',
    user_created: USER,
    date_created: '2024-04-01T10:00:00.000Z',
    status: 'assigned',
    custom_id: 'mine',
  };
  await importLines(database, ring, [
    { product, code: 'AAAAAAAA', identifier_job: jobId(1) },
    { product, code: 'BBBBBBBB', identifier_job: jobId(2), ...known },
    { product, code: 'CCCCCCCC', identifier_job: jobId(1) },
  ]);
  const { rows } = await database.pool.query(
    `SELECT j.id AS job, r.place, r.code, b.link_host, b.quantity, b.quantity_created
       FROM registry r JOIN batch b ON b.id = r.batch_id JOIN identifier_job j ON j.batch_id = b.id
      ORDER BY j.id, r.place`,
  );
  const common = { link_host: 'brand.example', quantity: 4, quantity_created: 4 };
  expect(rows).toEqual([
    { ...common, job: jobId(1), place: 0, code: 'AAAAAAAA' },
    { ...common, job: jobId(1), place: 1, code: 'CCCCCCCC' },
    { ...common, job: jobId(2), place: 0, code: 'BBBBBBBB' },
  ]);
  const row = await database.prisma.registry.findUniqueOrThrow({ where: { id: known.id } });
  expect({ ...row, date_created: row.date_created.toISOString() }).toMatchObject(known);
});

test('codes join no job that is made here, nor one that is unknown', async () => {
  const { database } = installation;
  const made = await order(database, ring, { kind: 'sgtin', key: product.slice(4) }, {});
  const lines = [made.id, jobId(9), 'none'].map((identifier_job, i) => ({
    product,
    code: `c${i}`,
    identifier_job,
  }));
  expect(await refusalsOf(importLines(database, ring, lines))).toEqual(
    lines.map(
      ({ identifier_job }, i) =>
        `${i + 1} identifier_job Invalid foreign key "${identifier_job}" for field "identifier_job" in collection "unique_code".`,
    ),
  );
});

test('the codes of a former job that is deleted are never given out again', async () => {
  const { database } = installation;
  await importJobs(database, [formerJob(1)]);
  const lines = [{ product, code: 'AAAAAAAA' }];
  await importLines(database, ring, [{ ...lines[0], identifier_job: jobId(1) }]);
  await deleteJobs(database, [jobId(1)]);
  expect(await refusalsOf(importLines(database, ring, lines))).toHaveLength(1);
});
