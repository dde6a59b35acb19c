import { FIRST_ACCOUNT_ID } from '@codemint/db';
import { escapeLinkValue } from '@codemint/shared';
import {
  acceptOrder,
  generated,
  importSome,
  makeJob,
  makeOrder,
  makeSliceOf,
  TWO_KEYS,
} from './codesSupport';
import { type Api, ASSET, OTHER_ACCOUNT_ID, OTHER_PRODUCT, PRODUCT, startApi } from './support';

const CODES = '/items/unique_code';
/** All characters of CSET 82 that a link, CSV, JSON or XML does not take as they are. */
const PREFIX = `!"%&'()`;
const SUFFIX = '*+,/:;<=>?';
/** An asset that has a GTIN besides: its orders go by that. */
const CRATE = { id: '/8003/04006381333931', gtin: '00614141999996' };

let api: Api;
/** Numbers of the orders' batches. */
let batches: { sgtin: bigint; odd: bigint; grai: bigint; both: bigint; foreign: bigint };
beforeAll(async () => {
  api = await startApi({ settings: TWO_KEYS });
  const { id, gtin } = CRATE;
  await api.database.prisma.product.createMany({
    data: [id, `/01/${gtin}`].map((path) => ({ id: path, gtin, account_id: FIRST_ACCOUNT_ID })),
  });
  const order = async (more: Omit<Parameters<typeof makeOrder>[1], 'codes'>, codes = generated()) =>
    (await makeOrder(api, { codes, ...more })).batchId;
  batches = {
    sgtin: await order({ short: { domain: 'tn.gg', defaultRedirectUrl: 'https://example.com/{shortId}' } }),
    odd: await order({}, generated({ prefix: PREFIX.slice(0, 4), suffix: SUFFIX.slice(0, 8), quantity: 50 })),
    grai: await order({ product: { id: ASSET, gtin: null } }, generated({ quantity: 20 })),
    both: await order({ product: CRATE }, generated({ quantity: 10 })),
    foreign: await order(
      { product: { id: OTHER_PRODUCT, gtin: '00012345678905' }, accountId: OTHER_ACCOUNT_ID },
      generated({ quantity: 5 }),
    ),
  };
  await order({ product: null, identifierKey: 'serial' }, generated({ quantity: 30 }));
});
afterAll(() => api.close());

interface Code {
  id: string;
  code: string;
  product: string;
  digital_link: string;
  epc_join_key: string;
}

async function list(query: string, as?: 'admin' | 'stranger'): Promise<Code[]> {
  const answer = await api.get(`${CODES}?${query}`, as);
  expect([answer.status, answer.body.errors]).toEqual([200, undefined]);
  return answer.body.data;
}

/** Codes of a batch straight from its chunks, in the order of making. */
async function storedOf(batchId: bigint): Promise<string[]> {
  const { rows } = await api.database.pool.query<{ code: string }>(
    'SELECT code FROM issued_code WHERE batch_id = $1 ORDER BY place',
    [batchId],
  );
  return rows.map(({ code }) => code);
}

test('codes of orders for products are shown, those of short ids and of other keys are not', async () => {
  const { sgtin, odd, grai, both, foreign } = batches;
  const own = await Promise.all([sgtin, odd, grai, both].map(storedOf));
  const items = await list('limit=-1');
  expect(items.map(({ code }) => code)).toEqual(own.flat());
  expect(items).toHaveLength(170);
  expect((await list('limit=-1', 'stranger')).map(({ code }) => code)).toEqual(await storedOf(foreign));
  expect(await list('offset=85&limit=60')).toEqual(items.slice(85, 145));
  expect(await list('offset=40&limit=100&sort=-id')).toEqual(items.toReversed().slice(40, 140));
  const { meta } = (await api.get(`${CODES}?limit=1&meta=*`, 'admin')).body;
  expect(meta).toEqual({ total_count: 175, filter_count: 175 });
});

