import { type Bed, call, download, newProduct, peakRssBytes, timeJob } from './bed';
import { megabytes, type Row } from './report';
import { median, timeMs } from './timing';

const MILLION = 1_000_000;
const ROUNDS = 5;
const JOB = '00000000-0000-4000-8000-0000000000f1';
const LARGE_JOB = '00000000-0000-4000-8000-0000000000f2';
const LEAST_ROWS_PER_SECOND = 150_000;
const DIFFERENCE_BYTES = 64 * 2 ** 20;

const FILES: Readonly<Record<string, string>> = {
  'csv, digital_link, element_string, epc_uri, epc_hex':
    'codes.csv?columns=digital_link,element_string,epc_uri,epc_hex',
  'csv, code and digital_link': 'codes.csv',
  'csv, sequence and code': 'codes.csv?columns=sequence,code',
  xlsx: 'codes.xlsx',
  epcis: 'codes.epcis',
};

/** Rows a second of a million codes from the API in files of columns; peak memory of a million and of ten. */
export async function benchColumns(bed: Bed): Promise<Row[]> {
  const product = await newProduct(bed, 61);
  const policy = { product: product.id, company_prefix_length: 7 };
  await call(bed, 'POST', '/items/issuing_policy', policy);
  await timeJob(bed, product, MILLION, JOB);
  await timeJob(bed, product, 10 * MILLION, LARGE_JOB);
  const rows: Row[] = [];
  for (const [what, file] of Object.entries(FILES)) {
    const isLimited = file.includes('epc_hex');
    const rate = await rowsPerSecond(bed, file);
    rows.push({
      what: `1M codes as ${what}`,
      measured: `${Math.round(rate).toLocaleString('en-US')} rows/s`,
      target: isLimited ? `≥ ${LEAST_ROWS_PER_SECOND.toLocaleString('en-US')} rows/s` : '',
      met: isLimited ? rate >= LEAST_ROWS_PER_SECOND : undefined,
    });
    if (isLimited) rows.push(await memoryRow(bed, what, file));
  }
  return rows;
}

async function rowsPerSecond(bed: Bed, file: string): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++)
    times.push(await timeMs(() => download(bed, pathOf(JOB, file))));
  return MILLION / (median(times) / 1000);
}

/** Of a fresh API each. */
async function memoryRow(bed: Bed, what: string, file: string): Promise<Row> {
  const small = await peakOf(bed, pathOf(JOB, file));
  const large = await peakOf(bed, pathOf(LARGE_JOB, file));
  return {
    what: `API, 1M / 10M codes as ${what}: peak RSS`,
    measured: `${megabytes(small)} / ${megabytes(large)}`,
    target: `difference < ${megabytes(DIFFERENCE_BYTES)}`,
    met: large - small < DIFFERENCE_BYTES,
  };
}

async function peakOf(bed: Bed, path: string): Promise<number> {
  const api = await bed.stack.startApi();
  await download({ ...bed, stack: { ...bed.stack, url: api.url() as string } }, path);
  const peak = peakRssBytes(api.pid);
  await api.stop();
  return peak;
}

function pathOf(jobId: string, file: string): string {
  return `/items/identifier_job/${jobId}/${file}`;
}
