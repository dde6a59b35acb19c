import { until } from '../../../tests/support/until';
import { type Api, type As, codes, OTHER_PRODUCT, PRODUCT, startApi } from './support';

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const JOBS = '/items/identifier_job';
const BODY = { product: PRODUCT, quantity: 1_000_000, reference_id: 'Émile' };

let keys = 0;
const newKey = () => `key-${++keys}`;
const post = (key: string, body: unknown = BODY, { path = JOBS, as = 'operator' as As } = {}) =>
  api.request('POST', path, { as, body, headers: { 'idempotency-key': key } });
const issued = async () => {
  const { rows } = await api.database.pool.query(
    'SELECT coalesce(sum(next_index), 0)::text AS codes, (SELECT count(*) FROM identifier_job)::int AS jobs FROM pool',
  );
  return rows[0];
};

test('a repeated million-code POST gives the first answer and burns no numbers', async () => {
  const key = newKey();
  const first = await post(key, BODY, {
    path: `${JOBS}?fields=id,quantity,reference_id,account.account_name`,
  });
  expect(first).toMatchObject({
    status: 200,
    body: { data: { quantity: 1_000_000, reference_id: 'Émile' } },
  });
  expect(first.headers.has('idempotency-replayed')).toBe(false);
  const before = await issued();
  // Later the job is another one; the answer is the first all the same, whatever fields are asked for now.
  await api.request('PATCH', `${JOBS}/${first.body.data.id}`, { body: { reference_id: 'changed' } });
  for (const path of [JOBS, `${JOBS}?fields=status`]) {
    const again = await post(key, BODY, { path });
    expect([again.status, again.text]).toEqual([200, first.text]);
    expect(again.headers.get('content-type')).toBe(first.headers.get('content-type'));
    expect(again.headers.get('idempotency-replayed')).toBe('true');
  }
  expect(await issued()).toEqual(before);
});

test('so does a list', async () => {
  const key = newKey();
  const list = [BODY, { ...BODY, quantity: 5 }];
  const first = await post(key, list);
  expect(first.body.data).toHaveLength(2);
  const before = await issued();
  expect((await post(key, list)).text).toBe(first.text);
  expect(await issued()).toEqual(before);
});

test('without the key each POST makes jobs of its own', async () => {
  const bodies = [await api.post(JOBS, BODY), await api.post(JOBS, BODY)].map(({ body }) => body.data.id);
  expect(new Set(bodies).size).toBe(2);
});

test('the same key with another body is 422; the order of its members is no matter', async () => {
  const key = newKey();
  const first = await post(key);
  const other = await post(key, { ...BODY, quantity: 2 });
  expect([other.status, codes(other)]).toEqual([422, ['UNPROCESSABLE_CONTENT']]);
  expect((await post(key, [BODY])).status).toBe(422);
  const turned = Object.fromEntries(Object.entries(BODY).reverse());
  expect((await post(key, turned)).text).toBe(first.text);
});

test('of ten at once one makes jobs; the others are 409 or get its answer', async () => {
  const key = newKey();
  const before = await issued();
  const answers = await Promise.all(Array.from({ length: 10 }, () => post(key)));
  const served = answers.filter(({ status }) => status === 200);
  expect(new Set(served.map(({ text }) => text)).size).toBe(1);
  for (const answer of answers.filter(({ status }) => status !== 200)) {
    expect([answer.status, codes(answer)]).toEqual([409, ['CONFLICT']]);
  }
  expect((await issued()).jobs).toBe(before.jobs + 1);
});

test("keys are an account's; of an administrator they are his own", async () => {
  const key = newKey();
  const own = await post(key);
  const stranger = await post(key, { ...BODY, product: OTHER_PRODUCT }, { as: 'stranger' });
  const admin = await post(key, BODY, { as: 'admin' });
  expect([stranger.status, admin.status]).toEqual([200, 200]);
  expect(new Set([own, stranger, admin].map(({ body }) => body.data.id)).size).toBe(3);
  expect((await post(key, BODY, { as: 'admin' })).text).toBe(admin.text);
});

