import { setTimeout as sleep } from 'node:timers/promises';
import { checkDigit } from '@codemint/shared';
import { type Bed, call, timeJob } from './bed';
import { ms, type Row } from './report';
import { median, timeMs } from './timing';

const PRODUCTS = 5_000;
const BIG_QUANTITY = 10_000_000;
/** With the big job 50M codes in all. */
const SMALL_QUANTITY = 8_000;
const JOBS_AT_ONCE = 100;
const BIG_JOB = '00000000-0000-4000-8000-0000000000c1';
const CODES_VERIFIED = 10_000;
const CODES_RESERVED = 100_000;
const RUNS = 9;

/** Capacity, verification, reservations and counts with 5,000 products and 50M codes in the database. */
export async function benchStock(bed: Bed): Promise<Row[]> {
  const products = await addProducts(bed);
  const big = products[0] as string;
  await timeJob(bed, { id: big }, BIG_QUANTITY, BIG_JOB);
  await makeSmallJobs(bed, products.slice(1));
  const codes = await bigCodes(bed);
  const product = encodeURIComponent(big);
  const reserve = () => reserved(bed, big, CODES_RESERVED);
  const reservation = await row('reservation of 100,000 codes', 100, reserve);
  await encodeSome(bed, await reserve());
  return [
    await row('10,000 codes of one product verified', 200, () => verify(bed, { codes, product: big })),
    await row('10,000 codes of 500 products verified', undefined, await manyVerified(bed)),
    await row('capacity of a product with 10M codes', 10, () =>
      call(bed, 'GET', `/capacity?type=sgtin&product=${product}&quantity=1000`),
    ),
    reservation,
    await row('reservation of 1 code', undefined, () => reserved(bed, big, 1)),
    await row('counts by state of a product with 10M codes', 20, () =>
      call(
        bed,
        'GET',
        `/items/unique_code?aggregate[count]=*&groupBy=status&filter[product][_eq]=${product}`,
      ),
    ),
  ];
}

/** @returns their ids */
async function addProducts({ client }: Bed): Promise<string[]> {
  const gtins = Array.from({ length: PRODUCTS }, (_, i) => {
    const body = String(950_600_000_000 + i).padStart(13, '0');
    return body + checkDigit(body);
  });
  await client.query(
    `INSERT INTO product (id, gtin, account_id)
     SELECT '/01/' || gtin, gtin, (SELECT id FROM account LIMIT 1) FROM unnest($1::text[]) AS gtin`,
    [gtins],
  );
  return gtins.map((gtin) => `/01/${gtin}`);
}

async function makeSmallJobs(bed: Bed, products: readonly string[]): Promise<void> {
  for (let from = 0; from < products.length; from += JOBS_AT_ONCE) {
    const jobs = products
      .slice(from, from + JOBS_AT_ONCE)
      .map((product) => ({ product, quantity: SMALL_QUANTITY, reference_id: 'stock' }));
    await call(bed, 'POST', '/items/identifier_job?fields=id', jobs);
  }
  for (;;) {
    const { rows } = await bed.client.query(
      `SELECT FROM identifier_job_item WHERE reference_id = 'stock' AND status <> 'complete' LIMIT 1`,
    );
    if (rows.length === 0) break;
    await sleep(200);
  }
  await bed.client.query('ANALYZE');
}

/** Codes from all over the big job. */
async function bigCodes(bed: Bed): Promise<string[]> {
  const pages = 10;
  const codes: string[] = [];
  for (let page = 0; page < pages; page++) {
    const found = await call<{ code: string }[]>(
      bed,
      'GET',
      `/items/unique_code?fields=code&filter[identifier_job][_eq]=${BIG_JOB}` +
        `&limit=${CODES_VERIFIED / pages}&offset=${(page * BIG_QUANTITY) / pages}`,
    );
    for (const { code } of found) codes.push(code);
  }
  return codes;
}

/** Verifies all that is sent. @throws Error if one is not issued */
async function verify(bed: Bed, body: object): Promise<void> {
  const answers = await call<{ issued: boolean }[]>(bed, 'POST', '/verify', body);
  if (!answers.every(({ issued }) => issued)) throw new Error('a code that was issued is told not to be');
}

async function manyVerified(bed: Bed): Promise<() => Promise<void>> {
  const { rows } = await bed.client.query<{ link: string }>(
    `SELECT j.product || '/21/' || convert_from(substring(c.codes FROM n * c.width + 1 FOR c.width), 'UTF8') AS link
       FROM identifier_job j JOIN chunk c ON c.batch_id = j.batch_id CROSS JOIN generate_series(0, 19) AS n
      WHERE j.reference_id = 'stock' ORDER BY j.product, n LIMIT $1`,
    [CODES_VERIFIED],
  );
  const codes = rows.map(({ link }) => link);
  return () => verify(bed, { codes });
}

async function reserved(bed: Bed, product: string, quantity: number): Promise<string> {
  const made = await call<{ id: string; quantity_reserved: number }>(bed, 'POST', '/items/code_reservation', {
    product,
    quantity,
  });
  if (made.quantity_reserved !== quantity) throw new Error(`${made.quantity_reserved} codes are reserved`);
  return made.id;
}

/** The codes of a reservation go on to be encoded, so that there are three states. */
async function encodeSome(bed: Bed, reservation: string): Promise<void> {
  await call(bed, 'PATCH', '/items/unique_code?fields=id', {
    query: { filter: { reservation: { _eq: reservation } } },
    data: { status: 'encoded' },
  });
}

async function row(what: string, limitMs: number | undefined, work: () => Promise<unknown>): Promise<Row> {
  await work();
  const runs: number[] = [];
  for (let run = 0; run < RUNS; run++) runs.push(await timeMs(work));
  const taken = median(runs);
  return {
    what: `5,000 products, 50M codes: ${what}`,
    measured: ms(taken),
    target: limitMs === undefined ? '' : `< ${limitMs} ms`,
    met: limitMs === undefined ? undefined : taken < limitMs,
  };
}
