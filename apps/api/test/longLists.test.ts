import { FIRST_ACCOUNT_ID } from '@codemint/db';
import { until } from '../../../tests/support/until';
import { type Api, PRODUCT, startApi } from './support';

let api: Api;
beforeAll(async () => {
  api = await startApi();
  await insertMany(5_000);
});
afterAll(() => api.close());

const JOBS = '/items/identifier_job';

/** Jobs of which many have the same quantity, reference and time, or none. */
async function insertMany(count: number): Promise<void> {
  await api.database.pool.query(
    `WITH made AS (
       INSERT INTO batch (account_id, quantity, link_host) SELECT $2, 1, 'id.gs1.org' FROM generate_series(1, $1::int) RETURNING id
     )
     INSERT INTO identifier_job (account_id, product, quantity, reference_id, date_created, batch_id)
     SELECT $2, $3, nullif(id % 7, 0), CASE WHEN id % 3 > 0 THEN 'ref ' || id % 11 END,
            timestamptz '2024-01-01Z' + id % 5 * interval '1 day', id FROM made`,
    [count, FIRST_ACCOUNT_ID, PRODUCT],
  );
}

test.each([
  ['id', 'id'],
  ['-id', 'id DESC'],
  ['quantity', 'quantity, id'],
  ['-quantity', 'quantity DESC, id DESC'],
  ['reference_id,-quantity', 'reference_id, quantity DESC, id DESC'],
  ['-reference_id,date_created', 'reference_id DESC, date_created, id'],
  ['product.brand,-day(date_created),quantity', 'extract(day FROM date_created) DESC, quantity, id'],
])(
  'all items come in the order of %s, each once, however many pages they are read in',
  async (sort, order) => {
    const { body } = await api.get(`${JOBS}?limit=-1&fields=id&sort=${sort}`);
    const { rows } = await api.database.pool.query(`SELECT id FROM identifier_job ORDER BY ${order}`);
    expect(body.data).toEqual(rows);
    const part = await api.get(`${JOBS}?limit=3000&offset=1500&fields=id&sort=${sort}`);
    expect(part.body.data).toEqual(rows.slice(1500, 4500));
  },
);

test('a long list has its envelope, its headers and its counts', async () => {
  const { headers, body, status } = await api.get(`${JOBS}?limit=-1&fields=id&meta=*&filter[quantity]=3`);
  expect(status).toBe(200);
  expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(headers.get('cache-control')).toBe('no-cache');
  expect(body.meta).toEqual({ total_count: 5_000, filter_count: body.data.length });
  expect((await api.get(`${JOBS}?limit=-1&filter[type]=none`)).text).toBe('{"data":[]}');
  expect((await api.request('HEAD', `${JOBS}?limit=-1`)).status).toBe(200);
});

test('an item that comes or goes meanwhile moves no other', async () => {
  const response = await fetch(`${api.url}${JOBS}?limit=-1&fields=id,product.*&sort=date_created`, {
    headers: { authorization: `Bearer ${api.tokens.operator}` },
  });
  const reader = response.body?.getReader() as ReadableStreamDefaultReader<Uint8Array>;
  const first = await reader.read();
  await insertMany(10);
  let text = new TextDecoder().decode(first.value);
  for (let part = await reader.read(); !part.done; part = await reader.read())
    text += new TextDecoder().decode(part.value);
  const ids = JSON.parse(text).data.map(({ id }: { id: string }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.length).toBeGreaterThanOrEqual(5_000);
});

test('a statement that takes too long is answered with 503 in the envelope', async () => {
  const locker = await api.database.pool.connect();
  await locker.query('BEGIN; LOCK TABLE account');
  const answer = api.get('/items/account?sort=account_name');
  await until('a statement that waits', 10_000, async () => {
    // What Postgres does itself when the time is over.
    const { rowCount } = await locker.query(
      `SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
    );
    return (rowCount ?? 0) > 0;
  });
  const { status, headers, body } = await answer;
  await locker.query('ROLLBACK');
  locker.release();
  expect([status, body.errors[0].extensions.code, headers.get('retry-after')]).toEqual([
    503,
    'SERVICE_UNAVAILABLE',
    '5',
  ]);
});
