import { newResourceId, ResourceIds } from '@codemint/shared';
import {
  importSome,
  LARGE,
  makeJob,
  makeOrder as makeOrderOf,
  FORMER_RING as ring,
  storedCodes,
} from './codesSupport';
import { type RawAnswer, sendRaw } from './hostile';
import { type Api, codes, PRODUCT, startApi, wrongFields } from './support';

const PRODUCTS = '/items/product';
let api: Api;
let domains = 0;
let callers = 0;

beforeAll(async () => {
  api = await startApi({ settings: { TRUST_PROXY: '1' } });
});
afterAll(() => api.close());

interface Asking {
  method?: string;
  headers?: Record<string, string>;
  /** Address of the caller, one that nobody had before unless given. */
  from?: string;
}

/** What a host answers: `fetch` sends no Host header of one's own. */
function ask(
  host: string,
  path: string,
  { method = 'GET', headers = {}, from }: Asking = {},
): Promise<RawAnswer> {
  const address = from ?? `10.0.${callers >> 8}.${callers++ & 255}`;
  return sendRaw(api, { method, path, headers: { host, 'x-forwarded-for': address, ...headers } });
}

async function addDomain(name = `d${++domains}.example`): Promise<{ id: string; name: string }> {
  const { body } = await api.post('/items/domain', { domain_name: name });
  return { id: body.data.id, name: body.data.domain_name };
}

/** The codes of a job of a domain. */
async function makeCodes(
  { id, name }: { id: string; name: string },
  product: string | null = null,
  quantity = 3,
) {
  const job = { type: 'short_code', domainId: id, domainName: name, product, quantity } as const;
  return storedCodes(api, await makeJob(api, job, { ring }));
}

/** A completed order of three Thngs: its short ids, and the ids of the Thngs. */
async function makeOrder(domain: string, defaultRedirectUrl: string) {
  const codes = { kind: 'supplied', ids: ['a', 'b', 'c'] } as const;
  const short = { domain, defaultRedirectUrl };
  // A key of its own, or the ids would be taken.
  const wanted = { identifierKey: newResourceId(), product: null, codes, short };
  const { batchId: owner } = await makeOrderOf(api, wanted, { ring, sizes: LARGE });
  const { rows } = await api.database.pool.query<{ codes: Buffer }>(
    'SELECT c.codes FROM adi_order o JOIN chunk c ON c.batch_id = o.short_batch_id WHERE o.batch_id = $1',
    [owner],
  );
  const [row] = rows as [(typeof rows)[0]];
  return [0, 1, 2].map((number) => ({
    shortId: row.codes.toString('utf8', number * 8, number * 8 + 8),
    thng: new ResourceIds(ring).idOf({ kind: 'thng', owner, number, keyVersion: 1 }),
  }));
}

async function redirectAccountTo(url: string | null): Promise<void> {
  await api.database.pool.query('UPDATE account SET account_redirection_url = $1', [url]);
}

async function redirectProductTo(url: string | null): Promise<void> {
  await api.database.pool.query('UPDATE product SET product_redirection_url = $1 WHERE id = $2', [
    url,
    PRODUCT,
  ]);
}

test('a short id of an order leads on, with both placeholders filled', async () => {
  const { name } = await addDomain();
  const links = await makeOrder(name, 'https://a.example/{evrythngId}?s={shortId}&again={shortId}#{other}');
  for (const { shortId, thng } of links) {
    const expected = `https://a.example/${thng}?s=${shortId}&again=${shortId}#{other}`;
    const answer = await ask(name, `/${shortId}`);
    expect([answer.status, answer.headers.location, answer.text]).toEqual([307, expected, '']);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect((await ask('127.0.0.1', `/r/${name}/${shortId}`)).headers.location).toBe(expected);
  }
});

test('a host is known with its port, in capitals, with the dot of the root, escaped and behind a proxy', async () => {
  const domain = await addDomain('bücher.example');
  await redirectProductTo('https://a.example/{shortId}');
  const [code] = (await makeCodes(domain, PRODUCT)) as [string];
  const locations = await Promise.all([
    ask('xn--bcher-kva.example', `/${code}`),
    ask('XN--Bcher-KVA.example:8080', `/${code}`),
    ask('xn--bcher-kva.example.', `/${code}/`),
    ask('xn--bcher-kva.example', `/${code}?utm=1`),
    ask('xn--bcher-kva.example', `/%${code.charCodeAt(0).toString(16)}${code.slice(1)}`),
    ask('xn--bcher-kva.example', `/${code}`, { method: 'HEAD' }),
    ask('10.0.0.7', `/${code}`, { headers: { 'x-forwarded-host': 'xn--bcher-kva.example' } }),
    ask('127.0.0.1', `/r/B%C3%BCcher.example/${code}`),
    ask('127.0.0.1', `/r/bücher.example/${code}`.replace('ü', '%c3%bc'), { method: 'HEAD' }),
  ]);
  for (const { status, headers } of locations) {
    expect([status, headers.location]).toEqual([307, `https://a.example/${code}`]);
  }
});

