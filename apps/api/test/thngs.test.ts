import {
  addProject,
  FIRST_ACCOUNT_ID,
  type NewOrder,
  type StoredOrder,
  streamOrderCodes,
} from '@codemint/db';
import { ResourceIds } from '@codemint/shared';
import { acceptOrder, FORMER_RING, generated, makeOrder, TWO_KEYS } from './codesSupport';
import { type Answer, type Api, OTHER_ACCOUNT_ID, OTHER_PRODUCT, PRODUCT, startApi } from './support';

let api: Api;
beforeAll(async () => {
  api = await startApi({ settings: TWO_KEYS });
});
afterAll(() => api.close());

interface Made {
  order: StoredOrder;
  codes: string[];
  shortIds: string[] | null;
}

async function make(
  wanted: Partial<NewOrder> & Pick<NewOrder, 'codes'>,
  making?: Parameters<typeof makeOrder>[2],
): Promise<Made> {
  const { pool } = api.database;
  const order = await makeOrder(api, wanted, making);
  const codes: string[] = [];
  const shortIds: string[] = [];
  for await (const page of streamOrderCodes(pool, order)) {
    codes.push(...page.codes);
    shortIds.push(...(page.shortIds ?? []));
  }
  return { order, codes, shortIds };
}

const supplied = (...ids: string[]) => ({ kind: 'supplied', ids }) as const;

function list(query: Record<string, string> = {}, as?: 'stranger' | 'admin'): Promise<Answer> {
  return api.get(`/thngs?${new URLSearchParams(query)}`, as);
}

async function names(query: Record<string, string> = {}, as?: 'stranger' | 'admin'): Promise<string[]> {
  const { status, body } = await list(query, as);
  expect(status).toBe(200);
  return body.map(({ name }: { name: string }) => name);
}

async function idOf(code: string): Promise<string> {
  const { body } = await list({ filter: `identifiers.gs1:21=${encodeURIComponent(code)}` });
  return body[0].id;
}

describe('a Thng', () => {
  it('has what its order says and an identifier of its own', async () => {
    const { id: project } = (
      await addProject(api.database, { accountId: FIRST_ACCOUNT_ID, name: 'Thng project' })
    ).project;
    const { order, codes, shortIds } = await make({
      codes: generated({ quantity: 3 }),
      short: { domain: 'tn.example', defaultRedirectUrl: 'https://example.com/{shortId}' },
      project,
      metadata: {
        identifierKey: 'gs1:21',
        identifiers: { 'gs1:10': 'LOT7' },
        customFields: { plant: { line: 4 } },
        tags: ['spring'],
      },
    });
    const id = await idOf(codes[1] as string);
    const { status, body } = await api.get(`/thngs/${id}`);
    expect(status).toBe(200);
    expect(body).toEqual({
      id,
      createdAt: order.dateUpdated.getTime(),
      updatedAt: order.dateUpdated.getTime(),
      name: codes[1],
      identifiers: { 'gs1:10': 'LOT7', 'gs1:21': codes[1] },
      customFields: { plant: { line: 4 } },
      tags: ['spring'],
      product: PRODUCT,
      project,
      shortId: shortIds?.[1],
      shortUrl: `https://tn.example/${shortIds?.[1]}`,
    });
    expect(id).toMatch(/^[a-zA-Z0-9]{24}$/);
  });

  it('has nothing that its order has not', async () => {
    await make({ codes: supplied('bare'), product: null });
    const { body } = await api.get(`/thngs/${await idOf('bare')}`);
    expect(Object.keys(body)).toEqual(['id', 'createdAt', 'updatedAt', 'name', 'identifiers']);
  });

  it('keeps the id that it got under a former master key', async () => {
    const before = { codes: generated({ quantity: 2 }), product: null, identifierKey: 'old' };
    const { order, codes } = await make(before, { ring: FORMER_RING });
    const place = { kind: 'thng', owner: order.batchId, number: 1, keyVersion: 1 } as const;
    const id = new ResourceIds(FORMER_RING).idOf(place);
    expect((await api.get(`/thngs/${id}`)).body).toMatchObject({ id, name: codes[1] });
    const { body } = await list({ filter: `identifiers.old=${codes[1]}` });
    expect(body).toMatchObject([{ id }]);
  });

  it('is for those who may see its order', async () => {
    await make({ codes: supplied('mine') });
    const id = await idOf('mine');
    const notFound = {
      status: 404,
      errors: ['Thng with the identifier is not found.'],
      moreInfo: expect.any(String),
    };
    const turned = id.replace(/.$/, (last) => (last === 'a' ? 'b' : 'a'));
    for (const answer of [
      await api.get(`/thngs/${id}`, 'stranger'),
      await api.get(`/thngs/${id}/actions`, 'stranger'),
      await api.get(`/thngs/${turned}`),
      await api.get('/thngs/x'),
      await api.get(`/thngs/${'a'.repeat(24)}`),
    ]) {
      expect([answer.status, answer.body]).toEqual([404, notFound]);
    }
    expect((await api.get(`/thngs/${id}`, 'nobody')).status).toBe(401);
    for (const as of ['admin', 'reader'] as const)
      expect((await api.get(`/thngs/${id}`, as)).status).toBe(200);
    const raw = { authorization: api.tokens.operator };
    expect((await api.request('GET', `/thngs/${id}`, { as: 'nobody', headers: raw })).status).toBe(200);
  });
});

