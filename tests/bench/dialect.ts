import { type Bed, call, MOST, newProduct, timeJob } from './bed';
import { ms, type Row } from './report';
import { median, timeMs } from './timing';

const JOBS = 100_000;
const BIG_JOBS = ['00000000-0000-4000-8000-0000000000b1', '00000000-0000-4000-8000-0000000000b2'];
const LAST_JOB = '00000000-0000-4000-8000-0000000000b3';
const LAST_QUANTITY = 10_000_000;
const RUNS = 25;
const QUICK_MS = 10;
const LINEAR_MS = 60;

/** Reads of the items dialect with 100,000 jobs and 50M codes in the database. */
export async function benchDialect(bed: Bed): Promise<Row[]> {
  const product = await newProduct(bed, 41);
  for (const id of BIG_JOBS) await timeJob(bed, product, MOST, id);
  await timeJob(bed, product, LAST_QUANTITY, LAST_JOB);
  await addJobs(bed, product.id);
  const [code] = await call<{ code: string }[]>(
    bed,
    'GET',
    `/items/unique_code?filter[identifier_job][_eq]=${LAST_JOB}&limit=1&offset=4321000`,
  );
  const jobs = '/items/identifier_job';
  const codes = `/items/unique_code?filter[identifier_job][_eq]=${LAST_JOB}`;
  return [
    await row(bed, 'list, newest first', `${jobs}?sort=-date_created`, QUICK_MS),
    await row(bed, 'list, by reference_id', `${jobs}?filter[reference_id][_eq]=REF-77777`, QUICK_MS),
    await row(bed, 'item by id', `${jobs}/${LAST_JOB}`, QUICK_MS),
    await row(bed, "page of a 10M job's codes at 0", codes, QUICK_MS),
    await row(bed, "page of a 10M job's codes at 9,999,000", `${codes}&offset=9999000`, QUICK_MS),
    await row(
      bed,
      'code with its product',
      `/items/unique_code?filter[code][_eq]=${code?.code}&filter[product][_eq]=${encodeURIComponent(product.id)}`,
      QUICK_MS,
    ),
    await row(bed, 'count of all jobs', `${jobs}?aggregate[count]=*`, LINEAR_MS),
    await row(bed, 'jobs by status', `${jobs}?aggregate[count]=*&groupBy=status`, LINEAR_MS),
    await row(
      bed,
      'quantity by month',
      `${jobs}?aggregate[sum]=quantity&groupBy=month(date_created)`,
      LINEAR_MS,
    ),
    await row(bed, 'list sorted by quantity', `${jobs}?sort=-quantity`, LINEAR_MS),
  ];
}

/** Jobs that are done, without codes of their own: lists and aggregates read jobs and batches alone. */
async function addJobs({ client }: Bed, product: string): Promise<void> {
  await client.query(
    `WITH made AS (
       INSERT INTO batch (account_id, quantity, quantity_created, status, link_host, date_created)
       SELECT (SELECT id FROM account LIMIT 1), 1 + i % 997, 1 + i % 997, (ARRAY['complete', 'error', 'new'])[1 + i % 3],
              'id.gs1.org', now() - i * interval '1 minute'
         FROM generate_series(1, $1::int) AS i
       RETURNING id, account_id, quantity, date_created
     )
     INSERT INTO identifier_job (account_id, quantity, date_created, reference_id, product, batch_id)
     SELECT account_id, quantity, date_created, 'REF-' || id, $2, id FROM made`,
    [JOBS, product],
  );
  await client.query('ANALYZE');
}

async function row(bed: Bed, what: string, path: string, limitMs: number): Promise<Row> {
  for (let run = 0; run < 3; run++) await call(bed, 'GET', path);
  const runs: number[] = [];
  for (let run = 0; run < RUNS; run++) runs.push(await timeMs(() => call(bed, 'GET', path)));
  const taken = median(runs);
  return {
    what: `100,000 jobs, 50M codes: ${what}`,
    measured: ms(taken),
    target: `< ${limitMs} ms`,
    met: taken < limitMs,
  };
}
