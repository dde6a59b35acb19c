import { type Caller, codesOf as runCodes } from '@codemint/db';
import { codeId, parseCodeId } from '@codemint/shared';
import { findJobBatch } from '../src/codes/codeBatch';
import { codePages } from '../src/codes/codeSource';
import { acceptJob, FORMER_RING, LARGE, makeJob, makeSliceOf, storedCodes, TWO_KEYS } from './codesSupport';
import {
  type Api,
  ASSET,
  codes as errorCodes,
  OTHER_ACCOUNT_ID,
  OTHER_PRODUCT,
  PRODUCT,
  startApi,
} from './support';

let api: Api;
/** In the order of making. */
let sgtin: string;
let grai: string;
let sscc: string;
let shortCode: string;
let stranger: string;
beforeAll(async () => {
  api = await startApi({ settings: TWO_KEYS });
  sgtin = await makeJob(api, { quantity: 250 });
  grai = await makeJob(api, { type: 'grai', product: ASSET, quantity: 60, length: 16 });
  stranger = await makeJob(api, { product: OTHER_PRODUCT, accountId: OTHER_ACCOUNT_ID, quantity: 30 });
  sscc = await makeJob(api, { type: 'sscc', product: null, ssccCompanyPrefix: '0614141', quantity: 30 });
  const domain = { domainName: 'go.example.com', linkHost: 'go.example.com' };
  shortCode = await makeJob(api, { type: 'short_code', product: null, ...domain, quantity: 10 });
});
afterAll(() => api.close());

const CODES = '/items/unique_code';

interface Code {
  id: string;
  code: string;
  identifier_job: string;
}

async function list(query: string, as?: 'admin' | 'operator' | 'reader' | 'stranger'): Promise<Code[]> {
  const answer = await api.get(`${CODES}?${query}`, as);
  expect(answer.text).toMatch(/^\{"data":\[/);
  expect(answer.status).toBe(200);
  return answer.body.data;
}

const ofJob = (id: string) => `filter[identifier_job][_eq]=${id}`;
const codesOf = (items: readonly Code[]) => items.map(({ code }) => code);

describe('an item', () => {
  const audit = {
    date_created: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*\.\d{3}Z$/),
    user_updated: null,
    date_updated: null,
  };
  const kinds: [string, () => string, (code: string) => object][] = [
    ['an sgtin', () => sgtin, (code) => ({ product: PRODUCT, epc_join_key: `${PRODUCT}/21/${code}` })],
    ['a grai', () => grai, (code) => ({ product: ASSET, epc_join_key: ASSET + code })],
    ['an sscc', () => sscc, (code) => ({ product: null, epc_join_key: `/00/${code}` })],
  ];

  it.each(kinds)('of %s has exactly the documented fields', async (kind, job, more) => {
    const [item] = await list(`${ofJob(job())}&limit=1`);
    const [code = ''] = await storedCodes(api, job());
    const expected = more(code) as { epc_join_key: string };
    expect(item).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/),
      user_created: api.userIds.operator,
      ...audit,
      code,
      digital_link: `https://id.gs1.org${expected.epc_join_key}`,
      identifier_job: job(),
      status: 'unassigned',
      type: kind.split(' ')[1],
      custom_id: null,
      ...expected,
    });
  });

  it('of a short code is on its domain', async () => {
    const [item] = await list(`${ofJob(shortCode)}&limit=1`);
    const [code] = await storedCodes(api, shortCode);
    expect(item).toMatchObject({
      digital_link: `https://go.example.com/${code}`,
      epc_join_key: `/go.example.com/${code}`,
      type: 'short_code',
    });
  });

  it('is read by its id, which says where it stands', async () => {
    const items = await list(`${ofJob(sgtin)}&limit=-1`);
    const places = items.map(({ id }) => parseCodeId(id));
    expect(places.map((place) => place?.position)).toEqual(items.map((_, i) => i));
    expect(new Set(places.map((place) => place?.batch)).size).toBe(1);
    for (const item of [items[0], items[39], items[40], items[249]] as Code[]) {
      expect((await api.get(`${CODES}/${item.id}`)).body).toEqual({ data: item });
      expect((await api.get(`${CODES}/${item.id.toUpperCase()}?fields=code`)).body).toEqual({
        data: { code: item.code },
      });
      expect(await list(`filter[id][_eq]=${item.id}`)).toEqual([item]);
    }
  });

  it('is 403 where there is none, or not for the caller', async () => {
    const [own] = await list(`${ofJob(sgtin)}&limit=1`);
    const [other] = await list(`${ofJob(stranger)}&limit=1`, 'stranger');
    const batch = parseCodeId(own?.id ?? '')?.batch ?? 0n;
    const beyond = codeId(batch, 250);
    const noBatch = codeId(batch + 1000n, 0);
    for (const id of [beyond, noBatch, other?.id, 'nonsense', '00000000-0000-4000-8000-000000000000']) {
      const answer = await api.get(`${CODES}/${id}`);
      expect(answer.status).toBe(403);
      expect(errorCodes(answer)).toEqual(['FORBIDDEN']);
    }
    expect((await api.get(`${CODES}/${own?.id}`, 'stranger')).status).toBe(403);
    expect((await api.get(`${CODES}/${own?.id}`, 'nobody')).status).toBe(403);
    expect((await api.get(`${CODES}/${other?.id}`, 'admin')).status).toBe(200);
  });
});

