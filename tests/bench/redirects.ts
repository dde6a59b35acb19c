import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Bed, call } from './bed';
import { ms, type Row } from './report';
import { median, timeMs } from './timing';

const ORDERS = 500;
const THNGS = 20_000;
const CONNECTIONS = 32;
const REQUESTS = 20_000;
const ROUNDS = 5;
const LEAST_PER_SECOND = 2_000;
const POLL_MS = 100;

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

/** Completed orders with short ids; the codes of their Thngs are left out, no redirect reads them. */
async function makeOrders(bed: Bed): Promise<string> {
  const domain_name = `${randomUUID()}.example`;
  const { id: domain } = await call<{ id: string }>(bed, 'POST', '/items/domain', { domain_name });
  const job = { type: 'short_code', domain, character_set: 'AN-47', length: 8, quantity: THNGS };
  await call(bed, 'POST', '/items/identifier_job', new Array(ORDERS).fill(job));
  while ((await openJobs(bed, domain)) > 0) await sleep(POLL_MS);
  await bed.client.query(
    `WITH job AS (
       DELETE FROM identifier_job WHERE domain = $1 RETURNING batch_id, account_id
     ), thngs AS (
       INSERT INTO batch (account_id, quantity, quantity_created, status, link_host)
       SELECT account_id, $2::int, $2::int, 'complete', 'id.gs1.org' FROM job RETURNING id
     ), numbered AS (
       SELECT batch_id, account_id, row_number() OVER () AS number FROM job
     )
     INSERT INTO adi_order (id, account_id, purchase_order, quantity, identifier_key, batch_id, short_batch_id,
                            short_domain, default_redirect_url, metadata, tags, key_version)
     SELECT 'bench' || numbered.batch_id, account_id, 'PO', $2::int, 'serial', thngs.id, numbered.batch_id, $3,
            'https://brand.example/{evrythngId}?s={shortId}', '{}', '{}', 1
       FROM numbered JOIN (SELECT id, row_number() OVER () AS number FROM thngs) AS thngs USING (number)`,
    [domain, THNGS, domain_name],
  );
  await bed.client.query('VACUUM ANALYZE');
  return domain_name;
}

async function openJobs({ client }: Bed, domain: string): Promise<number> {
  const { rows } = await client.query<{ open: number }>(
    `SELECT count(*)::int AS open FROM identifier_job_item WHERE domain = $1 AND status <> 'complete'`,
    [domain],
  );
  return rows[0]?.open ?? 0;
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
