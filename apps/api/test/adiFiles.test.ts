import { failBatch, failOrder, findOrderOfBatch, type StoredOrder } from '@codemint/db';
import { KeyRing } from '@codemint/shared';
import type { Request } from 'express';
import { type Results, resultsOf } from '../src/adis/files/results';
import { linkSigner } from '../src/adis/files/signedLinks';
import {
  acceptOrder,
  CURRENT_RING,
  FORMER_RING,
  generated,
  LARGE,
  makeOrder,
  makeSliceOf,
  TWO_KEYS,
} from './codesSupport';
import { type Answer, type Api, ASSET, startApi } from './support';

let api: Api;
beforeAll(async () => {
  api = await startApi({ settings: TWO_KEYS });
});
afterAll(() => api.close());

const LINK_DOMAIN = 'https://id.example.com';
const SHORT = { domain: 'tn.example', defaultRedirectUrl: 'https://example.com/{shortId}' };

const make = (wanted: Parameters<typeof makeOrder>[1], making?: Parameters<typeof makeOrder>[2]) =>
  makeOrder(api, wanted, making);

function results(order: StoredOrder, { ring = CURRENT_RING, publicUrl = api.url } = {}): Results {
  const http = { protocol: 'http', host: new URL(api.url).host } as Request;
  return resultsOf(
    { ring, settings: { ...SETTINGS, PUBLIC_URL: publicUrl } },
    http,
    order,
    ring.newestVersion([]) as number,
  );
}

const SETTINGS = {} as Parameters<typeof resultsOf>[0]['settings'];

/** As whoever has the link gets it: without a token. */
function read(link: string | undefined, headers: Record<string, string> = {}): Promise<Answer> {
  return api.request('GET', String(link).slice(api.url.length), { as: 'nobody', headers });
}

async function texts(order: StoredOrder): Promise<Record<'csv' | 'txt' | 'json', string>> {
  const { csv, txt, json } = results(order).identifiers;
  return { csv: (await read(csv)).text, txt: (await read(txt)).text, json: (await read(json)).text };
}

const supplied = (...ids: string[]) => ({ kind: 'supplied', ids }) as const;