test('a short code leads to its product’s URL, else to the account’s, else nowhere', async () => {
  const domain = await addDomain();
  const [withProduct] = (await makeCodes(domain, PRODUCT)) as [string];
  const [without] = (await makeCodes(domain)) as [string];
  await importSome(api, [{ code: 'Promo.1', domain: domain.name }] as never);
  await redirectProductTo('https://product.example');
  await redirectAccountTo('https://account.example/?{shortId}');
  const location = async (code: string) => (await ask(domain.name, `/${code}`)).headers.location;
  expect(await location(withProduct)).toBe('https://product.example/');
  expect(await location(without)).toBe(`https://account.example/?${without}`);
  expect(await location('Promo.1')).toBe('https://account.example/?Promo.1');
  await redirectProductTo(null);
  expect(await location(withProduct)).toBe(`https://account.example/?${withProduct}`);
  await redirectAccountTo(null);
  expect((await ask(domain.name, `/${withProduct}`)).status).toBe(404);
});

test.each([
  ['javascript:alert(1)', undefined],
  ['data:text/html,x', undefined],
  ['//evil.example', undefined],
  ['/path', undefined],
  ['{shortId}', undefined],
  ['https://', undefined],
  ['https://a.example/\r\nset-cookie: x=y', 'https://a.example/set-cookie:%20x=y'],
  ['http://b.example', 'http://b.example/'],
  ['HTTPS://bücher.example/ü?ä', 'https://xn--bcher-kva.example/%C3%BC?%C3%A4'],
])('a target is an http(s) URL: %j', async (template, location) => {
  const domain = await addDomain();
  const [code] = (await makeCodes(domain, PRODUCT)) as [string];
  await redirectProductTo(template);
  const answer = await ask(domain.name, `/${code}`);
  expect([answer.status, answer.headers.location]).toEqual([location === undefined ? 404 : 307, location]);
});

test('what leads nowhere is 404: an envelope for programs, a page for people', async () => {
  const { name } = await addDomain();
  for (const path of ['/unknown1', '/%ff', '/%00', `/${'x'.repeat(2_000)}`]) {
    expect((await ask(name, path)).status).toBe(404);
  }
  expect((await ask('127.0.0.1', '/r/nobody.example/unknown1')).status).toBe(404);
  const forProgram = await ask(name, '/unknown1', { headers: { accept: '*/*' } });
  expect(JSON.parse(forProgram.text).errors[0].extensions).toEqual({
    path: '/unknown1',
    code: 'ROUTE_NOT_FOUND',
  });
  expect(forProgram.headers['cache-control']).toBe('no-store');
  const forPerson = await ask(name, '/unknown1', { headers: { accept: 'text/html,*/*;q=0.8' } });
  expect(forPerson.status).toBe(404);
  expect(forPerson.headers['content-type']).toBe('text/html; charset=utf-8');
  expect(forPerson.headers['content-security-policy']).toBe("default-src 'none'");
  expect(forPerson.text).toContain('This link leads nowhere');
});

test('a configured host has short links before the API, for GET of one segment alone', async () => {
  const { id, name } = await addDomain();
  await importSome(api, [{ code: 'access', domain: id }] as never);
  await redirectAccountTo('https://brand.example/{shortId}');
  for (const path of ['/docs/', '/openapi.json']) expect((await ask(name, path)).status).toBe(200);
  expect((await ask(name, '/unknown1')).headers['cache-control']).toBe('no-store');
  expect((await ask(name, '/server/ping')).text).toBe('pong');
  expect((await ask(name, '/items/product')).status).toBe(403);
  expect((await ask(name, '/')).status).toBe(404);
  expect((await ask(name, '/abc', { method: 'POST' })).status).toBe(404);
  expect((await ask(name, '/access')).headers.location).toBe('https://brand.example/access');
  expect((await ask(name, '/thngs')).status).toBe(401);
});

test.each([
  ['an address', '127.0.0.1'],
  ['an IPv6 address', '[::1]:3000'],
  ['no configured domain', 'localhost'],
  ['another', 'api.example.com'],
  ['none', ''],
  ['no name', 'a b'],
  ['too long for a name', 'x'.repeat(254)],
])('a host that is %s serves the API as ever', async (_, host) => {
  for (const path of ['/docs/', '/openapi.json']) expect((await ask(host, path)).status).toBe(200);
  expect((await ask(host, '/unknown1')).status).toBe(404);
});

