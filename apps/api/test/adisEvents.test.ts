import { addActionType, addProject, FIRST_ACCOUNT_ID, failEvent } from '@codemint/db';
import {
  completed,
  everything,
  GOOD,
  idsOf,
  ORDERS,
  order,
  perform,
  post,
  read,
  told,
  withIds,
  withMetadata,
} from './adisSupport';
import { type Api, type As, OTHER_ACCOUNT_ID, startApi } from './support';

let api: Api;
let project: string;
let otherProject: string;
/** A generated order that is completed, and its ids. */
let done: string;
let ids: string[];
beforeAll(async () => {
  api = await startApi();
  project = (await addProject(api.database, { accountId: FIRST_ACCOUNT_ID, name: 'Spring' })).project.id;
  otherProject = (await addProject(api.database, { accountId: OTHER_ACCOUNT_ID, name: 'Other' })).project.id;
  await addActionType(api.database, '_packed');
  done = await completed(api);
  ids = await idsOf(api, done);
});
afterAll(() => api.close());

const eventsOf = (orderId: string) => `${ORDERS}/${orderId}/events`;
const event = (more: object = {}) => ({ metadata: { type: 'scans' }, ids: ids.slice(0, 2), ...more });
const send = (
  body: unknown,
  { to = done, as, headers }: { to?: string; as?: As; headers?: Record<string, string> } = {},
) => post(api, body, { path: eventsOf(to), as, headers });

test('an event is accepted, queued, taken, and told with its result', async () => {
  const body = event({
    metadata: {
      type: 'encodings',
      tags: ['t'],
      customFields: { line: 3 },
      location: { lat: 1 },
      more: [null],
    },
    customFields: { a: 1 },
    identifiers: { b: '2' },
    tags: ['c'],
    somethingElse: true,
  });
  const answer = await send(body);
  expect(answer.status).toBe(201);
  const { id, createdAt, updatedAt, ...document } = answer.body;
  expect(answer.headers.get('location')).toBe(`${api.url}${eventsOf(done)}/${id}`);
  expect(updatedAt).toBeGreaterThanOrEqual(createdAt);
  const { ids: _ids, somethingElse: _ignored, ...kept } = body as Record<string, unknown>;
  const waiting = { created: 0, pending: 2, errorsCount: 0 };
  const status = { state: 'pending', requested: 2, events: waiting, ...waiting };
  expect(document).toEqual({ ...kept, status });
  const queued = await api.queue.queues['adi-events'].getJobs();
  expect(queued.map((job) => job.data.event)).toContain(id);
  await perform(api, id);
  const after = await read(api, `${eventsOf(done)}/${id}?withErrors=true&withIds=true`);
  const over = { created: 2, pending: 0, errorsCount: 0, errors: {} };
  expect(after.body).toMatchObject({
    result: 'succeeded',
    ids: ids.slice(0, 2),
    status: { state: 'completed', requested: 2, events: over, ...over },
  });
  const plain = await read(api, `${eventsOf(done)}/${id}/`);
  expect(plain.body).not.toHaveProperty('ids');
  expect(plain.body.status).not.toHaveProperty('errors');
});

test('of supplied ids those that were refused have no Thng', async () => {
  const to = await completed(api, withIds('new-1', ids[0] as string, 'new-2'));
  const errorOf = { code: 80200010, error: expect.any(String) };
  const some = (await send({ ...event(), ids: ['new-2', ids[0]] }, { to })).body.id;
  const none = (await send({ ...event(), ids: [ids[0]] }, { to })).body.id;
  for (const id of [some, none]) await perform(api, id);
  expect((await read(api, `${eventsOf(to)}/${some}?withErrors=true&withIds=true`)).body).toMatchObject({
    result: 'succeeded_with_failures',
    ids: ['new-2', ids[0]],
    status: { created: 1, pending: 0, errorsCount: 1, errors: { [ids[0] as string]: errorOf } },
  });
  expect((await read(api, `${eventsOf(to)}/${none}`)).body).toMatchObject({ result: 'failed' });
});

test('an event that fails as a whole is an error of each id', async () => {
  const { id } = (await send(event())).body;
  await failEvent(api.database.pool, id, 'broken');
  const error = { code: 80109999, error: 'broken' };
  expect((await read(api, `${eventsOf(done)}/${id}?withErrors=true`)).body).toMatchObject({
    result: 'failed',
    status: {
      state: 'completed',
      errorsCount: 2,
      errors: { [ids[0] as string]: error, [ids[1] as string]: error },
    },
  });
});