describe('the files of an order', () => {
  it('tell its identifiers, one a row, a line or an entry', async () => {
    const order = await make({ codes: supplied('b-2', '-1', 'a,"3"') });
    const { csv, txt, json } = await texts(order);
    expect(csv).toBe('identifier\r\nb-2\r\n-1\r\n"a,""3"""\r\n');
    expect(txt).toBe('b-2\n-1\na,"3"\n');
    expect(JSON.parse(json)).toEqual(['b-2', '-1', 'a,"3"']);
  });

  it('tell generated identifiers in the order of making, over many chunks', async () => {
    const { csv, txt, json } = await texts(await make({ codes: generated({ quantity: 250 }) }));
    const codes = JSON.parse(json) as string[];
    expect(new Set(codes).size).toBe(250);
    expect(csv).toBe(['identifier', ...codes, ''].join('\r\n'));
    expect(txt).toBe(codes.map((code) => `${code}\n`).join(''));
  });

  it('escape generated identifiers where it has to be', async () => {
    const fileMetadata = {
      csv: { columns: ['identifier', 'digitalLink'] },
      txt: { value: 'digitalLink', perLine: 3 },
    };
    const codes = generated({ quantity: 90, prefix: '",/', suffix: '%' });
    const { csv, txt, json } = await texts(await make({ codes, fileMetadata }));
    const ids = JSON.parse(json) as string[];
    expect(ids).toHaveLength(90);
    const link = (id: string) => `https://id.gs1.org/01/09312345551927/21/${encodeURIComponent(id)}`;
    const rows = ids.map((id) => `"${id.replace('"', '""')}",${link(id)}`);
    expect(csv).toBe(['identifier,digitalLink', ...rows, ''].join('\r\n'));
    expect(txt.split(/[,\n]/)).toEqual([...ids.map(link), '']);
    expect(txt.match(/\n/g)).toHaveLength(30);
  });

  it('tell of an order that failed what it had made', async () => {
    const fileMetadata = { csv: { columns: ['identifier', 'shortUrl'] } };
    const wanted = { codes: generated({ quantity: 90 }), short: SHORT, fileMetadata };
    const { id, batchId, sliceJobs } = await acceptOrder(api, wanted);
    const [codes, shortIds] = sliceJobs;
    await makeSliceOf(api, codes, { maxChunks: 2 });
    await makeSliceOf(api, shortIds, { maxChunks: 1 });
    await failOrder(api.database.pool, id, 'no such key');
    await failBatch(api.database.pool, BigInt(shortIds?.batchId ?? 0), 'no such key');
    const order = (await findOrderOfBatch(api.database.pool, batchId, null)) as StoredOrder;
    const { csv, txt, json } = await texts(order);
    expect(JSON.parse(json)).toHaveLength(40);
    expect([csv, txt].map((text) => text.match(/\n/g)?.length)).toEqual([41, 40]);
    expect(csv).not.toContain('undefined');
    const error = { code: 80109999, error: 'no such key' };
    expect((await read(results(order).errors?.json)).body).toEqual({ '*': error });
  });

  it('are named after the purchase order and of their type', async () => {
    const order = await make({ codes: generated({ quantity: 1 }), purchaseOrder: 'PO/7 é' });
    const { csv, txt, json } = results(order).identifiers;
    const types = [csv, txt, json].map(async (link) => (await read(link)).headers.get('content-type'));
    expect(await Promise.all(types)).toEqual([
      'text/csv; charset=utf-8',
      'text/plain; charset=utf-8',
      'application/json; charset=utf-8',
    ]);
    expect((await read(csv)).headers.get('content-disposition')).toBe(
      `attachment; filename="PO_7 _.identifiers.csv"; filename*=UTF-8''PO_7%20%C3%A9.identifiers.csv`,
    );
  });

  it('have the columns that were asked for, in their order', async () => {
    const order = await make({
      codes: supplied('A/1', 'B%2'),
      short: SHORT,
      fileMetadata: {
        csv: {
          columns: ['product', 'identifier', 'shortUrl', 'digitalLink'],
          digitalLinkDomain: `${LINK_DOMAIN}/brand/`,
        },
        txt: { value: 'shortUrl' },
      },
    });
    const { csv, txt } = await texts(order);
    const urls = txt.trimEnd().split('\n');
    for (const url of urls) expect(url).toMatch(/^https:\/\/tn\.example\/[0-9A-Za-z]{8}$/);
    const link = `${LINK_DOMAIN}/brand/01/09312345551927/21`;
    expect(csv.split('\r\n')).toEqual([
      'product,identifier,shortUrl,digitalLink',
      `/01/09312345551927,A/1,${urls[0]},${link}/A%2F1`,
      `/01/09312345551927,B%2,${urls[1]},${link}/B%252`,
      '',
    ]);
  });

  it.each([
    ['on the host of the order without a domain', undefined, 'https://id.gs1.org'],
    ['on a domain with a slash', 'https://x.example/', 'https://x.example'],
  ])('have digital links %s', async (_case, digitalLinkDomain, base) => {
    const fileMetadata = { txt: { value: 'digitalLink', digitalLinkDomain } };
    const { txt } = await texts(
      await make({ codes: supplied(`L${digitalLinkDomain?.length}`), fileMetadata }),
    );
    expect(txt).toBe(`${base}/01/09312345551927/21/L${digitalLinkDomain?.length}\n`);
  });

  it('have digital links of assets', async () => {
    const { txt } = await texts(
      await make({
        codes: supplied('+7'),
        product: { id: ASSET, gtin: null },
        fileMetadata: { txt: { value: 'digitalLink' } },
      }),
    );
    expect(txt).toBe('https://id.gs1.org/8003/09312345551927%2B7\n');
  });

  it.each([
    [{ perLine: 2 }, 'a,b\nc,d\ne\n'],
    [{ perLine: 3, separator: ' | ' }, 'a | b | c\nd | e\n'],
    [{ perLine: 2, separator: '', newLine: '\\r\\n' }, 'ab\r\ncd\r\ne\r\n'],
    [{ newLine: '\r\n' }, 'a\r\nb\r\nc\r\nd\r\ne\r\n'],
    [{ perLine: 20_000, separator: ';', newLine: '' }, 'a;b;c;d;e'],
  ])('have lines of %j', async (txt, expected) => {
    const product = null;
    const identifierKey = `k${JSON.stringify(txt)}`;
    const codes = supplied('a', 'b', 'c', 'd', 'e');
    expect((await texts(await make({ codes, product, identifierKey, fileMetadata: { txt } }))).txt).toBe(
      expected,
    );
  });

  it('tell what went wrong, where anything did', async () => {
    const clean = await make({ codes: supplied('taken', '10', 'taken2') });
    expect(results(clean).errors).toBeUndefined();
    const order = await make({ codes: supplied('taken', 'free', '10') });
    const errors = await read(results(order).errors?.json);
    const error = { code: 80300010, error: expect.stringMatching(/\.$/) };
    expect(errors.body).toEqual({ taken: error, '10': error });
    expect(errors.text.indexOf('"taken"')).toBeLessThan(errors.text.indexOf('"10"'));
    expect((await texts(order)).txt).toBe('free\n');
    expect((await texts(await make({ codes: supplied('taken') }))).json).toBe('[]');
  });

  it('come whole or not at all: compressed, and with HEAD', async () => {
    const order = await make({ codes: generated({ quantity: 200 }) });
    const link = results(order).identifiers.txt;
    const plain = await read(link, { 'accept-encoding': 'identity' });
    expect(plain.headers.get('content-encoding')).toBeNull();
    const packed = await read(link, { 'accept-encoding': 'gzip' });
    expect(packed.headers.get('content-encoding')).toBe('gzip');
    expect(packed.text).toBe(plain.text);
    const head = await api.request('HEAD', link.slice(api.url.length), { as: 'nobody' });
    expect([head.status, head.text]).toEqual([200, '']);
  });

  it('of 20,000 identifiers are there in a moment', async () => {
    const order = await make({ codes: generated({ quantity: 20_000 }) }, { sizes: LARGE });
    const link = results(order).identifiers.csv;
    await read(link);
    const startMs = performance.now();
    const { text } = await read(link, { 'accept-encoding': 'identity' });
    const tookMs = performance.now() - startMs;
    expect(text.split('\r\n')).toHaveLength(20_002);
    expect(tookMs).toBeLessThan(1_000);
  });
});

