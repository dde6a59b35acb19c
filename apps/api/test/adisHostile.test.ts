import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { checkDatabase } from '../../../tests/support/checkDatabase';
import { until } from '../../../tests/support/until';
import {
  complete,
  completed,
  everything,
  GOOD,
  idsOf,
  ORDERS,
  perform,
  post,
  read,
  told,
  withIds,
  withMetadata,
} from './adisSupport';
import {
  bodiesLike,
  hostileHeaders,
  hostileMethod,
  hostileQuery,
  hostileText,
  type RawAnswer,
  type RawRequest,
  segmentsLike,
  sendRaw,
} from './hostile';
import { type Api, OTHER_ACCOUNT_ID, startApi } from './support';

const SHORT = { shortDomain: 'tn.example', defaultRedirectUrl: 'https://x.example/{shortId}' };
/** What `String` cannot make a text of. */
const TRAP = { toString: 1, valueOf: 1 };

let api: Api;
/** Of completed orders, one generated and one supplied. */
let orders: string[];
let ids: string[];
let eventId: string;
let thngId: string;
let thngName: string;
let actionId: string;
let links: string[];

beforeAll(async () => {
  api = await startApi({ settings: { TRUST_PROXY: '1' } });
  const template = {
    ...SHORT,
    identifiers: { trap: TRAP, other: 'a' },
    tags: ['a'],
    customFields: { b: [1] },
  };
  orders = [
    await completed(api, withMetadata(template)),
    await completed(api, { ...withIds('p', 'q', 'r'), tags: ['a'], identifiers: { a: 'b' } }),
    // Its ids are refused: somebody has them.
    await completed(api, withIds('p', 'q', 's')),
  ];
  ids = await idsOf(api, orders[0] as string);
  const path = `${ORDERS}/${orders[0]}/events`;
  const event = await post(api, { metadata: { type: 'scans', tags: ['a'] }, ids: ids.slice(0, 3) }, { path });
  eventId = event.body.id;
  await perform(api, eventId);
  const named = `identifiers.gs1:21=${ids[0]}`;
  const [thng] = (await read(api, `/thngs?filter=${encodeURIComponent(named)}`)).body;
  thngId = thng.id;
  thngName = thng.name;
  [{ id: actionId }] = (await read(api, `/thngs/${thngId}/actions`)).body;
  const { identifiers } = (await read(api, `${ORDERS}/${orders[0]}`)).body.results;
  links = Object.values<string>(identifiers).map((link) => link.slice(api.url.length));
});

afterAll(() => api.close());

const asOperator = (more: Record<string, string> = {}) => ({
  authorization: api.tokens.operator,
  'content-type': 'application/json',
  ...more,
});

/** What every answer of this dialect is, whatever was asked. */
function expectSane({ method }: Pick<RawRequest, 'method'>, { status, headers, text }: RawAnswer): void {
  expect(status).toBeGreaterThanOrEqual(200);
  expect(status).toBeLessThan(500);
  expect(headers).not.toHaveProperty('x-injected');
  if (method === 'HEAD' || method === 'OPTIONS') return;
  const isJson = headers['content-type'] === 'application/json; charset=utf-8';
  if (status >= 400) {
    expect(isJson).toBe(true);
    told({ status, text, body: JSON.parse(text), headers: new Headers(headers as Record<string, string>) });
  } else if (isJson && status !== 307) {
    const body = JSON.parse(text);
    if (!Array.isArray(body))
      expect(Object.keys(body)).not.toEqual(expect.arrayContaining(['errors', 'body']));
  }
}

let sendings = 0;

const isRedirect = (path: string) => /^\/r([/?]|$)/i.test(path);

/** Sends, and expects what must always be so. Short links are the other dialect's. */
async function sent(request: RawRequest): Promise<RawAnswer> {
  // Each from an address of its own: one that has sent too much that is wrong is told nothing any more.
  const headers = { ...request.headers, 'x-forwarded-for': `10.0.${sendings >> 8}.${sendings++ & 255}` };
  const answer = await sendRaw(api, { ...request, headers });
  if (!isRedirect(request.path)) expectSane(request, answer);
  else expect([200, 307, 400, 404, 429]).toContain(answer.status);
  return answer;
}

