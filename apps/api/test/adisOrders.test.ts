import { addProject, FIRST_ACCOUNT_ID } from '@codemint/db';
import {
  complete,
  completed,
  everything,
  GOOD,
  idsOf,
  ORDERS,
  order,
  post,
  read,
  told,
  withIds,
  withMetadata,
} from './adisSupport';
import { type Api, OTHER_ACCOUNT_ID, OTHER_PRODUCT, PRODUCT, startApi } from './support';

let api: Api;
let project: string;
beforeAll(async () => {
  api = await startApi();
  const added = await addProject(api.database, { accountId: FIRST_ACCOUNT_ID, name: 'Spring' });
  project = added.project.id;
});
afterAll(() => api.close());

const ID = /^[a-hkmnp-tw-yA-HKMNP-Y0-9]{24}$/;

test('an order is accepted, queued, and answered without its ids', async () => {
  const body = {
    ...withMetadata(
      { identifiers: { lot: 'L1' }, customFields: { colour: ['red'] }, tags: ['a'], project, whatever: 1 },
      withIds('one', 'two'),
    ),
    customFields: { nested: { deep: true } },
    identifiers: { erp: '17' },
    tags: ['x', 'y'],
    fileMetadata: { txt: { value: 'identifier', perLine: 2, separator: ';', newLine: '\\r\\n' } },
    somethingElse: 1,
  };
  const before = Date.now();
  const answer = await post(api, body);
  expect(answer.status).toBe(201);
  const { id, createdAt, updatedAt, ...document } = answer.body;
  expect(id).toMatch(ID);
  expect(answer.headers.get('location')).toBe(`${api.url}${ORDERS}/${id}`);
  expect(createdAt).toBeGreaterThan(before - 5_000);
  expect(updatedAt).toBeGreaterThanOrEqual(createdAt);
  const progress = { created: 0, pending: 2, errorsCount: 0 };
  const {
    ids: _ids,
    somethingElse: _ignored,
    idGeneration: _none,
    ...kept
  } = body as Record<string, unknown>;
  expect(document).toEqual({
    ...kept,
    status: { state: 'pending', requested: 2, adis: progress, ...progress },
  });
  const queued = await api.queue.queues['adi-orders'].getJobs();
  expect(queued.map((job) => job.data.order)).toContain(id);
});

test('generated: defaults are filled in, its slices go into the queue of orders', async () => {
  const id = await order(api, { ...GOOD, purchaseOrder: 'PO-generated' });
  const { body } = await read(api, `${ORDERS}/${id}`);
  expect(body.idGeneration).toEqual({ characterSet: 'AN-47', length: 10, quantity: 5 });
  expect(body).not.toHaveProperty('result');
  expect(body).not.toHaveProperty('results');
  const queued = await api.queue.queues['adi-orders'].getJobs();
  expect(queued.filter((job) => job.data.job === id).map((job) => job.name)).toEqual(['PO-generated']);
});

test.each([
  ['GS1-64w', 12, /^P-[-\w]{12}x$/],
  ['AN-47', 8, /^P-[2-9B-DF-HJ-NP-TV-XZb-df-hj-kmnp-tv-xz]{8}x$/],
  ['UAN-28', 9, /^P-[2-9B-DF-HJ-NP-TV-XZ]{9}x$/],
  ['GS1-36w', 17, /^P-[0-9A-Z]{17}x$/],
  ['N', 10, /^P-\d{10}x$/],
])('%s of length %d', async (characterSet, length, form) => {
  const generation = { characterSet, length, quantity: 50, prefix: 'P-', suffix: 'x' };
  const id = await completed(api, { ...GOOD, idGeneration: generation });
  const ids = await idsOf(api, id);
  expect(new Set(ids).size).toBe(50);
  for (const one of ids) expect(one).toMatch(form);
});

test('when all are there it says so, with links to its files', async () => {
  const id = await completed(api);
  const { body } = await read(api, `${ORDERS}/${id}`);
  const progress = { created: 5, pending: 0, errorsCount: 0 };
  expect(body).toMatchObject({
    result: 'SUCCEEDED',
    status: { state: 'completed', requested: 5, adis: progress, ...progress },
  });
  expect(body).not.toHaveProperty('ids');
  expect(body.status).not.toHaveProperty('errors');
  expect(body.updatedAt).toBeGreaterThan(body.createdAt);
  const file = await api.get(body.results.identifiers.json.slice(api.url.length), 'nobody');
  expect(file.body).toEqual(await idsOf(api, id));
});

test("an id that is somebody's already is an error of that id", async () => {
  const ids = await idsOf(api, await completed(api));
  const some = await completed(api, withIds('new-1', ids[0] as string, 'new-2'));
  const { body } = await read(api, `${ORDERS}/${some}?withErrors=true&withIds=true`);
  expect(body).toMatchObject({ result: 'SUCCEEDED_WITH_FAILURES', ids: ['new-1', ids[0], 'new-2'] });
  const errors = { [ids[0] as string]: { code: 80300010, error: expect.any(String) } };
  const progress = { created: 2, pending: 0, errorsCount: 1, errors };
  expect(body.status).toEqual({ state: 'completed', requested: 3, adis: progress, ...progress });
  const all = await completed(api, withIds('new-2', ids[1] as string));
  expect((await read(api, `${ORDERS}/${all}/`)).body.result).toBe('FAILED');
});

