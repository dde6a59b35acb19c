import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { migrate } from '@codemint/db';
import { startPostgres } from '@codemint/local';
import pg from 'pg';
import { type Stack, type StackOptions, startApps } from '../support/stack';
import { timeMs } from './timing';

/** The embedded stack, as `npm start` runs it, on a database of its own. */
export interface Bed {
  connectionString: string;
  stack: Stack;
  client: pg.Client;
  stop(): Promise<void>;
}

export const MOST = 20_000_000;

/** @param options where the queue is not in Postgres, more processes than one of each, more settings for them */
export async function openBed(
  options: Pick<StackOptions, 'redisUrl' | 'apis' | 'workers' | 'environment'> = {},
): Promise<Bed> {
  const folder = mkdtempSync(join(tmpdir(), 'codemint-bench-'));
  const server = await startPostgres({ dataDir: folder, log: () => undefined });
  const end = async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await migrate(server.connectionString);
    const stack = await startApps({
      ...options,
      connectionString: server.connectionString,
      environment: { CODEMINT_MAX_QUANTITY: String(MOST), ...options.environment },
    });
    const client = new pg.Client({ connectionString: server.connectionString });
    await client.connect();
    const stop = () => client.end().then(stack.stop).then(end);
    return { connectionString: server.connectionString, stack, client, stop };
  } catch (error) {
    // The server is a process of its own and would stay.
    await end();
    throw error;
  }
}

interface Product {
  id: string;
}

/** A product with a GTIN that no job has had. */
export async function newProduct(bed: Bed, number: number): Promise<Product> {
  const body = String(9_312_340_000_000 + number).slice(0, 13);
  const weighted = [...`${body}`].reduce((sum, digit, i) => sum + Number(digit) * (i % 2 === 0 ? 3 : 1), 0);
  const gtin = `${body}${(10 - (weighted % 10)) % 10}`;
  return call<Product>(bed, 'POST', '/items/product', { gtin });
}

interface Job {
  id: string;
  status: string;
}

const POLL_MS = 4;

/** Milliseconds from the POST of a job until all its codes are committed. */
export async function timeJob(bed: Bed, product: Product, quantity: number, id?: string): Promise<number> {
  await bed.client.query('CHECKPOINT');
  return timeMs(async () => {
    const job = await call<Job>(bed, 'POST', '/items/identifier_job', { id, product: product.id, quantity });
    while (!(await isComplete(bed, job.id))) await sleep(POLL_MS);
  });
}

export async function isComplete(bed: Bed, jobId: string): Promise<boolean> {
  const { rows } = await bed.client.query<{ status: string; error_message: string | null }>({
    name: 'status',
    text: 'SELECT status, error_message FROM identifier_job_item WHERE id = $1',
    values: [jobId],
  });
  if (rows[0]?.status === 'error') throw new Error(`job ${jobId}: ${rows[0].error_message}`);
  return rows[0]?.status === 'complete';
}

/** Waits until every order is completed. */
export async function untilNoneIsOpen(bed: Bed): Promise<void> {
  for (;;) {
    // Other parts leave jobs in all statuses behind.
    const { rows } = await bed.client.query(`SELECT FROM adi_order_item WHERE state <> 'completed' LIMIT 1`);
    if (rows.length === 0) return;
    await sleep(POLL_MS);
  }
}

/** What the items dialect answers. */
export async function call<Data>(bed: Bed, method: string, path: string, body?: object): Promise<Data> {
  return (await send<{ data: Data }>(bed, method, path, body)).data;
}

/** Body of the answer. @throws Error for any other than a success */
export async function send<Body>(bed: Bed, method: string, path: string, body?: object): Promise<Body> {
  const response = await fetch(`${bed.stack.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${bed.stack.adminToken}`, 'content-type': 'application/json' },
    body: body === undefined ? null : JSON.stringify(body),
  });
  const answer = (await response.json()) as Body;
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
  return answer;
}

/** Reads a download to its end; the number of its bytes. */
export async function download(bed: Bed, path: string): Promise<number> {
  const response = await fetch(`${bed.stack.url}${path}`, {
    headers: { authorization: `Bearer ${bed.stack.adminToken}` },
  });
  if (!response.ok || response.body === null) throw new Error(`GET ${path}: ${response.status}`);
  let bytes = 0;
  for await (const piece of response.body as AsyncIterable<Uint8Array>) bytes += piece.length;
  return bytes;
}

/** Most memory that a process has held so far (Linux only). */
export function peakRssBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}