describe('the list of Thngs', () => {
  let own: Api;
  beforeAll(async () => {
    [own, api] = [api, await startApi({ settings: TWO_KEYS })];
  });
  afterAll(async () => {
    await api.close();
    api = own;
  });

  let all: string[];
  beforeAll(async () => {
    const first = await make({ codes: generated({ quantity: 130 }), metadata: { tags: ['a', 'b'] } });
    await make({ codes: supplied('taken') });
    const holed = await make({ codes: supplied('s1', 'taken', 's2', first.codes[5] as string, 's3') });
    await make({ codes: supplied('taken', 's1') });
    await acceptOrder(api, { codes: generated({ quantity: 5 }) });
    const last = await make({ codes: generated({ quantity: 7 }), product: null, identifierKey: 'serial' });
    const other = { accountId: OTHER_ACCOUNT_ID, product: { id: OTHER_PRODUCT, gtin: '00012345678905' } };
    await make({ codes: supplied('theirs'), ...other });
    all = [...first.codes, 'taken', ...holed.codes, ...last.codes];
  });

  /** All pages of a list. */
  async function pages(query: Record<string, string>): Promise<string[][]> {
    const found: string[][] = [];
    for (let path: string | undefined = `/thngs?${new URLSearchParams(query)}`; path !== undefined; ) {
      const { body, headers } = await api.get(path);
      found.push(body.map(({ name }: { name: string }) => name));
      const link = headers.get('link');
      expect(link ?? '').not.toContain(',');
      path = /^<(.*)>; rel="next"$/.exec(link ?? '')?.[1]?.slice(api.url.length);
    }
    return found;
  }

  it('has the latest order first, and none that is not completed or another account’s', async () => {
    expect(await names()).toEqual(all.toReversed().slice(0, 30));
    expect(await names({ sortOrder: 'ASCENDING', perPage: '100' })).toEqual(all.slice(0, 100));
    expect(await names({}, 'stranger')).toEqual(['theirs']);
    expect((await names({ perPage: '100' }, 'admin'))[0]).toBe('theirs');
  });

  it.each([
    ['DESCENDING', '1'],
    ['DESCENDING', '9'],
    ['ASCENDING', '4'],
    ['ASCENDING', '66'],
    ['DESCENDING', '100'],
  ])('comes page by page (%s, %s)', async (sortOrder, perPage) => {
    const found = await pages({ sortOrder, perPage });
    expect(found.flat()).toEqual(sortOrder === 'ASCENDING' ? all : all.toReversed());
    for (const page of found.slice(0, -1)) expect(page).toHaveLength(Number(perPage));
  });

  it.each([
    ['perPage', '0', 80000120],
    ['perPage', '101', 80000120],
    ['sortOrder', 'UP', 80000120],
    ['nextPageToken', 'x', 80000120],
    ['filter', 'purchaseOrder=PO-1', 80000110],
    ['filter', 'identifiers.=x', 80000110],
    ['filter', `identifiers.a=${Array.from({ length: 21 }, (_, i) => i)}`, 80000110],
    ['filter', 'identifiers.a=%00', 80000110],
  ])('refuses %s=%s', async (name, value, code) => {
    const { status, body } = await list({ [name]: value });
    expect([status, body.code]).toEqual([400, code]);
  });
});