describe('a link', () => {
  let order: StoredOrder;
  beforeAll(async () => {
    order = await make({ codes: supplied('linked', 'too') });
  });

  const broken = 'This link does not hold or has ended. Read the order for a new one.';

  it('is an absolute URL without a comma, new with each read, for 30 minutes', () => {
    const link = results(order, { publicUrl: 'https://codes.example.com/api/' }).identifiers.csv;
    const url = new URL(link);
    expect(url.origin + url.pathname).toBe(
      `https://codes.example.com/api/adis/orders/${order.id}/files/identifiers.csv`,
    );
    expect(link).not.toContain(',');
    const leftMs = Number(url.searchParams.get('expires')) * 1000 - Date.now();
    expect(leftMs).toBeGreaterThan(29 * 60_000);
    expect(leftMs).toBeLessThanOrEqual(30 * 60_000);
  });

  it('takes the address of the request where none is set', () => {
    const http = { protocol: 'http', host: 'here:1' } as Request;
    const { identifiers } = resultsOf(
      { ring: CURRENT_RING, settings: SETTINGS },
      http,
      order,
      CURRENT_RING.newestVersion([]) as number,
    );
    expect(identifiers.json).toMatch(/^http:\/\/here:1\/adis\//);
  });

  it('needs no key and passes over headers', async () => {
    const headers = {
      'content-type': 'application/json',
      'x-amz-acl': 'public-read',
      authorization: 'wrong',
    };
    expect((await read(results(order).identifiers.txt, headers)).text).toBe('linked\ntoo\n');
  });

  it('of a former master key still holds, of an unknown one does not', async () => {
    expect((await read(results(order, { ring: FORMER_RING }).identifiers.txt)).status).toBe(200);
    const stranger = new KeyRing(new Map([[2, Buffer.alloc(32, 9)]]));
    expect((await read(results(order, { ring: stranger }).identifiers.txt)).status).toBe(403);
  });

  it('of a retired master key holds no longer, and the next one is of another', async () => {
    const { pool } = api.database;
    const before = results(order).identifiers.txt;
    await pool.query('INSERT INTO retired_key (version) VALUES (2)');
    try {
      expect((await read(before)).status).toBe(403);
      const { body } = await api.request('GET', `/adis/orders/${order.id}`, {
        as: 'nobody',
        headers: { authorization: api.tokens.operator },
      });
      expect(body.results.identifiers.txt).not.toContain(new URL(before).searchParams.get('signature'));
      expect((await read(body.results.identifiers.txt)).status).toBe(200);
    } finally {
      await pool.query('DELETE FROM retired_key');
    }
    expect((await read(before)).status).toBe(200);
  });

  it.each<[string, (link: URL) => void]>([
    ['whose file was changed', (link) => (link.pathname = link.pathname.replace('.txt', '.csv'))],
    ['whose file is none', (link) => (link.pathname = link.pathname.replace('.txt', '.pdf'))],
    ['whose order was changed', (link) => (link.pathname = link.pathname.replace(order.id, 'a'.repeat(24)))],
    ['whose order is none', (link) => (link.pathname = link.pathname.replace(order.id, '%00'))],
    ['that was made to last', (link) => link.searchParams.set('expires', '9999999999')],
    ['whose end is no number', (link) => link.searchParams.set('expires', 'x')],
    ['without its end', (link) => link.searchParams.delete('expires')],
    ['without its signature', (link) => link.searchParams.delete('signature')],
    ['with two signatures', (link) => link.searchParams.append('signature', 'x')],
    ['that was cut', (link) => (link.search = link.search.slice(0, -1))],
    ['with more behind it', (link) => (link.search += '!')],
    [
      'with another letter',
      (link) => (link.search = link.search.replace(/.$/, (c) => (c === 'A' ? 'B' : 'A'))),
    ],
  ])('%s is refused', async (_case, change) => {
    const link = new URL(results(order).identifiers.txt);
    change(link);
    expect(await read(link.href)).toMatchObject({
      status: 403,
      body: { status: 403, errors: [broken], moreInfo: expect.any(String) },
    });
  });

  it('that has ended is refused', async () => {
    const link = new URL(results(order).identifiers.txt);
    const expires = Math.floor(Date.now() / 1000);
    const { id: orderId, accountId } = order;
    const target = { accountId, orderId, file: 'identifiers.txt', expires } as const;
    link.searchParams.set('expires', String(expires));
    link.searchParams.set('signature', linkSigner(CURRENT_RING, 2)(target));
    const { status, body } = await read(link.href);
    expect([status, body.errors, body.code]).toEqual([403, [broken], undefined]);
  });

  it('is told to nobody by the log', async () => {
    const link = new URL(results(order).identifiers.txt);
    await read(link.href);
    const line = api.logged.findLast((text) => text.includes(`${order.id}/files/`));
    expect(line).not.toContain(link.searchParams.get('signature'));
  });
});