test('an item has the product, the creator and the time of its order', async () => {
  const { rows } = await api.database.pool.query('SELECT * FROM adi_order WHERE batch_id = $1', [
    batches.grai,
  ]);
  const [code] = await storedOf(batches.grai);
  const filter = `filter[product][_eq]=${encodeURIComponent(ASSET)}`;
  const [item] = await list(`${filter}&limit=1`);
  expect(item).toEqual({
    id: expect.any(String),
    user_created: api.userIds.operator,
    date_created: rows[0].date_created.toISOString(),
    user_updated: null,
    date_updated: null,
    digital_link: `https://id.gs1.org${ASSET}${code}`,
    code,
    product: ASSET,
    identifier_job: null,
    epc_join_key: `${ASSET}${code}`,
    status: 'unassigned',
    type: 'grai',
    custom_id: null,
  });
  expect((await api.get(`${CODES}/${item?.id}`)).body.data).toEqual(item);
  expect((await api.get(`${CODES}/${item?.id}`, 'stranger')).status).toBe(403);
  expect(await list(`filter[id]=${item?.id}&fields=product.product_name`)).toEqual([
    { product: { product_name: 'Crate' } },
  ]);
});

const productFilter = (id: string) => `filter[product]=${encodeURIComponent(id)}`;

test('an asset that has a GTIN has its orders’ codes under the GTIN, and they are found by either', async () => {
  const [item] = await list(`${productFilter(CRATE.id)}&limit=1`);
  expect(item).toMatchObject({
    product: CRATE.id,
    type: 'sgtin',
    epc_join_key: `/01/${CRATE.gtin}/21/${item?.code}`,
  });
  const byCode = `filter[code]=${item?.code}`;
  expect(await list(byCode)).toEqual([item]);
  expect(await list(`${byCode}&${productFilter(CRATE.id)}`)).toEqual([item]);
  expect(await list(`${byCode}&${productFilter(`/01/${CRATE.gtin}`)}`)).toEqual([]);
  const job = await makeJob(api, { type: 'grai', product: CRATE.id, quantity: 3, length: 9 });
  const [made] = await list(`filter[identifier_job]=${job}&limit=1`);
  expect(await list(`filter[code]=${made?.code}&${productFilter(CRATE.id)}`)).toEqual([made]);
  expect((await api.request('DELETE', `/items/identifier_job/${job}`)).status).toBe(204);
});

describe('codes that have to be escaped', () => {
  const PART = 'offset=85&limit=60&fields=code,digital_link,epc_join_key,product.product_name';
  let codes: string[];
  beforeAll(async () => {
    codes = [...(await storedOf(batches.sgtin)).slice(85), ...(await storedOf(batches.odd))].slice(0, 55);
  });

  test('are so in links, in lists and one by one', async () => {
    const items = await list(PART);
    expect(items.slice(0, 55)).toEqual(
      codes.map((code) => {
        const path = `${PRODUCT}/21/${escapeLinkValue(code)}`;
        const product = { product_name: 'Juice' };
        return { code, digital_link: `https://id.gs1.org${path}`, epc_join_key: path, product };
      }),
    );
    const odd = items[5] as Code;
    expect(odd.code.startsWith(PREFIX.slice(0, 4))).toBe(true);
    const found = `filter=${encodeURIComponent(JSON.stringify({ code: odd.code }))}`;
    expect(await list(`${found}&fields=code,digital_link,epc_join_key,product.product_name`)).toEqual([odd]);
    expect(await list(found, 'stranger')).toEqual([]);
  });

  test('are so where each code is looked at', async () => {
    const [, odd] = (await list('offset=90&limit=2')) as [Code, Code];
    const byLink = { digital_link: { _eq: odd.digital_link } };
    expect(await list(`filter=${encodeURIComponent(JSON.stringify(byLink))}`)).toEqual([odd]);
    const part = { code: { _starts_with: PREFIX.slice(0, 4) } };
    const counted = await api.get(
      `${CODES}?filter=${encodeURIComponent(JSON.stringify(part))}&limit=1&meta=filter_count`,
    );
    expect(counted.body.meta).toEqual({ filter_count: 50 });
    expect(counted.body.data).toHaveLength(1);
  });

  test('are exported as each format has it', async () => {
    const items = await list(PART);
    expect((await api.get(`${CODES}?${PART}&export=json`)).body).toEqual(items);
    const csv = (await api.get(`${CODES}?offset=85&limit=60&fields=code&export=csv`)).text.split('\n');
    expect(csv.slice(1)).toEqual(items.map(({ code }) => `"${code.replaceAll('"', '""')}"`));
    const xml = (await api.get(`${CODES}?offset=91&limit=1&fields=code&export=xml`)).text;
    const [{ code }] = items.slice(6) as [Code];
    const escaped = code.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
    expect(xml).toContain(`<code>${escaped}</code>`);
  });
});