test('a reader is refused even where his account has made it before', async () => {
  const key = newKey();
  await post(key);
  const answer = await post(key, BODY, { as: 'reader' });
  expect([answer.status, codes(answer)]).toEqual([403, ['FORBIDDEN']]);
});

test('what was refused made nothing: the same key is tried afresh', async () => {
  const key = newKey();
  const wrong = { product: PRODUCT, quantity: 2_000_000 };
  expect(codes(await post(key, wrong))).toEqual(['FAILED_VALIDATION']);
  expect(codes(await post(key, wrong))).toEqual(['FAILED_VALIDATION']);
  expect((await post(key)).status).toBe(200);
});

test.each(['', 'x'.repeat(256), 'ümlaut'])('%j is no key: 400', async (key) => {
  const answer = await post(key);
  expect([answer.status, codes(answer)]).toEqual([400, ['INVALID_PAYLOAD']]);
});

test('the longest key is one', async () => {
  const key = 'a b~'.padEnd(255, '!');
  expect((await post(key)).text).toBe((await post(key)).text);
});

test('a body nested beyond reason is refused', async () => {
  const answer = await post(newKey(), `{"product":${'['.repeat(100_000)}${']'.repeat(100_000)}}`);
  expect([answer.status, codes(answer)]).toEqual([400, ['INVALID_PAYLOAD']]);
});

test('killed between commit and answer, it has made its jobs, and the repeated request is told of them', async () => {
  const key = newKey();
  const first = await post(key);
  // As a process leaves it that had committed and not yet answered.
  await api.database.pool.query('UPDATE idempotency_key SET answer = NULL WHERE key = $1', [key]);
  const before = await issued();
  const again = await post(key);
  expect([again.status, again.text]).toEqual([200, first.text]);
  expect(again.headers.get('idempotency-replayed')).toBe('true');
  expect(await issued()).toEqual(before);
});

test('a caller who goes away as soon as it is committed gets the answer when he comes again', async () => {
  const key = newKey();
  const leaving = new AbortController();
  const first = fetch(api.url + JOBS, {
    method: 'POST',
    signal: leaving.signal,
    headers: {
      authorization: `Bearer ${api.tokens.operator}`,
      'content-type': 'application/json',
      'idempotency-key': key,
    },
    body: JSON.stringify(BODY),
  }).catch(() => undefined);
  const kept = await until('it is committed', 10_000, async () => {
    const row = await api.database.prisma.idempotency_key.findFirst({ where: { key } });
    return row ?? false;
  });
  leaving.abort();
  await first;
  const before = await issued();
  expect((await post(key)).body.data.id).toBe(kept.made[0]);
  expect(await issued()).toEqual(before);
});

test('a job that is gone by then is told as before, or as missing', async () => {
  const key = newKey();
  const first = await post(key);
  await api.request('DELETE', `${JOBS}/${first.body.data.id}`);
  expect((await post(key)).text).toBe(first.text);
  await api.database.pool.query('UPDATE idempotency_key SET answer = NULL WHERE key = $1', [key]);
  expect(codes(await post(key))).toEqual(['FORBIDDEN']);
});

test('other collections take no notice of the header', async () => {
  const key = newKey();
  const product = (gtin: string) => post(key, { gtin }, { path: '/items/product' });
  expect((await product('12345670')).status).toBe(200);
  expect((await product('09312345552016')).status).toBe(200);
});

test('the answer is the same from another process, as after a restart', async () => {
  const key = newKey();
  const first = await post(key);
  const { url, close } = await api.another();
  const again = await fetch(url + JOBS, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${api.tokens.operator}`,
      'content-type': 'application/json',
      'idempotency-key': key,
    },
    body: JSON.stringify(BODY),
  });
  expect([again.status, await again.text()]).toEqual([200, first.text]);
  await close();
});