describe('a list', () => {
  it('has a hundred codes unless asked otherwise', async () => {
    const stored = await storedCodes(api, sgtin);
    expect(codesOf(await list(ofJob(sgtin)))).toEqual(stored.slice(0, 100));
    expect(codesOf(await list(`${ofJob(sgtin)}&limit=-1`))).toEqual(stored);
    expect(await list(`${ofJob(sgtin)}&limit=0`)).toEqual([]);
  });

  it.each([
    [0, 40],
    [39, 2],
    [40, 1],
    [95, 10],
    [119, 1],
    [120, 200],
    [249, 5],
    [250, 5],
    [1e9, 5],
  ])('from %i has the next %i, across chunks and slices', async (offset, limit) => {
    const stored = await storedCodes(api, sgtin);
    const query = `${ofJob(sgtin)}&offset=${offset}&limit=${limit}`;
    expect(codesOf(await list(query))).toEqual(stored.slice(offset, offset + limit));
  });

  it('has pages', async () => {
    const stored = await storedCodes(api, sgtin);
    expect(codesOf(await list(`${ofJob(sgtin)}&page=3&limit=90`))).toEqual(stored.slice(180));
  });

  it('without a filter has the codes of all jobs of the caller in the order of making', async () => {
    const own = [sgtin, grai, sscc, shortCode];
    const stored = (await Promise.all(own.map((job) => storedCodes(api, job)))).flat();
    const items = await list('limit=-1');
    expect(codesOf(items)).toEqual(stored);
    expect(items.map(({ id }) => id)).toEqual(items.map(({ id }) => id).toSorted());
    expect(codesOf(await list('offset=245&limit=80'))).toEqual(stored.slice(245, 325));
    expect(codesOf(await list('limit=-1', 'stranger'))).toEqual(await storedCodes(api, stranger));
    expect(await list('limit=-1', 'admin')).toHaveLength(380);
  });

  it('counts', async () => {
    const counts = { total_count: 350, filter_count: 250 };
    const answer = await api.get(`${CODES}?${ofJob(sgtin)}&limit=1&meta=*`);
    expect(answer.body.meta).toEqual(counts);
    expect(answer.text.startsWith('{"meta":')).toBe(true);
    expect(answer.body.data).toHaveLength(1);
    const [item] = answer.body.data;
    const byCode = await api.get(`${CODES}?filter[code][_eq]=${item.code}&meta=filter_count`);
    expect(byCode.body.meta).toEqual({ filter_count: 1 });
  });

  it('has the asked fields, of related items too', async () => {
    const items = await list(
      `${ofJob(sgtin)}&limit=2&fields=code,product.product_name,identifier_job.quantity`,
    );
    expect(items).toEqual(
      (await storedCodes(api, sgtin))
        .slice(0, 2)
        .map((code) => ({ code, product: { product_name: 'Juice' }, identifier_job: { quantity: 250 } })),
    );
    expect((await api.get(`${CODES}?fields=nope`)).status).toBe(403);
  });

  it('of an unfinished job has what is made by then', async () => {
    const { id, slices } = await acceptJob(api, {
      quantity: 250,
      accountId: OTHER_ACCOUNT_ID,
      product: OTHER_PRODUCT,
    });
    expect(await list(ofJob(id), 'stranger')).toEqual([]);
    await makeSliceOf(api, slices[1], { maxChunks: 2 });
    await makeSliceOf(api, slices[0], { maxChunks: 1 });
    const items = await list(`${ofJob(id)}&limit=-1`, 'stranger');
    expect(codesOf(items)).toEqual(await storedCodes(api, id));
    expect(items).toHaveLength(120);
    expect(parseCodeId(items[40]?.id ?? '')?.position).toBe(100);
    expect(codesOf(await list(`filter[code][_eq]=${items[119]?.code}`, 'stranger'))).toHaveLength(1);
  });
});