describe('the filter of Thngs', () => {
  let first: Made;
  let second: Made;
  let project: string;
  beforeAll(async () => {
    project = (await addProject(api.database, { accountId: FIRST_ACCOUNT_ID, name: 'Filtered' })).project.id;
    first = await make({
      codes: generated({ quantity: 60, prefix: 'F' }),
      metadata: { tags: ['red', 'blue'], identifiers: { lot: 'L1', line: 4 } },
      project,
    });
    second = await make({
      codes: supplied('L1', 'x%,&=y'),
      product: null,
      identifierKey: 'lot',
      metadata: { tags: ['blue'], identifiers: { line: '5' } },
    });
  });

  const filtered = (filter: string) => names({ filter, perPage: '100', sortOrder: 'ASCENDING' });

  it('finds by what Thngs of an order have in common', async () => {
    expect(await filtered('tags=red')).toEqual(first.codes);
    expect(await filtered('tags=green,blue')).toEqual([...first.codes, ...second.codes]);
    expect(await filtered(`project=${project}`)).toEqual(first.codes);
    expect(await filtered(`project=${project}&product=/01/00012345678905`)).toEqual([]);
    expect(await filtered('identifiers.line=4,6')).toEqual(first.codes);
    expect(await filtered('identifiers.none=4')).toEqual([]);
  });

  it('finds one by its identifier', async () => {
    const code = first.codes[44] as string;
    expect(await filtered(`identifiers.gs1:21=${code}`)).toEqual([code]);
    expect(await filtered(`identifiers.gs1%3A21=${code},${first.codes[2]},unknown`)).toEqual([
      first.codes[2],
      code,
    ]);
    expect(await filtered(`identifiers.lot=${encodeURIComponent('x%,&=y')}`)).toEqual(['x%,&=y']);
    expect(await filtered(`identifiers.lot=${code}`)).toEqual([]);
  });

  it('finds by all of its conditions', async () => {
    const code = first.codes[7] as string;
    expect(
      await filtered(`tags=red&identifiers.gs1:21=${code}&identifiers.lot=L1&product=${PRODUCT}`),
    ).toEqual([code]);
    expect(await filtered(`tags=green&identifiers.gs1:21=${code}`)).toEqual([]);
    expect(await filtered(`identifiers.gs1:21=${code}&identifiers.lot=L2`)).toEqual([]);
    expect(await filtered(`identifiers.gs1:21=${code}&identifiers.gs1:21=${first.codes[8]}`)).toEqual([]);
  });

  it('finds identifiers and what is in common by the same key, page by page', async () => {
    const both = [...first.codes, 'L1'];
    const filter = 'identifiers.lot=L1';
    expect(await filtered(filter)).toEqual(both);
    expect(await names({ filter, perPage: '2' })).toEqual(both.toReversed().slice(0, 2));
    const { headers } = await list({ filter, perPage: '1' });
    const next = /<(.*)>/.exec(headers.get('link') ?? '')?.[1] as string;
    const { body } = await api.get(next.slice(api.url.length));
    expect(body.map(({ name }: { name: string }) => name)).toEqual([both.at(-2)]);
  });

  it('tells no code of another account, of a job or of an order that is not completed', async () => {
    expect(await names({ filter: `identifiers.gs1:21=${first.codes[0]}` }, 'stranger')).toEqual([]);
    const open = await acceptOrder(api, { codes: supplied('open'), identifierKey: 'lot', product: null });
    expect(open.registration).not.toBeNull();
    expect(await filtered('identifiers.lot=open')).toEqual([]);
  });
});
