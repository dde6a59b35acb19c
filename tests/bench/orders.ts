import { setTimeout as sleep } from 'node:timers/promises';
import { type Bed, download, newProduct, send, timeJob, untilNoneIsOpen } from './bed';
import { ms, type Row, times } from './report';
import { median, timeMs } from './timing';

const ROUNDS = 5;
const MOST = 20_000;
const AT_ONCE = 100;
const SMALL_ORDERS = 1_000;
const SMALL = 10;
/** Requests under way at a time where many small orders are posted. */
const CLIENTS = 16;
const POLL_MS = 4;

/** ADI orders: a large one from POST to its file, a hundred of them at once, and a thousand small ones. */
export async function benchOrders(bed: Bed): Promise<Row[]> {
  const small = await smallOrders(bed);
  const [single, rates]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) single.push(await timeMs(() => oneOrder(bed, round)));
  for (let round = 0; round < ROUNDS; round++) rates.push(await rateOfMany(bed, 100 + round));
  const one = median(single);
  const ratio = median(rates);
  return [
    {
      what: 'Order of 20,000 codes, POST to csv read',
      measured: ms(one),
      target: '< 150 ms',
      met: one < 150,
    },
    {
      what: '100 such orders at once: codes a second ÷ those of the million-code job',
      measured: times(ratio),
      target: '≥ 0.5 ×',
      met: ratio >= 0.5,
    },
    {
      what: '1,000 orders of 10 ids, two workers: orders a second',
      measured: String(Math.round(small)),
      target: '≥ 100',
      met: small >= 100,
    },
  ];
}

interface Order {
  id: string;
  results?: { identifiers: { csv: string } };
  status: { state: string };
}

function order(product: string, body: object) {
  return { purchaseOrder: 'PO-bench', metadata: { identifierKey: 'gs1:21', product }, ...body };
}

function post(bed: Bed, body: object): Promise<Order> {
  return send<Order>(bed, 'POST', '/adis/orders', body);
}

async function oneOrder(bed: Bed, number: number): Promise<void> {
  const product = await newProduct(bed, 500_000 + number);
  const { id } = await post(bed, order(product.id, { idGeneration: { length: 8, quantity: MOST } }));
  for (;;) {
    const { status, results } = await send<Order>(bed, 'GET', `/adis/orders/${id}`);
    if (status.state === 'completed') {
      const { pathname, search } = new URL(results?.identifiers.csv ?? '');
      await download(bed, pathname + search);
      return;
    }
    await sleep(POLL_MS);
  }
}

async function rateOfMany(bed: Bed, number: number): Promise<number> {
  const product = await newProduct(bed, 600_000 + number);
  const million = await timeJob(bed, await newProduct(bed, 700_000 + number), 1_000_000);
  await bed.client.query('CHECKPOINT');
  const many = await timeMs(async () => {
    await Promise.all(
      Array.from({ length: AT_ONCE }, () =>
        post(bed, order(product.id, { idGeneration: { length: 8, quantity: MOST } })),
      ),
    );
    await untilNoneIsOpen(bed);
  });
  return (AT_ONCE * MOST) / many / (1_000_000 / million);
}

/** Orders a second, the median of some rounds. */
async function smallOrders(bed: Bed): Promise<number> {
  const worker = await bed.stack.startWorker();
  const taken: number[] = [];
  for (let round = 0; round < 3; round++) {
    const product = await newProduct(bed, 800_000 + round);
    taken.push(await timeMs(() => postSmallOrders(bed, product.id)));
  }
  await worker.stop();
  return (SMALL_ORDERS / median(taken)) * 1000;
}

async function postSmallOrders(bed: Bed, product: string): Promise<void> {
  let next = 0;
  const client = async () => {
    for (let number = next++; number < SMALL_ORDERS; number = next++) {
      const ids = Array.from({ length: SMALL }, (_, i) => `small-${number}-${i}`);
      await post(bed, order(product, { ids }));
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  await untilNoneIsOpen(bed);
}
