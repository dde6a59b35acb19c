import { performEvent, registerOrder, settleBatch } from '@codemint/db';
import { FORMER_RING, makeSliceOf } from './codesSupport';
import { type Answer, type Api, type As, PRODUCT } from './support';

export const ORDERS = '/adis/orders';

/** What may be sent as an order. */
export const GOOD = {
  purchaseOrder: 'PO-1',
  metadata: { identifierKey: 'gs1:21', product: PRODUCT },
  idGeneration: { length: 10, quantity: 5 },
};

/** An order with ids of its own. */
export const withIds = (...ids: string[]) => ({ ...GOOD, idGeneration: undefined, ids });

/** The body with these members of its metadata too. */
export const withMetadata = (more: object, body: { metadata: object } = GOOD) => ({
  ...body,
  metadata: { ...body.metadata, ...more },
});

export interface CallOptions {
  as?: As;
  /** An object, or JSON as it is to be sent. */
  body?: unknown;
  headers?: Record<string, string>;
}

/** Calls as a client of this dialect does: the key as it is, and a content type whether there is a body or not. */
export function call(
  api: Api,
  method: string,
  path: string,
  { as = 'operator', body, headers = {} }: CallOptions = {},
): Promise<Answer> {
  return api.request(method, path, {
    as: 'nobody',
    body,
    headers: {
      ...(as === 'nobody' ? {} : { authorization: api.tokens[as] }),
      'content-type': 'application/json',
      ...headers,
    },
  });
}

export const read = (api: Api, path: string, as?: As) => call(api, 'GET', path, { as });

export const post = (api: Api, body: unknown, options: CallOptions & { path?: string } = {}) =>
  call(api, 'POST', options.path ?? ORDERS, { ...options, body });

/** Posts an order that is accepted. @returns its id */
export async function order(api: Api, body: unknown = GOOD, as?: As): Promise<string> {
  const answer = await post(api, body, { as });
  if (answer.status !== 201) throw new Error(answer.text);
  return answer.body.id;
}

/** As the workers do. */
export async function complete(api: Api, orderId: string): Promise<void> {
  const { pool } = api.database;
  const { rows } = await pool.query<{ slice: string; batch: bigint }>(
    `SELECT s.id AS slice, s.batch_id AS batch FROM slice s
       JOIN adi_order o ON s.batch_id IN (o.batch_id, o.short_batch_id) WHERE o.id = $1 ORDER BY s.id`,
    [orderId],
  );
  for (const { slice } of rows) {
    const job = { sliceId: String(slice) } as Parameters<typeof makeSliceOf>[1];
    await makeSliceOf(api, job, { ring: FORMER_RING });
  }
  for (const { batch } of rows) await settleBatch(api.database, FORMER_RING, batch, 100);
  await registerOrder(api.database, FORMER_RING, orderId);
}

/** Posts an order and brings it to its end. @returns its id */
export async function completed(api: Api, body: unknown = GOOD, as?: As): Promise<string> {
  const id = await order(api, body, as);
  await complete(api, id);
  return id;
}

/** The identifiers of an order. */
export async function idsOf(api: Api, orderId: string): Promise<string[]> {
  return (await read(api, `${ORDERS}/${orderId}?withIds=true`)).body.ids;
}

/** As a worker does. */
export const perform = (api: Api, eventId: string) => performEvent(api.database, eventId);

/** Everything that a request which is refused must leave as it is. */
export async function everything(api: Api) {
  const { rows } = await api.database.pool.query(`
    SELECT (SELECT json_agg(n ORDER BY id) FROM namespace n) AS namespaces,
           (SELECT json_agg(p ORDER BY id) FROM (SELECT id, next_index FROM pool) p) AS pools,
           (SELECT count(*)::int FROM batch) AS batches, (SELECT count(*)::int FROM slice) AS slices,
           (SELECT count(*)::int FROM registry) AS registry, (SELECT count(*)::int FROM domain) AS domains,
           (SELECT count(*)::int FROM adi_order) AS orders,
           (SELECT count(*)::int FROM adi_order_event) AS events,
           (SELECT count(*)::int FROM idempotency_key) AS keys`);
  const queued = await Promise.all(
    (['identifier-jobs', 'adi-orders', 'adi-events'] as const).map((name) => api.queue.counts(name)),
  );
  return { ...rows[0], queued };
}

/** An error in the envelope: its status and code, and what it says in one string. */
export function told({ status, body, headers }: Answer): { status: number; code?: number; error: string } {
  expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(Object.keys(body).sort()).toEqual(
    (body.code === undefined ? [] : ['code']).concat(['errors', 'moreInfo', 'status']),
  );
  expect(body).toMatchObject({ status, errors: [expect.any(String)], moreInfo: '/docs#/ADI%20orders' });
  return { status, code: body.code, error: body.errors[0] };
}