/** Of what was accepted here. */
const accepted = { orders: new Set<string>(), events: new Set<string>() };

/** Sends a body; a refused one must leave everything as it was. */
async function sentBody(request: RawRequest, kept: Set<string>): Promise<void> {
  const before = await everything(api);
  const answer = await sent(request);
  if (answer.status === 201) kept.add(JSON.parse(answer.text).id);
  else expect(await everything(api)).toEqual(before);
}

const RUNS = { endOnFailure: true } as const;

const ORDER_BODIES = [
  { ...GOOD, tags: ['a'], identifiers: { a: 'b' }, customFields: { a: [1, { b: null }] } },
  withMetadata({ ...SHORT, identifiers: { x: 1 }, tags: ['t'], customFields: {}, targetAccount: OTHER_ACCOUNT_ID }),
  { ...GOOD, idGeneration: { prefix: 'a', suffix: 'b', characterSet: 'N', length: 8, quantity: 3 } },
  { ...withMetadata({ product: undefined, identifierKey: 'free' }), idGeneration: undefined, ids: ['u', 'v', 'w'] },
  withMetadata({ product: `gs1:01:09312345551927`, project: 'p' }),
  {
    ...withMetadata(SHORT),
    fileMetadata: {
      csv: { columns: ['digitalLink', 'shortUrl', 'identifier', 'product'], digitalLinkDomain: 'https://id.example' },
      txt: { value: 'digitalLink', perLine: 2, separator: ';', newLine: '\\r\\n', digitalLinkDomain: 'https://id.example' },
    },
  },
]; // biome-ignore format: short

test('orders of every odd shape are accepted whole or refused without a trace', async () => {
  const property = fc.asyncProperty(bodiesLike(ORDER_BODIES), (body) =>
    sentBody({ method: 'POST', path: ORDERS, headers: asOperator(), body }, accepted.orders),
  );
  await fc.assert(property, { ...RUNS, numRuns: 350 });
});

test('events of every odd shape as well', async () => {
  const bodies = [
    { metadata: { type: 'scans', tags: ['a'], customFields: { a: 1 }, location: {}, timestamp: 1 }, ids: ids.slice(0, 3) },
    { metadata: { type: 'encodings' }, ids, tags: ['a'], identifiers: { a: 'b' }, customFields: { a: 'b' } },
    { metadata: { type: 'scans', project: 'p' }, ids: ['p', 's'] },
  ]; // biome-ignore format: short
  const property = fc.asyncProperty(fc.constantFrom(...orders), bodiesLike(bodies), (order, body) => {
    const path = `${ORDERS}/${order}/events`;
    return sentBody({ method: 'POST', path, headers: asOperator(), body }, accepted.events);
  });
  await fc.assert(property, { ...RUNS, numRuns: 250 });
});

test('headers of every odd kind', async () => {
  const property = fc.asyncProperty(hostileHeaders, fc.boolean(), async (odd, isZipped) => {
    const text = JSON.stringify(GOOD);
    const body = isZipped ? gzipSync(text) : text;
    await sentBody({ method: 'POST', path: ORDERS, headers: asOperator(odd), body }, accepted.orders);
    await sent({ method: 'GET', path: `${ORDERS}?perPage=1`, headers: asOperator(odd) });
  });
  await fc.assert(property, { ...RUNS, numRuns: 150 });
});

