import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { type Bed, newProduct, send, untilNoneIsOpen } from './bed';
import { ms, type Row } from './report';
import { median, timeMs } from './timing';

const ORDERS = 500;
const THNGS = 20_000;
const CONNECTIONS = 32;
const REQUESTS = 20_000;
const ROUNDS = 5;
const LEAST_PER_SECOND = 2_000;
const POSTED_AT_ONCE = 20;

/** Short links of 10M Thngs, followed at random at one API process, which has one thread. */
export async function benchRedirects(bed: Bed): Promise<Row[]> {
  const domain = await makeOrders(bed);
  const links = await someShortIds(bed, domain);
  const api = await bed.stack.startApi();
  const { port } = new URL(api.url() as string);
  await follow(Number(port), domain, links);
  const [walls, cpus]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    const before = cpuMs(api.pid);
    walls.push(await timeMs(() => follow(Number(port), domain, links)));
    cpus.push(cpuMs(api.pid) - before);
  }
  await api.stop();
  const perSecond = (REQUESTS / median(walls)) * 1_000;
  const what = `Short links followed, ${ORDERS * THNGS} stored, ${CONNECTIONS} connections, one API process`;
  return [
    {
      what,
      measured: `${Math.round(perSecond)}/s`,
      target: `≥ ${LEAST_PER_SECOND}/s`,
      met: perSecond >= LEAST_PER_SECOND,
    },
    {
      what: '… processor time of the API each',
      measured: ms(median(cpus) / REQUESTS),
      target: '',
      met: undefined,
    },
  ];
}

/** Orders of Thngs with short ids, all completed; the name of their domain. */
async function makeOrders(bed: Bed): Promise<string> {
  const shortDomain = `${randomUUID()}.example`;
  const product = await newProduct(bed, 950_000);
  const order = {
    purchaseOrder: 'PO-bench',
    metadata: {
      identifierKey: 'gs1:21',
      product: product.id,
      shortDomain,
      defaultRedirectUrl: 'https://brand.example/{evrythngId}?s={shortId}',
    },
    idGeneration: { length: 10, quantity: THNGS },
  };
  for (let made = 0; made < ORDERS; made += POSTED_AT_ONCE) {
    await Promise.all(Array.from({ length: POSTED_AT_ONCE }, () => send(bed, 'POST', '/adis/orders', order)));
  }
  await untilNoneIsOpen(bed);
  await bed.client.query('VACUUM ANALYZE');
  return shortDomain;
}

async function someShortIds({ client }: Bed, domain: string): Promise<string[]> {
  const { rows } = await client.query<{ code: Buffer }>(
    `SELECT substring(c.codes FROM (random() * (c.count - 1))::int * c.width + 1 FOR c.width) AS code
       FROM chunk c JOIN adi_order o ON o.short_batch_id = c.batch_id
      CROSS JOIN generate_series(1, $2::int)
      WHERE o.short_domain = $1 ORDER BY random() LIMIT $3`,
    [domain, Math.ceil(REQUESTS / ORDERS), REQUESTS],
  );
  return rows.map(({ code }) => code.toString('utf8'));
}

/** Follows all of them, each connection one after the other. */
async function follow(port: number, host: string, links: readonly string[]): Promise<void> {
  const left = [...links];
  await Promise.all(Array.from({ length: CONNECTIONS }, () => followOn(port, host, left)));
}

/** By bare sockets, as an HTTP client would take more of the machine than the API does. */
function followOn(port: number, host: string, left: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1').setNoDelay(true).on('error', reject).on('close', resolve);
    const next = () => {
      const link = left.pop();
      if (link === undefined) socket.end();
      else socket.write(`GET /${link} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    };
    let answer = '';
    socket.on('data', (part) => {
      answer += part.toString('latin1');
      if (!answer.endsWith('\r\n\r\n')) return;
      if (answer.startsWith('HTTP/1.1 307 ')) next();
      else reject(new Error(answer));
      answer = '';
    });
    next();
  });
}

const TICKS_PER_SECOND = 100;

/** Processor time that a process has taken so far (Linux only). */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return ((Number(fields[11]) + Number(fields[12])) * 1_000) / TICKS_PER_SECOND;
}