describe('a filter', () => {
  it('finds a code by decoding it', async () => {
    for (const job of [sgtin, grai, sscc, shortCode]) {
      const items = await list(`${ofJob(job)}&limit=-1`);
      for (const item of [items[0], items.at(-1)] as Code[]) {
        expect(await list(`filter[code][_eq]=${item.code}`)).toEqual([item]);
        expect(await list(`filter={"code":"${item.code}"}`)).toEqual([item]);
        expect(await list(`filter[code][_eq]=${item.code}&${ofJob(job)}`)).toEqual([item]);
        expect(await list(`filter[code][_eq]=${item.code}&${ofJob(stranger)}`)).toEqual([]);
        expect(await list(`filter[code][_eq]=${item.code}`, 'stranger')).toEqual([]);
        expect(await list(`filter[code][_eq]=${item.code}`, 'admin')).toEqual([item]);
      }
    }
  });

  it('narrows a code by its product', async () => {
    const [item] = await list(`${ofJob(grai)}&offset=7&limit=1`);
    const query = (product: string) =>
      `filter[code][_eq]=${item?.code}&filter[product][_eq]=${encodeURIComponent(product)}`;
    expect(await list(query(ASSET))).toEqual([item]);
    for (const other of [PRODUCT, OTHER_PRODUCT, '/01/00000000000001', 'nonsense']) {
      expect(await list(query(other))).toEqual([]);
    }
  });

  it('finds no code that is not given out', async () => {
    for (const code of ['00000000', 'x', '§§§§', '006141410000000304', `${'a'.repeat(500)}`]) {
      expect(await list(`filter[code][_eq]=${encodeURIComponent(code)}`)).toEqual([]);
    }
  });

  it('on a product has the codes of all its jobs in order', async () => {
    const more = await makeJob(api, { product: OTHER_PRODUCT, accountId: OTHER_ACCOUNT_ID, quantity: 45 });
    const stored = [...(await storedCodes(api, stranger)), ...(await storedCodes(api, more))];
    const filter = `filter[product][_eq]=${encodeURIComponent(OTHER_PRODUCT)}`;
    const items = await list(`${filter}&limit=-1`, 'stranger');
    expect(codesOf(items).filter((code) => stored.includes(code))).toEqual(stored);
    expect(await list(filter)).toEqual([]);
  });

  it('on the status knows the one that there is', async () => {
    expect(await list(`${ofJob(sgtin)}&filter[status][_eq]=unassigned&limit=-1`)).toHaveLength(250);
    expect(await list(`${ofJob(sgtin)}&filter[status][_eq]=encoded`)).toEqual([]);
  });

  it('combines with _and', async () => {
    const [item] = await list(`${ofJob(sgtin)}&limit=1`);
    const both = (job: string) => ({
      _and: [{ code: { _eq: item?.code } }, { identifier_job: { _eq: job } }],
    });
    const query = (filter: object) => `filter=${encodeURIComponent(JSON.stringify(filter))}`;
    expect(await list(query(both(sgtin)))).toEqual([item]);
    expect(await list(query(both(grai)))).toEqual([]);
    expect(await list(query({ _and: [{ identifier_job: sgtin }, { identifier_job: grai }] }))).toEqual([]);
  });

  it.each(['filter[id][_eq]=nonsense', 'limit=-2', 'offset=-1', 'limit=x'])(
    'that says nothing is 400: %s',
    async (query) => {
      const answer = await api.get(`${CODES}?${query}`);
      expect(answer.status).toBe(400);
      expect(errorCodes(answer)).toEqual(['INVALID_QUERY']);
    },
  );
});

it('counts positions over skipped codes', async () => {
  const wanted = { characterSet: 'numeric', length: 6, product: OTHER_PRODUCT, accountId: OTHER_ACCOUNT_ID };
  await makeJob(api, { ...wanted, quantity: 400_000 }, { sizes: LARGE, ring: FORMER_RING });
  const job = await makeJob(api, { ...wanted, quantity: 300 });
  const items = await list(`${ofJob(job)}&limit=-1`, 'stranger');
  expect(codesOf(items)).toEqual(await storedCodes(api, job));
  expect(parseCodeId(items[299]?.id ?? '')?.position).toBeGreaterThan(400);
  for (const item of items) {
    expect((await api.get(`${CODES}/${item.id}`, 'stranger')).body.data).toEqual(item);
    expect(await list(`filter[code][_eq]=${item.code}&${ofJob(job)}`, 'stranger')).toEqual([item]);
  }
});

it('reads a whole job at once', async () => {
  const job = await makeJob(api, { quantity: 35_000 }, { sizes: LARGE });
  const items = await list(`${ofJob(job)}&limit=-1&fields=code`);
  expect(codesOf(items)).toEqual(await storedCodes(api, job));
  expect(codesOf(await list(`${ofJob(job)}&limit=12000&offset=15000&fields=code`))).toEqual(
    codesOf(items.slice(15_000, 27_000)),
  );
});

it('gives no code twice when others are made before it meanwhile', async () => {
  const { id, slices } = await acceptJob(api, { quantity: 6000 }, { sizes: { slice: 3000, chunk: 3000 } });
  await makeSliceOf(api, slices[1], { chunkSize: 3000 });
  const late = await storedCodes(api, id);
  const read: string[] = [];
  const batch = await findJobBatch(api.database.pool, { accountId: null } as Caller, id);
  const selection = { accountId: null, batchIds: [batch?.batchId as bigint] };
  const all = { offset: 0, limit: Number.POSITIVE_INFINITY, descending: false };
  for await (const page of codePages(api.database.pool, selection, all)) {
    if (read.length === 0) await makeSliceOf(api, slices[0], { chunkSize: 3000 });
    if (page.kind === 'generated') read.push(...runCodes(page.run));
  }
  expect(read).toEqual(late);
});