test('a new domain works within a second or so, though its host was asked before', async () => {
  const name = 'later.example';
  const isShortLink = async () => (await ask(name, '/unknown1')).headers['cache-control'] === 'no-store';
  expect(await isShortLink()).toBe(false);
  await addDomain(name);
  const deadline = Date.now() + 3_000;
  while (!(await isShortLink())) expect(Date.now()).toBeLessThan(deadline);
});

describe('who guesses', () => {
  let code: string;
  let name: string;
  beforeAll(async () => {
    const domain = await addDomain();
    name = domain.name;
    code = (await makeCodes(domain, PRODUCT))[0] as string;
    await redirectProductTo('https://a.example');
  });

  /** Misses one after the other, until one is refused or 100 were not. */
  async function guess(from: string | (() => string)): Promise<number> {
    for (let misses = 0; misses < 100; misses++) {
      const address = typeof from === 'string' ? from : from();
      if ((await ask(name, '/unknown1', { from: address })).status === 429) return misses;
    }
    return 100;
  }

  test('is told nothing after a burst, hits neither, while others are', async () => {
    for (let i = 0; i < 100; i++) await ask(name, `/${code}`, { from: '198.51.100.1' });
    expect(await guess('198.51.100.1')).toBe(30);
    const refused = await ask(name, `/${code}`, { from: '198.51.100.1' });
    expect([refused.status, refused.headers.location]).toEqual([429, undefined]);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(50);
    expect(JSON.parse(refused.text).errors[0].extensions.code).toBe('REQUESTS_EXCEEDED');
    expect((await ask('127.0.0.1', `/r/${name}/${code}`, { from: '198.51.100.1' })).status).toBe(429);
    const page = await ask(name, `/${code}`, { from: '198.51.100.1', headers: { accept: 'text/html' } });
    expect(page.text).toContain('Too many tries');
    expect((await ask(name, `/${code}`, { from: '198.51.100.2' })).status).toBe(307);
    expect((await ask(name, '/server/ping', { from: '198.51.100.1' })).status).toBe(200);
  });

  test('learns no hit by asking all at once', async () => {
    const paths = [...new Array<string>(200).fill('/unknown1'), ...new Array<string>(20).fill(`/${code}`)];
    const answers = await Promise.all(paths.map((path) => ask(name, path, { from: '198.51.100.9' })));
    const told = answers.filter(({ status }) => status === 404).length;
    expect(told).toBeGreaterThan(0);
    expect(told).toBeLessThanOrEqual(30);
    expect((await ask(name, `/${code}`, { from: '198.51.100.9' })).status).toBe(429);
  });

  test('has one IPv6 network, and an IPv4 address however it is written', async () => {
    let host = 0;
    expect(await guess(() => `2001:db8::${(++host).toString(16)}:1`)).toBe(30);
    expect((await ask(name, `/${code}`, { from: '2001:db8:0:0:ffff::' })).status).toBe(429);
    expect((await ask(name, `/${code}`, { from: '2001:db8:0:1::1' })).status).toBe(307);
    expect(await guess('::ffff:198.51.100.20')).toBe(30);
    expect((await ask(name, `/${code}`, { from: '198.51.100.20' })).status).toBe(429);
  });

  test('cannot take another address by a header that no proxy of ours has set', async () => {
    let number = 0;
    expect(await guess(() => `203.0.113.${number++}, 198.51.100.30`)).toBe(30);
  });
});

test('a redirection URL of a product is an http(s) URL when it is set', async () => {
  const at = `${PRODUCTS}/${encodeURIComponent(PRODUCT)}`;
  for (const url of ['javascript:alert(1)', 'a.example', '', 'ftp://a.example/']) {
    const changed = await api.request('PATCH', at, { body: { product_redirection_url: url } });
    expect([changed.status, codes(changed), wrongFields(changed)]).toEqual([
      400,
      ['FAILED_VALIDATION'],
      ['product_redirection_url'],
    ]);
    const made = await api.post(PRODUCTS, { gtin: '614141000012', product_redirection_url: url });
    expect(wrongFields(made)).toEqual(['product_redirection_url']);
  }
  for (const url of ['https://a.example/{shortId}', 'http://bücher.example/ü', null]) {
    const changed = await api.request('PATCH', at, { body: { product_redirection_url: url } });
    expect([changed.status, changed.body.data.product_redirection_url]).toEqual([200, url]);
  }
});

describe('the host of PUBLIC_URL', () => {
  it('stays the API, also where somebody has a domain of that name', async () => {
    const own = await startApi({ settings: { PUBLIC_URL: 'https://api.example/base' } });
    try {
      expect((await own.post('/items/domain', { domain_name: 'api.example' })).status).toBe(200);
      const asked = { method: 'GET', path: '/openapi.json', headers: { host: 'API.example' } };
      expect((await sendRaw(own, asked)).status).toBe(200);
    } finally {
      await own.close();
    }
  });
});
