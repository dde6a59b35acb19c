import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { type Bed, newProduct, peakRssBytes, timeJob } from './bed';
import { megabytes, ms, type Row, times } from './report';
import { median, timeMs } from './timing';

const MILLION = 1_000_000;
const SMALL = 100_000;
const ROUNDS = 5;
const JOB = '00000000-0000-4000-8000-0000000000e1';
const SMALL_JOB = '00000000-0000-4000-8000-0000000000e2';

/** So much more a million codes may take than a hundred thousand. */
const DIFFERENCE_BYTES = 64 * 2 ** 20;

/** `export=csv` of a million codes against COPY of the same rows out of a plain table, in turns; peak memory besides. */
export async function benchExport(bed: Bed): Promise<Row[]> {
  const product = await newProduct(bed, 31);
  await timeJob(bed, product, MILLION, JOB);
  await timeJob(bed, product, SMALL, SMALL_JOB);
  await fillPlainTable(bed);
  await exportCsv(bed, SMALL_JOB);
  const ours: number[] = [];
  const copies: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    ours.push(await timeMs(() => exportCsv(bed, JOB)));
    copies.push(await timeMs(() => copyOut(bed.connectionString)));
  }
  await bed.client.query('DROP TABLE plain_code');
  const [own, copy] = [median(ours), median(copies)];
  return [
    { what: '1M codes as export=csv, 13 columns', measured: ms(own), target: '', met: undefined },
    { what: 'COPY TO STDOUT of the same rows', measured: ms(copy), target: '', met: undefined },
    { what: '… COPY ÷ export', measured: times(copy / own), target: '≥ 0.5 ×', met: copy / own >= 0.5 },
    await memoryRow(bed),
  ];
}

/** The same rows in a table without an index. */
async function fillPlainTable({ client }: Bed): Promise<void> {
  await client.query('DROP TABLE IF EXISTS plain_code');
  await client.query(
    `CREATE TABLE plain_code (id uuid, user_created uuid, date_created timestamptz, user_updated uuid,
       date_updated timestamptz, digital_link text, code text, product text, identifier_job uuid, epc_join_key text,
       status text, type text, custom_id text)`,
  );
  await client.query(
    `INSERT INTO plain_code
     SELECT gen_random_uuid(), j.user_created, j.date_created, NULL, NULL,
            'https://id.gs1.org' || j.product || '/21/' || c.code, c.code, j.product, j.id,
            j.product || '/21/' || c.code, 'unassigned', j.type, NULL
       FROM identifier_job j JOIN issued_code c ON c.batch_id = j.batch_id WHERE j.id = $1`,
    [JOB],
  );
  await client.query('VACUUM ANALYZE plain_code');
}

/** Reads the whole output; the number of its bytes. */
async function copyOut(connectionString: string): Promise<number> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return await countBytes(client.query(copyTo('COPY plain_code TO STDOUT')));
  } finally {
    await client.end();
  }
}

/** Reads the whole file; the number of its bytes. */
async function exportCsv({ stack }: Pick<Bed, 'stack'>, jobId: string): Promise<number> {
  const query = `filter[identifier_job][_eq]=${jobId}&export=csv&limit=-1`;
  const headers = { authorization: `Bearer ${stack.adminToken}` };
  const [response] = (await once(
    get(`${stack.url}/items/unique_code?${query}`, { headers }),
    'response',
  )) as [IncomingMessage];
  if (response.statusCode !== 200) throw new Error(`export: ${response.statusCode}`);
  return countBytes(response);
}

async function countBytes(parts: AsyncIterable<Buffer>): Promise<number> {
  let bytes = 0;
  for await (const part of parts) bytes += part.length;
  return bytes;
}

/** Of a fresh API each. */
async function memoryRow(bed: Bed): Promise<Row> {
  const [small, large] = [await exportPeak(bed, SMALL_JOB), await exportPeak(bed, JOB)];
  return {
    what: 'API, export=csv of 100k / 1M codes: peak RSS',
    measured: `${megabytes(small)} / ${megabytes(large)}`,
    target: `difference < ${megabytes(DIFFERENCE_BYTES)}`,
    met: large - small < DIFFERENCE_BYTES,
  };
}

async function exportPeak(bed: Bed, jobId: string): Promise<number> {
  const api = await bed.stack.startApi();
  await exportCsv({ stack: { ...bed.stack, url: api.url() as string } }, jobId);
  const peak = peakRssBytes(api.pid);
  await api.stop();
  return peak;
}