test('queries of every odd kind', async () => {
  const paths = [
    ORDERS, `${ORDERS}/${orders[0]}`, `${ORDERS}/${orders[2]}`, `${ORDERS}/${orders[0]}/events`,
    `${ORDERS}/${orders[0]}/events/${eventId}`, '/thngs', '/thngs', `/thngs/${thngId}`, `/thngs/${thngId}/actions`,
    `/thngs/${thngId}/actions/all`, `/thngs/${thngId}/actions/all/${actionId}`, '/access', `/operators/${api.userIds.operator}`,
    `${ORDERS}/${orders[0]}/progress`, `${ORDERS}/${orders[0]}/files/identifiers.csv`, '/r/tn.example/x',
  ]; // biome-ignore format: short
  const before = await everything(api);
  const property = fc.asyncProperty(fc.constantFrom(...paths), hostileQuery, async (path, query) => {
    await sent({ method: 'GET', path: path + query, headers: asOperator() });
  });
  await fc.assert(property, { ...RUNS, numRuns: 700 });
  expect(await everything(api)).toEqual(before);
});

test('paths and methods of every odd kind', async () => {
  const known = [
    'adis', 'orders', 'events', 'files', 'progress', 'thngs', 'actions', 'access', 'operators', 'all', 'r', 'tn.example', 'identifiers.csv',
    ...orders, eventId, thngId, actionId, api.userIds.operator,
  ]; // biome-ignore format: short
  const roots = [
    '/adis', ORDERS, `${ORDERS}/${orders[0]}`, `${ORDERS}/${orders[0]}/events`, `${ORDERS}/${orders[0]}/files`, '/thngs', `/thngs/${thngId}`,
    `/thngs/${thngId}/actions`, `/thngs/${thngId}/actions/all`, '/access', '/operators', '/r/tn.example', '/r',
  ]; // biome-ignore format: short
  const path = fc
    .tuple(
      fc.constantFrom(...roots),
      fc.array(segmentsLike(known), { maxLength: 2 }),
      fc.constantFrom('', '/'),
      hostileQuery,
    )
    .map(([root, segments, slash, query]) => [root, ...segments].join('/') + slash + query);
  const before = await everything(api);
  const property = fc.asyncProperty(hostileMethod, path, async (method, path) => {
    const answer = await sent({ method, path, headers: asOperator() });
    if (method !== 'GET' && method !== 'HEAD' && method !== 'OPTIONS') expect(answer.status).not.toBe(201);
  });
  await fc.assert(property, { ...RUNS, numRuns: 700 });
  expect(await everything(api)).toEqual(before);
});

test('links that were changed lead nowhere', async () => {
  const [csv, txt] = links as [string, string];
  const signature = (link: string) => new URL(link, api.url).searchParams.get('signature') as string;
  const changed = [
    csv.replace('identifiers.csv', 'identifiers.txt'), csv.replace('identifiers.csv', 'Identifiers.csv'), csv.replace('identifiers.csv', 'errors.json'),
    csv.replace(orders[0] as string, orders[1] as string), csv.replace(signature(csv), signature(txt)), csv.replace('expires=1', 'expires=2'),
    csv.replace('expires=', 'expires=0'), csv.replace('expires=', 'expires=+'), `${csv}=`, `${csv}%20`, `${csv}&signature=${signature(csv)}`, csv.slice(0, -1),
    csv.replace('signature=', 'Signature='), csv.replace('expires=', 'expires[]='), csv.replace(/expires=\d+/, '$&&$&'), csv.toLowerCase(),
    csv.replace('/files/', '/files/..%2Ffiles/'), csv.replace(orders[0] as string, '%00'), csv.replace(/signature=.*/, 'signature[__proto__]=a'),
  ]; // biome-ignore format: short
  for (const path of changed) {
    const answer = await sent({ method: 'GET', path });
    expect([path, answer.status === 403 || answer.status === 404]).toEqual([path, true]);
  }
  const property = fc.asyncProperty(
    fc.constantFrom(...links),
    fc.nat(),
    hostileText,
    async (link, at, text) => {
      const [head = '', tail = ''] = link.split('?');
      const cut = at % (tail.length + 1);
      const put = encodeURIComponent(Buffer.from(text).toString()).slice(0, 200);
      const path = `${head}?${tail.slice(0, cut)}${put}${tail.slice(cut + 1)}`;
      const { status } = await sent({ method: 'GET', path });
      if (path !== link && put !== '') expect(status).toBe(403);
    },
  );
  await fc.assert(property, { ...RUNS, numRuns: 80 });
  for (const path of links) expect((await sendRaw(api, { method: 'GET', path })).status).toBe(200);
});