test('codes that cannot be made are errors under a common name', async () => {
  const id = await order(api);
  await api.database.pool.query(
    "UPDATE batch SET status = 'error', error_message = 'broken' WHERE id = (SELECT batch_id FROM adi_order WHERE id = $1)",
    [id],
  );
  const { body } = await read(api, `${ORDERS}/${id}?withErrors=true`);
  expect(body).toMatchObject({
    result: 'FAILED',
    status: { errorsCount: 5, errors: { '*': { code: 80109999, error: 'broken' } } },
  });
});

test('short links: the domain is made, written in any way', async () => {
  const shortLink = {
    shortDomain: 'TN.Example',
    defaultRedirectUrl: 'https://x.example/{shortId}?e={evrythngId}',
  };
  const id = await completed(api, withMetadata(shortLink));
  const again = await completed(api, withMetadata({ ...shortLink, shortDomain: 'tn.example.' }));
  for (const one of [id, again]) expect((await read(api, `${ORDERS}/${one}`)).body.result).toBe('SUCCEEDED');
  expect((await read(api, `${ORDERS}/${id}`)).body.metadata).toMatchObject(shortLink);
  const domains = await api.database.prisma.domain.findMany({
    select: { domain_name: true, account_id: true },
  });
  expect(domains).toEqual([{ domain_name: 'tn.example', account_id: FIRST_ACCOUNT_ID }]);
  const stranger = withMetadata({ ...shortLink, product: undefined });
  expect(told(await post(api, stranger, { as: 'stranger' }))).toMatchObject({ code: 80000150 });
});

test.each(['gs1:01:09312345551927', 'gs1:01:9312345551927', PRODUCT])('the product %s', async (product) => {
  const id = await order(api, withMetadata({ product }));
  const { product: found } = await api.database.prisma.adi_order.findUniqueOrThrow({ where: { id } });
  expect(found).toBe(PRODUCT);
});

test('targetAccount: an administrator orders for any account, others for their own', async () => {
  const body = withMetadata({ targetAccount: OTHER_ACCOUNT_ID, product: OTHER_PRODUCT });
  const id = await order(api, body, 'admin');
  expect((await read(api, `${ORDERS}/${id}`, 'stranger')).body.metadata.targetAccount).toBe(OTHER_ACCOUNT_ID);
  expect((await read(api, `${ORDERS}/${id}`, 'admin')).status).toBe(200);
  expect(told(await read(api, `${ORDERS}/${id}`))).toMatchObject({ status: 404, code: 80000020 });
  await order(api, withMetadata({ targetAccount: FIRST_ACCOUNT_ID.toUpperCase() }));
  await order(api, body, 'stranger');
});

test('withIds: those that were sent at once, generated ones when all are there', async () => {
  const supplied = await order(api, withIds('z', 'a', 'm'));
  expect(await idsOf(api, supplied)).toEqual(['z', 'a', 'm']);
  const generated = await order(api);
  expect(await idsOf(api, generated)).toBeUndefined();
  await complete(api, generated);
  expect(await idsOf(api, generated)).toHaveLength(5);
});

test('identifiers that look like members of objects are told as they are', async () => {
  const ids = ['__proto__', 'constructor', '1'];
  await completed(api, withIds(...ids));
  const id = await completed(api, withIds(...ids));
  const { body } = await read(api, `${ORDERS}/${id}?withErrors=true`);
  expect(Object.keys(body.status.errors).sort()).toEqual([...ids].sort());
});

describe('with an Idempotency-Key', () => {
  let keys = 0;
  const newKey = () => ({ 'idempotency-key': `order-${++keys}` });

  test('a repeated order gives the first answer and makes nothing', async () => {
    const headers = newKey();
    const first = await post(api, GOOD, { headers });
    expect([first.status, first.headers.has('idempotency-replayed')]).toEqual([201, false]);
    const before = await everything(api);
    await complete(api, first.body.id);
    const again = await post(api, GOOD, { headers });
    expect([again.status, again.text]).toEqual([201, first.text]);
    expect(again.headers.get('location')).toBe(first.headers.get('location'));
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(await everything(api)).toMatchObject({ orders: before.orders, pools: before.pools });
  });

  test('also where the process was killed before it could answer', async () => {
    const headers = newKey();
    const first = await post(api, GOOD, { headers });
    await api.database.pool.query('UPDATE idempotency_key SET answer = NULL');
    const again = await post(api, GOOD, { headers });
    expect([again.status, again.text]).toEqual([201, first.text]);
  });

  test('of ten at once one makes an order; the others are 409 or get its answer', async () => {
    const headers = newKey();
    const before = await everything(api);
    const answers = await Promise.all(Array.from({ length: 10 }, () => post(api, GOOD, { headers })));
    const served = answers.filter(({ status }) => status === 201);
    expect(new Set(served.map(({ text }) => text)).size).toBe(1);
    for (const answer of answers.filter(({ status }) => status !== 201)) {
      expect(told(answer)).toEqual({ status: 409, error: expect.any(String) });
    }
    expect((await everything(api)).orders).toBe(before.orders + 1);
  });

  test('another body is 422', async () => {
    const headers = newKey();
    await post(api, GOOD, { headers });
    const answer = await post(api, { ...GOOD, purchaseOrder: 'other' }, { headers });
    expect(told(answer)).toEqual({ status: 422, error: expect.any(String) });
  });

  test('what was refused is tried afresh', async () => {
    const headers = newKey();
    const wrong = withMetadata({ product: '/01/00000000000000' });
    expect(told(await post(api, wrong, { headers })).code).toBe(80000040);
    expect((await post(api, GOOD, { headers })).status).toBe(201);
  });
});
