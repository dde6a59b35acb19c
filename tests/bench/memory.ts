import { type Bed, download, newProduct, peakRssBytes, timeJob } from './bed';
import { megabytes, type Row } from './report';

const MILLION = 1_000_000;
const LIMIT_BYTES = 250 * 2 ** 20;
const DIFFERENCE_BYTES = 64 * 2 ** 20;
const SMALL = '00000000-0000-4000-8000-0000000000a1';
const LARGE = '00000000-0000-4000-8000-0000000000a2';

/** Peak memory of a fresh worker making 1M and 10M codes, and of a fresh API streaming as many. */
export async function benchMemory(bed: Bed): Promise<Row[]> {
  const product = await newProduct(bed, 2);
  const small = await workerPeak(bed, () => timeJob(bed, product, MILLION, SMALL));
  const large = await workerPeak(bed, () => timeJob(bed, product, 10 * MILLION, LARGE));
  const smallStream = await apiPeak(bed, SMALL);
  const largeStream = await apiPeak(bed, LARGE);
  return [
    ...rows('Worker, making', small, large),
    ...rows('API, streaming csv of', smallStream, largeStream),
  ];
}

function rows(what: string, small: number, large: number): Row[] {
  return [
    {
      what: `${what} 1M / 10M codes: peak RSS`,
      measured: `${megabytes(small)} / ${megabytes(large)}`,
      target: `< ${megabytes(LIMIT_BYTES)}`,
      met: Math.max(small, large) < LIMIT_BYTES,
    },
    {
      what: '… difference',
      measured: megabytes(large - small),
      target: `< ${megabytes(DIFFERENCE_BYTES)}`,
      met: large - small < DIFFERENCE_BYTES,
    },
  ];
}

async function workerPeak(bed: Bed, work: () => Promise<unknown>): Promise<number> {
  for (const one of bed.stack.processes)
    if (one.name.startsWith('worker') && one.isRunning()) await one.stop();
  const worker = await bed.stack.startWorker();
  await work();
  return peakRssBytes(worker.pid);
}

async function apiPeak(bed: Bed, jobId: string): Promise<number> {
  const api = await bed.stack.startApi();
  const own = { ...bed, stack: { ...bed.stack, url: api.url() as string } };
  await download(own, `/items/identifier_job/${jobId}/codes.csv`);
  const peak = peakRssBytes(api.pid);
  await api.stop();
  return peak;
}
