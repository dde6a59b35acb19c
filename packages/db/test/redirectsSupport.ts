import type { KeyRing } from '@codemint/shared';
import {
  type Database,
  decodeShortCode,
  findRedirects,
  findShortDomain,
  type NewJob,
  type NewOrder,
  type Redirect,
  type ShortDomain,
  type StoredOrder,
} from '../src';
import { accept, complete, generated, newOrder } from './ordersSupport';
import { type Order, orderJob, runToTheEnd } from './support';

/** Where the Thngs of the orders made here lead. */
export const ORDER_URL = 'https://order.example/{evrythngId}';

/** A domain whose short codes are made and followed. */
export interface Host {
  database: Database;
  /** What makes and follows unless another is given. */
  ring: KeyRing;
  id: string;
  name: string;
}

export async function addHost(database: Database, ring: KeyRing, name: string): Promise<Host> {
  const { rows } = await database.pool.query<{ id: string }>(
    'INSERT INTO domain (domain_name, account_id) SELECT $1, id FROM account RETURNING id',
    [name],
  );
  return { database, ring, id: rows[0]?.id as string, name };
}

export async function follow(host: Host, code: string, using = host.ring): Promise<Redirect | undefined> {
  return (await followAll(host, [code], using))[0];
}

export async function followAll(
  { database, ring, name }: Host,
  codes: readonly string[],
  using = ring,
): Promise<(Redirect | undefined)[]> {
  const found = (await findShortDomain(database.pool, name)) as ShortDomain;
  const decoded = codes.map((code) => decodeShortCode(using, found, code));
  const known = decoded.filter((one) => one !== undefined);
  const redirects = (await findRedirects(database.pool, known)).values();
  return decoded.map((one) => (one === undefined ? undefined : redirects.next().value));
}

/** A finished order whose Thngs have short ids. */
export async function makeOrder(
  { database, ring, name }: Host,
  overrides: Partial<NewOrder> = {},
  chunkSize?: number,
): Promise<StoredOrder> {
  const short = { domain: name, defaultRedirectUrl: ORDER_URL };
  const order = await accept(database, ring, { short, ...overrides });
  return complete(database, ring, order, chunkSize);
}

export function thngOf(order: StoredOrder, number: number): Redirect {
  return {
    template: ORDER_URL,
    thng: { owner: order.batchId, number, keyVersion: order.keyVersion },
  };
}

export function acceptJob(
  { database, ring, id, name }: Host,
  overrides: Partial<NewJob> = {},
  using = ring,
): Promise<Order> {
  const shortCode = { type: 'short_code', domainId: id, domainName: name } as const;
  return orderJob(database, using, { ...shortCode, ...overrides });
}

/** A finished job for short codes. */
export async function makeJob(
  host: Host,
  overrides: Partial<NewJob> = {},
  using = host.ring,
): Promise<Order> {
  const job = await acceptJob(host, overrides, using);
  await runToTheEnd(host.database, using, job.sliceJobs, { chunkSize: 150 });
  return job;
}

/** A product that redirects. */
export async function productTo({ database }: Host, number: number, url: string): Promise<string> {
  const id = `/8003/0${String(number).padStart(13, '0')}`;
  await database.pool.query(
    'INSERT INTO product (id, account_id, product_redirection_url) SELECT $1, id, $2 FROM account',
    [id, url],
  );
  return id;
}

/** Makes the codes of a job the short ids of a completed order without other codes. */
export async function turnIntoOrder(
  { database, ring, name }: Host,
  { id, batchId, quantity }: Order,
): Promise<StoredOrder> {
  const order = await complete(
    database,
    ring,
    await accept(database, ring, { ...newOrder(), codes: generated(quantity) }),
  );
  await database.pool.query('DELETE FROM identifier_job WHERE id = $1', [id]);
  await database.pool.query(
    'UPDATE adi_order SET short_batch_id = $2, short_domain = $3, default_redirect_url = $4 WHERE id = $1',
    [order.id, batchId, name, ORDER_URL],
  );
  return order;
}
