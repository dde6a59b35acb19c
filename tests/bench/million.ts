import { type Bed, call, download, newProduct, timeJob } from './bed';
import { ms, type Row, times } from './report';
import { copyData, timeCopy, timeCreateMany } from './rivals';
import { median, timeMs } from './timing';

const CODES = 1_000_000;
const ROUNDS = 5;

/** From POST to complete against loading the same, ready-made codes; all of them take turns in every round. */
export async function benchMillion(bed: Bed): Promise<Row[]> {
  const product = await newProduct(bed, 1);
  await timeJob(bed, product, 10_000);
  const ours: number[] = [];
  const copyPlain: number[] = [];
  const copyUnique: number[] = [];
  const createMany: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const id = `00000000-0000-4000-8000-00000000000${round}`;
    ours.push(await timeJob(bed, product, CODES, id));
    const codes = await readyMade(bed, id);
    const data = copyData(codes);
    copyPlain.push(await timeCopy(bed.connectionString, data, ''));
    copyUnique.push(await timeCopy(bed.connectionString, data, ' UNIQUE'));
    createMany.push(await timeCreateMany(bed.connectionString, codes));
  }
  const [job, plain, unique, many] = [ours, copyPlain, copyUnique, createMany].map(median) as [
    number,
    number,
    number,
    number,
  ];
  return [
    { what: '1M codes, POST to complete', measured: ms(job), target: '', met: undefined },
    { what: 'COPY of the same codes, no index', measured: ms(plain), target: '', met: undefined },
    row('… job ÷ COPY without index', job / plain, '≤ 1.5 × (aim 1 ×)', job / plain <= 1.5),
    { what: 'COPY of the same codes, unique index', measured: ms(unique), target: '', met: undefined },
    row('… COPY with unique index ÷ job', unique / job, '≥ 4 ×', unique / job >= 4),
    {
      what: 'createMany, unique code (from 50,000 scaled up)',
      measured: ms(many),
      target: '',
      met: undefined,
    },
    row('… createMany ÷ job', many / job, '≥ 50 ×', many / job >= 50),
    await bytesPerCode(bed),
    await streaming(bed, '00000000-0000-4000-8000-000000000000'),
  ];
}

function row(what: string, ratio: number, target: string, met: boolean): Row {
  return { what, measured: times(ratio), target, met };
}

async function readyMade(bed: Bed, id: string): Promise<string[]> {
  const { rows } = await bed.client.query<{ code: string }>(
    'SELECT code FROM issued_code WHERE identifier_job = $1',
    [id],
  );
  if (rows.length !== CODES) throw new Error(`${rows.length} codes instead of ${CODES}`);
  return rows.map((one) => one.code);
}

async function bytesPerCode(bed: Bed): Promise<Row> {
  const { rows } = await bed.client.query<{ bytes: string; codes: string }>(
    `SELECT pg_total_relation_size('chunk') AS bytes, (SELECT sum(count) FROM chunk) AS codes`,
  );
  const bytes = Number(rows[0]?.bytes) / Number(rows[0]?.codes);
  return {
    what: 'Bytes stored a code of 8 characters',
    measured: bytes.toFixed(2),
    target: '≤ 10',
    met: bytes <= 10,
  };
}

async function streaming(bed: Bed, id: string): Promise<Row> {
  await call(bed, 'GET', `/items/identifier_job/${id}`);
  const runs: number[] = [];
  for (let run = 0; run < ROUNDS; run++) {
    runs.push(await timeMs(() => download(bed, `/items/identifier_job/${id}/codes.csv`)));
  }
  return { what: '1M codes as csv, read to the end', measured: ms(median(runs)), target: '', met: undefined };
}