test("an order's project passes on", async () => {
  const to = await completed(api, withMetadata({ project }));
  const own = { ...event(), ids: (await idsOf(api, to)).slice(0, 1) };
  expect((await send(own, { to })).body.metadata).toEqual({ type: 'scans', project });
  expect((await send(event({ metadata: { type: 'scans', project } }))).status).toBe(201);
});

test('a type that was added', async () => {
  expect((await send(event({ metadata: { type: '_packed' } }))).status).toBe(201);
});

describe('what is refused leaves no trace', () => {
  async function refused(body: unknown, options: Parameters<typeof send>[1] = {}) {
    const before = await everything(api);
    const answer = await send(body, { ...options, headers: { 'idempotency-key': 'refused' } });
    expect(await everything(api)).toEqual(before);
    return told(answer);
  }

  test.each<[number, string, () => unknown]>([
    [80009998, 'no body', () => undefined],
    [80000150, 'a list', () => []],
    [80000150, 'no metadata', () => event({ metadata: undefined })],
    [80000150, 'no type', () => event({ metadata: {} })],
    [80000150, 'type a number', () => event({ metadata: { type: 1 } })],
    [80000150, 'no ids', () => event({ ids: undefined })],
    [80000150, 'empty ids', () => event({ ids: [] })],
    [80000150, 'ids a string', () => event({ ids: 'a' })],
    [80000150, 'an id that is a number', () => event({ ids: [ids[0], 1] })],
    [80000150, 'U+0000', () => event({ ids: ['a\0'] })],
    [80000150, 'tags a string', () => event({ tags: 'a' })],
    [80000050, '20,001 ids', () => event({ ids: Array.from({ length: 20_001 }, (_, i) => `i${i}`) })],
    [80000060, 'an id twice', () => event({ ids: [ids[0], ids[1], ids[0]] })],
    [80000070, 'no such type', () => event({ metadata: { type: 'dances' } })],
    [80000070, 'not added', () => event({ metadata: { type: '_unpacked' } })],
    [80000080, 'an id of no order', () => event({ ids: [ids[0], 'nope'] })],
    [
      80000170,
      "another account's project",
      () => event({ metadata: { type: 'scans', project: otherProject } }),
    ],
  ])('%d: %s', async (code, _name, body) => {
    expect(await refused(body())).toMatchObject({ status: 400, code });
  });

  test("80000080: another order's id", async () => {
    const other = await idsOf(api, await completed(api));
    const { error, code } = await refused(event({ ids: [ids[0], other[0]] }));
    expect(code).toBe(80000080);
    expect(error).toContain(`ids[1]: The order has no identifier "${other[0]}"`);
  });

  test('80000130: the order is in progress', async () => {
    const to = await order(api, withIds('a'));
    expect(await refused({ ...event(), ids: ['a'] }, { to })).toMatchObject({ status: 423, code: 80000130 });
    const generated = await order(api, GOOD);
    expect(await refused({ ...event(), ids: ['a'] }, { to: generated })).toMatchObject({ status: 423 });
  });

  test("80000020: another account's order, or none", async () => {
    expect(await refused(event(), { as: 'stranger' })).toMatchObject({ status: 404, code: 80000020 });
    expect(await refused(event(), { to: 'nope' })).toMatchObject({ status: 404, code: 80000020 });
  });

  test('403: a reader', async () => {
    expect(await refused(event(), { as: 'reader' })).toEqual({ status: 403, error: expect.any(String) });
  });
});

test("another account's events are not there", async () => {
  const { id } = (await send(event())).body;
  for (const path of [eventsOf(done), `${eventsOf(done)}/${id}`]) {
    expect(told(await read(api, path, 'stranger'))).toMatchObject({ status: 404, code: 80000020 });
    expect((await read(api, path, 'admin')).status).toBe(200);
  }
  const other = await completed(api);
  expect(told(await read(api, `${eventsOf(other)}/${id}`))).toMatchObject({ status: 404, code: 80000030 });
});

test('with an Idempotency-Key it is served once', async () => {
  const headers = { 'idempotency-key': 'event-1' };
  const first = await send(event(), { headers });
  const before = await everything(api);
  const again = await send(event(), { headers });
  expect([again.status, again.text]).toEqual([201, first.text]);
  expect(again.headers.get('location')).toBe(first.headers.get('location'));
  expect(await everything(api)).toEqual(before);
  expect(told(await send(event({ tags: ['other'] }), { headers }))).toMatchObject({ status: 422 });
  const other = await completed(api);
  const body = { ...event(), ids: (await idsOf(api, other)).slice(0, 2) };
  expect(told(await send(body, { to: other, headers }))).toMatchObject({ status: 422 });
});
