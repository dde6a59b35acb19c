import { type Bed, download, newProduct, timeJob } from './bed';
import { ms, type Row } from './report';
import { median, timeMs } from './timing';

const LABELS = 1_000;
const LIMIT_MS = 5_000;
const ROUNDS = 3;
const JOB = '00000000-0000-4000-8000-0000000000d1';

const KINDS = [
  { what: 'PDF, QR code', file: 'labels.pdf', limitMs: LIMIT_MS },
  {
    what: 'PDF, GS1 DataMatrix, 24 a page',
    file: 'labels.pdf?symbol=datamatrix&layout=a4-3x8',
    limitMs: LIMIT_MS,
  },
  { what: 'ZPL, QR code', file: 'labels.zpl', limitMs: undefined },
];

/** Labels of 1,000 codes; the first file of all starts the threads. */
export async function benchLabels(bed: Bed): Promise<Row[]> {
  await timeJob(bed, await newProduct(bed, 77_000), LABELS, JOB);
  const rows: Row[] = [];
  for (const { what, file, limitMs } of KINDS) {
    const runs: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      runs.push(await timeMs(() => download(bed, `/items/identifier_job/${JOB}/${file}`)));
    }
    // The first one, too: nobody prints so often that the threads are warm.
    const [first] = runs as [number];
    rows.push({
      what: `1,000 labels as ${what}: first / median`,
      measured: `${ms(first)} / ${ms(median(runs))}`,
      target: limitMs === undefined ? '' : `< ${ms(limitMs)}`,
      met: limitMs === undefined ? undefined : first < limitMs,
    });
  }
  return rows;
}