describe('found once', () => {
  const tokenOf = (text: string) => Buffer.from(text).toString('base64url');
  const get = (path: string, headers = asOperator()) => sent({ method: 'GET', path, headers });

  test('U+0000 as the order of a file', async () => {
    const path = `${ORDERS}/%00/files/identifiers.csv?expires=9999999999&signature=x`;
    expect((await get(path, { authorization: '', 'content-type': '' })).status).toBe(403);
  });

  test('U+0000 as the type of actions', async () => {
    expect((await get(`/thngs/${thngId}/actions/%00`)).status).toBeLessThan(500);
    expect((await get(`/thngs/${thngId}/actions/%00/${actionId}`)).status).toBeLessThan(500);
  });

  test.each(['orders', 'thngs'])(
    'half a surrogate pair in the filter of a forged token of %s',
    async (list) => {
      const token = tokenOf('{"after":"1","filter":"identifiers.a=\\ud800"}');
      expect((await get(`${list === 'orders' ? ORDERS : '/thngs'}?nextPageToken=${token}`)).status).toBe(400);
    },
  );

  test('an identifier of Thngs that is no text', async () => {
    const filter = `identifiers.gs1:21=${thngName}&identifiers.trap=x`;
    const { status, text } = await get(`/thngs?filter=${encodeURIComponent(filter)}`);
    expect([status, text]).toEqual([200, '[]']);
  });

  test('a body of 4 MB of wrong values is refused at once', async () => {
    const body = `{"purchaseOrder":"PO","metadata":{"identifierKey":"a"},"ids":[${'0,'.repeat(2_000_000)}0]}`;
    const from = performance.now();
    const { status } = await sent({ method: 'POST', path: ORDERS, headers: asOperator(), body });
    expect(status).toBe(400);
    expect(performance.now() - from).toBeLessThan(3_000);
  });

  test('the host of the API made a short domain by somebody', async () => {
    const body = withMetadata({ ...SHORT, shortDomain: 'localhost' });
    const answer = await post(api, body);
    if (answer.status === 201) accepted.orders.add(answer.body.id);
    const headers = { ...asOperator(), host: 'localhost:3000' };
    for (const path of ['/access', '/thngs']) expect((await get(path, headers)).status).toBe(200);
  });

  test('the short domain is deleted while the order waits for its namespace', async () => {
    const body = withMetadata({ ...SHORT, shortDomain: 'gone.example' });
    const { data: domain } = (await api.post('/items/domain', { domain_name: 'gone.example' })).body;
    const client = await api.database.pool.connect();
    await client.query(`BEGIN; SELECT 1 FROM namespace WHERE kind = 'sgtin' FOR UPDATE`);
    const ordered = post(api, body);
    await until('the order waits', 5_000, async () => {
      const { rows } = await api.database.pool.query(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      return rows.length > 0;
    });
    const gone = api.request('DELETE', `/items/domain/${domain.id}`, { as: 'admin' });
    // Where the order holds the domain it waits for the order.
    await Promise.race([gone, sleep(1_000)]);
    await client.query('COMMIT');
    client.release();
    const answer = await ordered;
    expect((await gone).status).toBeLessThan(500);
    if (answer.status === 201) accepted.orders.add(answer.body.id);
    expect(answer.status).toBeLessThan(500);
  });
});

test('after all of it the database keeps its word', async () => {
  for (const id of accepted.orders) await complete(api, id);
  for (const id of accepted.events) await perform(api, id);
  const { connectionString } = api.database.pool.options as { connectionString: string };
  const { orders: count } = await checkDatabase(connectionString);
  expect(count).toBeGreaterThanOrEqual(orders.length + accepted.orders.size);
  expect(Object.prototype).not.toHaveProperty('polluted');
});