test('counts and groups have them', async () => {
  expect(await list('aggregate[count]=*&groupBy=type&sort=type')).toEqual([
    { type: 'grai', count: '20' },
    { type: 'sgtin', count: '150' },
  ]);
  expect(await list('aggregate[count]=*&groupBy[]=product&groupBy[]=identifier_job&sort=-count')).toEqual([
    { product: PRODUCT, identifier_job: null, count: '140' },
    { product: ASSET, identifier_job: null, count: '20' },
    { product: CRATE.id, identifier_job: null, count: '10' },
  ]);
  expect(await list('filter[identifier_job][_null]=true&aggregate[count]=*')).toEqual([{ count: '170' }]);
  expect(await list('filter[identifier_job][_nnull]=true')).toEqual([]);
  expect(await list('aggregate[min]=code&filter[type]=grai')).toEqual([
    { min: { code: (await list('filter[type]=grai&sort=code&limit=1'))[0]?.code } },
  ]);
  expect(await list('filter[user_created]=$CURRENT_USER&aggregate[count]=*')).toEqual([{ count: '170' }]);
});

test('an order that is at work has what is made by then', async () => {
  const product = { id: OTHER_PRODUCT, gtin: '00012345678905' };
  const wanted = { product, accountId: OTHER_ACCOUNT_ID, codes: generated({ quantity: 250, length: 9 }) };
  const { batchId, sliceJobs } = await acceptOrder(api, wanted);
  const before = await list('limit=-1', 'stranger');
  await makeSliceOf(api, sliceJobs[1], { maxChunks: 1 });
  const after = await list('limit=-1', 'stranger');
  expect(after.slice(before.length).map(({ code }) => code)).toEqual(await storedOf(batchId));
  expect(after).toHaveLength(before.length + 40);
});

test('supplied ids are each there once, with their order’s product, once they are registered', async () => {
  const ids = ['a,"b&<%', 'plain-1', 'taken'];
  await importSome(api, [{ product: `/01/${CRATE.gtin}`, code: 'taken' }]);
  const codes = { kind: 'supplied', ids } as const;
  await acceptOrder(api, { product: CRATE, codes: { kind: 'supplied', ids: ['never'] } });
  await makeOrder(api, { product: CRATE, codes });
  const found = await list(`${productFilter(CRATE.id)}&filter[user_created]=$CURRENT_USER&sort=code`);
  const supplied = found.filter(({ code }) => ids.includes(code));
  expect(supplied).toHaveLength(2);
  for (const item of supplied) {
    expect(item).toMatchObject({
      product: CRATE.id,
      type: 'sgtin',
      identifier_job: null,
      user_created: api.userIds.operator,
      epc_join_key: `/01/${CRATE.gtin}/21/${escapeLinkValue(item.code)}`,
    });
    const byCode = `filter=${encodeURIComponent(JSON.stringify({ code: item.code, product: CRATE.id }))}`;
    expect(await list(byCode)).toEqual([item]);
    expect((await api.get(`${CODES}/${item.id}`)).body.data).toEqual(item);
  }
  const imported = `filter[code]=taken&${productFilter(`/01/${CRATE.gtin}`)}`;
  expect((await api.get(`${CODES}?${imported}`, 'admin')).body.data).toHaveLength(1);
  expect(await list(`filter[code]=taken&${productFilter(CRATE.id)}`)).toEqual([]);
});
