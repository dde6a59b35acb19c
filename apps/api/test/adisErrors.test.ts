import { call, complete, GOOD, ORDERS, order, post, read, told } from './adisSupport';
import type { CuttableWay } from './proxy';
import { type Api, startApi } from './support';

describe('while all is well', () => {
  let api: Api;
  beforeAll(async () => {
    api = await startApi();
  });
  afterAll(() => api.close());

  test.each([
    ['GET', '/adis'],
    ['GET', '/adis/'],
    ['GET', '/adis/nope'],
    ['GET', '/adis/orders/a/b/c/d'],
    ['GET', '/ADIS/nope'],
    ['GET', '/operators'],
    ['GET', '/access/nope'],
    ['POST', '/thngs'],
    ['PUT', '/adis/orders/UNc6n2Bk6GPhh6waRm2mNppb'],
    ['DELETE', '/adis/orders/UNc6n2Bk6GPhh6waRm2mNppb'],
    ['PATCH', '/adis/orders'],
    ['SEARCH', '/adis/orders'],
  ])('%s %s is served by nothing', async (method, path) => {
    const answer = told(await call(api, method, path));
    expect(answer).toEqual({ status: 404, error: `Route ${path} doesn't exist.` });
  });

  test.each(['/adis/orders/%E0%A4%A', '/thngs/%zz', '/operators/%', '/adis/orders/%/events'])(
    '%s cannot be decoded',
    async (path) => {
      expect(told(await read(api, path))).toMatchObject({ status: 400, code: 80000120 });
    },
  );

  test('where an error leads to, its codes are explained', async () => {
    const { tags } = (await api.get('/openapi.json', 'nobody')).body;
    const { moreInfo } = (await read(api, '/adis/nope')).body;
    const [path, anchor] = moreInfo.split('#/');
    expect((await api.get(path, 'nobody')).status).toBe(200);
    const tag = tags.find(({ name }: { name: string }) => name === decodeURIComponent(anchor));
    expect(tag.description).toContain('| 80000130 | 423 |');
  });

  test.each([
    [80000020, '/adis/orders/UNc6n2Bk6GPhh6waRm2mNppb'],
    [80000020, '/adis/orders/nope'],
    [80000020, '/adis/orders/%00'],
    [80000020, '/adis/orders/%00/events'],
    [80000020, '/adis/orders/UNc6n2Bk6GPhh6waRm2mNppb/events/UNc6n2Bk6GPhh6waRm2mNppb'],
    [80000020, '/adis/orders/%00/progress'],
    [undefined, '/thngs/%00'],
    [undefined, '/thngs/UNc6n2Bk6GPhh6waRm2mNppb'],
    [undefined, '/thngs/%00/actions'],
  ])('%s: nothing at %s', async (code, path) => {
    expect(told(await read(api, path))).toMatchObject({ status: 404, ...(code && { code }) });
  });

  test("80000030: an event that is not there, or is another order's", async () => {
    const id = await order(api);
    for (const event of ['nope', '%00', 'UNc6n2Bk6GPhh6waRm2mNppb']) {
      expect(told(await read(api, `${ORDERS}/${id}/events/${event}`))).toMatchObject({
        status: 404,
        code: 80000030,
      });
    }
  });

  test('401: no key, a wrong one, one of another scheme', async () => {
    for (const authorization of [undefined, 'nobody-has-this', 'Basic abc def', 'Bearer', '']) {
      const headers = authorization === undefined ? undefined : { authorization };
      const answer = await call(api, 'GET', ORDERS, { as: 'nobody', headers });
      expect(told(answer)).toEqual({ status: 401, error: expect.any(String) });
    }
    expect(
      (await api.request('GET', `${ORDERS}?access_token=${api.tokens.operator}`, { as: 'nobody' })).status,
    ).toBe(401);
  });

  test('the key as it is, and as everybody writes it elsewhere', async () => {
    for (const head of ['', 'Bearer ', 'bearer  ']) {
      const headers = { authorization: head + api.tokens.reader };
      expect((await call(api, 'GET', ORDERS, { as: 'nobody', headers })).status).toBe(200);
    }
  });

  test('the items keep theirs', async () => {
    const raw = await call(api, 'GET', '/items/product');
    expect([raw.status, raw.body.errors[0].extensions.code]).toEqual([403, 'FORBIDDEN']);
    expect((await api.get('/nope')).body.errors[0].extensions.code).toBe('ROUTE_NOT_FOUND');
  });

  test('a reader may read', async () => {
    const id = await order(api);
    for (const path of [
      ORDERS,
      `${ORDERS}/`,
      `${ORDERS}/${id}`,
      `${ORDERS}/${id}/`,
      `${ORDERS}/${id}/events/`,
    ]) {
      expect((await read(api, path, 'reader')).status).toBe(200);
    }
  });

  test('with a slash at the end it is the same', async () => {
    expect((await post(api, GOOD, { path: `${ORDERS}/` })).status).toBe(201);
  });

  test.each(['perPage=0', 'perPage=101', 'perPage=x', 'perPage=1.5', 'perPage=', 'perPage=1&perPage=2', 'perPage[]=1',
    'sortOrder=UP', 'sortOrder=', 'nextPageToken=x', 'nextPageToken=', 'nextPageToken=eyJhZnRlciI6IngifQ',
    'filter[a]=1'])('80000120: ?%s', async (query) => {
    expect(told(await read(api, `${ORDERS}?${query}`))).toMatchObject({ status: 400, code: 80000120 });
  }); // biome-ignore format: a list

  test.each(['withErrors=1', 'withIds=', 'withIds=TRUE', 'withErrors=true&withErrors=true'])(
    '80000120: ?%s of one order',
    async (query) => {
      const id = await order(api);
      expect(told(await read(api, `${ORDERS}/${id}?${query}`))).toMatchObject({
        status: 400,
        code: 80000120,
      });
    },
  );

  test('an unknown parameter is ignored', async () => {
    expect((await read(api, `${ORDERS}?withScopes=true&project=x`)).status).toBe(200);
  });

  test.each(['', 'tags', 'name=x', 'tags=', 'tags=a,', 'tags!=a', 'identifiers.=a', 'identifiers=a', 'tags=a&', 'tags=%',
    'tags=%zz', 'tags=%00', 'tags=a&size>3', `tags=${'x'.repeat(2000)}`])('80000110: %j', async (filter) => {
    const query = `filter=${encodeURIComponent(filter)}`;
    expect(told(await read(api, `${ORDERS}?${query}`))).toMatchObject({ status: 400, code: 80000110 });
    const id = await order(api);
    expect(told(await read(api, `${ORDERS}/${id}/events?${query}`))).toMatchObject({ code: 80000110 });
  }); // biome-ignore format: a list

  test('what nobody foresaw is 80009999, and says nothing of it', async () => {
    const id = await order(api);
    await complete(api, id);
    await api.database.pool.query('ALTER TABLE adi_order_event RENAME TO away');
    const answer = told(await read(api, `${ORDERS}/${id}/events`));
    await api.database.pool.query('ALTER TABLE away RENAME TO adi_order_event');
    expect(answer).toEqual({ status: 500, code: 80009999, error: 'An unexpected error occurred.' });
  });
});

describe('while the database is away', () => {
  let api: Api;
  let way: CuttableWay;
  beforeAll(async () => {
    api = await startApi({ withWay: true });
    way = api.way as CuttableWay;
  });
  afterAll(() => api.close());

  test('503, and it can be tried again', async () => {
    await way.cut();
    const answer = await read(api, ORDERS);
    expect(told(answer)).toEqual({ status: 503, error: expect.any(String) });
    expect(answer.headers.get('retry-after')).toBe('5');
    await way.mend();
  });
});
