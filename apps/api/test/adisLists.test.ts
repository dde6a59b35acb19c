import { call, completed, GOOD, idsOf, ORDERS, order, perform, post, read } from './adisSupport';
import { type Answer, type Api, type As, startApi } from './support';

let api: Api;
/** Ids of the orders by name. */
const orders = new Map<string, string>();
beforeAll(async () => {
  api = await startApi();
  const add = async (name: string, more: object, as?: As) => {
    const free = { identifierKey: 'free', tags: ['of its Thngs'] };
    orders.set(name, await order(api, { ...GOOD, metadata: free, ...more }, as));
  };
  await add('plain', { purchaseOrder: 'PO-1' });
  await add('tagged', { purchaseOrder: 'PO-2', tags: ['a', 'b,c'] });
  await add('named', { purchaseOrder: 'PO-2', identifiers: { 'gs1:21': '17', erp: 'x' } });
  await add('both', { purchaseOrder: 'P&O 100%', tags: ['a'], identifiers: { 'gs1:21': '18', 'a=b': 'é' } });
  await add('last', { purchaseOrder: 'PO-3' });
  await add('stranger', { purchaseOrder: 'PO-1', tags: ['a'] }, 'stranger');
});
afterAll(() => api.close());

const ALL = ['plain', 'tagged', 'named', 'both', 'last'];

/** Names of the orders in an answer. */
function names({ status, body }: Answer): (string | undefined)[] {
  expect(status).toBe(200);
  const byId = new Map([...orders].map(([name, id]) => [id, name]));
  return body.map(({ id }: { id: string }) => byId.get(id));
}

/** As the official client finds the next page. */
function nextPage(answer: Answer): string | undefined {
  const link = answer.headers.get('link');
  if (link === null) return undefined;
  const [, url, rel] = /^<([^,;<>]+)>; rel="(\w+)"$/.exec(link) ?? [];
  expect(rel).toBe('next');
  expect(url).toMatch(new RegExp(`^${api.url}/adis/orders`));
  return decodeURIComponent(String(url)).slice(api.url.length);
}

async function pages(path: string, as?: As): Promise<(string | undefined)[][]> {
  const found: (string | undefined)[][] = [];
  for (let next: string | undefined = path; next !== undefined; ) {
    const answer: Answer = await read(api, next, as);
    found.push(names(answer));
    next = nextPage(answer);
  }
  return found;
}

test('the newest first, without status, or the oldest', async () => {
  const answer = await read(api, ORDERS);
  expect(names(answer)).toEqual([...ALL].reverse());
  expect(answer.headers.has('link')).toBe(false);
  for (const document of answer.body) expect(document).not.toHaveProperty('status');
  expect(names(await read(api, `${ORDERS}?sortOrder=ASCENDING`))).toEqual(ALL);
  expect(names(await read(api, `${ORDERS}?sortOrder=DESCENDING&perPage=100`))).toEqual([...ALL].reverse());
});

test('an administrator sees all accounts, a stranger his own', async () => {
  expect(names(await read(api, ORDERS, 'admin'))).toEqual(['stranger', ...[...ALL].reverse()]);
  expect(names(await read(api, ORDERS, 'stranger'))).toEqual(['stranger']);
});

test('pages by a link that says everything', async () => {
  expect(await pages(`${ORDERS}?perPage=2`)).toEqual([['last', 'both'], ['named', 'tagged'], ['plain']]);
  expect(await pages(`${ORDERS}/?perPage=3&sortOrder=ASCENDING`)).toEqual([ALL.slice(0, 3), ALL.slice(3)]);
  expect(await pages(`${ORDERS}?perPage=5`)).toEqual([[...ALL].reverse()]);
  const filter = encodeURIComponent('purchaseOrder=PO-1,PO-2,PO-3');
  expect(await pages(`${ORDERS}?perPage=3&sortOrder=ASCENDING&filter=${filter}`)).toEqual([
    ['plain', 'tagged', 'named'],
    ['last'],
  ]);
});

test('what is said beside the token counts', async () => {
  const next = nextPage(await read(api, `${ORDERS}?perPage=2`));
  const answer = await read(api, `${next}&perPage=1`);
  expect(names(answer)).toEqual(['named']);
});

test('orders that come meanwhile move nothing', async () => {
  const first = await read(api, `${ORDERS}?perPage=2`, 'stranger');
  expect(names(first)).toEqual(['stranger']);
  await order(api, { ...GOOD, metadata: { identifierKey: 'free' } }, 'admin');
  const body = await read(api, nextPage(await read(api, `${ORDERS}?perPage=1`)) as string);
  expect(names(body).length).toBe(1);
});

test.each<[string, string[]]>([
  ['tags=a', ['both', 'tagged']],
  ['tags=b%2Cc', ['tagged']],
  ['tags=b,c', []],
  ['tags=nope,a', ['both', 'tagged']],
  ['purchaseOrder=PO-2', ['named', 'tagged']],
  ['purchaseOrder=P%26O 100%25', ['both']],
  ['purchaseOrder=PO-2&tags=a', ['tagged']],
  ['identifiers.gs1:21=17', ['named']],
  ['identifiers.gs1%3A21=17,18', ['both', 'named']],
  ['identifiers.a%3Db=é', ['both']],
  ['identifiers.gs1:21=17&identifiers.erp=x', ['named']],
  ['identifiers.gs1:21=17&identifiers.gs1:21=18', []],
  ['purchaseOrder=po-2', []],
])('filter %s', async (filter, expected) => {
  const query = new URLSearchParams({ filter });
  expect(names(await read(api, `${ORDERS}?${query}`))).toEqual(expected);
});

test('events are listed alike', async () => {
  const id = await completed(api);
  const other = await completed(api);
  const [first] = await idsOf(api, id);
  const path = `${ORDERS}/${id}/events`;
  const events: string[] = [];
  for (const tag of ['x', 'y', 'x']) {
    const body = { metadata: { type: 'scans' }, ids: [first], tags: [tag], identifiers: { n: tag } };
    const answer = await post(api, body, { path });
    events.push(answer.body.id);
    await perform(api, answer.body.id);
  }
  const ids = ({ body }: Answer) => body.map((event: { id: string }) => event.id);
  const newest = [...events].reverse();
  const page = await read(api, `${path}?perPage=2`);
  expect(ids(page)).toEqual(newest.slice(0, 2));
  expect(ids(await read(api, nextPage(page) as string))).toEqual(newest.slice(2));
  expect(ids(await read(api, `${path}/?sortOrder=ASCENDING`))).toEqual(events);
  expect(ids(await read(api, `${path}?filter=tags%3Dx`))).toEqual([events[2], events[0]]);
  expect(ids(await read(api, `${path}?filter=identifiers.n%3Dy`))).toEqual([events[1]]);
  expect(ids(await read(api, `${ORDERS}/${other}/events`))).toEqual([]);
});

test('HEAD answers as GET, without the page', async () => {
  const answer = await call(api, 'HEAD', `${ORDERS}?perPage=1`);
  expect([answer.status, answer.text, answer.headers.has('link')]).toEqual([200, '', true]);
});
