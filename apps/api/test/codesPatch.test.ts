import { createReservations, FIRST_ACCOUNT_ID, type NewJob } from '@codemint/db';
import { codeId, parseCodeId, ValidationError } from '@codemint/shared';
import { generated, importSome, LARGE, makeJob, makeOrder, type Sizes, TWO_KEYS } from './codesSupport';
import { type Answer, type Api, ASSET, codes, OTHER_PRODUCT, startApi, wrongFields } from './support';

const CODES = '/items/unique_code';
const IMPORTED = ['00000000-0000-4000-8000-000000000001', 'f0de0000-0000-4000-8000-000000000002'] as const;

interface Code {
  id: string;
  status: string;
  reservation?: string | null;
}

let api: Api;
beforeAll(async () => {
  api = await startApi({ settings: { ...TWO_KEYS, CODEMINT_MAX_QUANTITY: '50000' } });
  await importSome(api, [
    { product: ASSET, code: 'one', id: IMPORTED[0] },
    { product: ASSET, code: 'two', id: IMPORTED[1] },
  ]);
});
afterAll(() => api.close());

const make = (wanted: Partial<NewJob>, making?: { sizes: Sizes }) => makeJob(api, wanted, making);

const patch = (
  body: unknown,
  { path = '', as }: { path?: string; as?: 'reader' | 'stranger' | 'admin' } = {},
) => api.request('PATCH', `${CODES}${path}`, { body, as });

function done(answer: Answer) {
  expect([answer.status, answer.body?.errors]).toEqual([200, undefined]);
  return answer.body.data;
}

async function codesOf(job: string): Promise<Code[]> {
  const query = `filter[identifier_job][_eq]=${job}&fields=id,status,reservation&limit=-1`;
  return done(await api.get(`${CODES}?${query}`));
}

async function counts(job: string): Promise<Record<string, number>> {
  const query = `filter[identifier_job][_eq]=${job}&aggregate[count]=*&groupBy=status`;
  const groups = done(await api.get(`${CODES}?${query}`));
  return Object.fromEntries(
    groups.map(({ status, count }: { status: string; count: string }) => [status, Number(count)]),
  );
}

/** What the batch's counter says, and what it has to say. */
async function stock(job: string) {
  const { rows } = await api.database.pool.query(
    'SELECT b.unassigned FROM batch b JOIN identifier_job j ON j.batch_id = b.id WHERE j.id = $1',
    [job],
  );
  return rows[0].unassigned;
}

async function newProduct(gtin: string): Promise<string> {
  return done(await api.post('/items/product', { gtin })).id;
}

/** As many codes of the product as there are, up to a quantity; undefined where there are none. */
async function reserve(product: string, quantity: number): Promise<string | undefined> {
  const reservation = {
    id: null, userId: null, accountId: FIRST_ACCOUNT_ID, product, domain: null, characterSet: null, length: null,
    quantity, allowPartial: true, reservedFor: null, referenceId: null, purchaseOrder: null, exportType: 'csv' as const,
  }; // biome-ignore format: nothing but the quantity matters
  const ids = await createReservations(api.database, [reservation]).catch((error: unknown) => {
    if (error instanceof ValidationError) return [];
    throw error;
  });
  return ids[0];
}

describe('one code', () => {
  test('takes any of the four states, and is answered as it is then', async () => {
    const job = await make({ quantity: 3 });
    const [, code] = (await codesOf(job)) as [Code, Code];
    const before = done(await api.get(`${CODES}/${code.id}`));
    for (const status of ['reserved', 'encoded', 'assigned', 'unassigned', 'assigned']) {
      const item = done(await patch({ status }, { path: `/${code.id.toUpperCase()}` }));
      expect(item).toEqual({ ...before, status });
      expect(done(await api.get(`${CODES}/${code.id}`))).toEqual(item);
    }
    expect(await counts(job)).toEqual({ assigned: 1, unassigned: 2 });
    expect(await stock(job)).toBe(2);
    expect(done(await patch({ status: 'encoded' }, { path: `/${code.id}?fields=status` }))).toEqual({
      status: 'encoded',
    });
  });

  test('keeps what else is sent', async () => {
    const [code] = (await codesOf(await make({ quantity: 1 }))) as [Code];
    const before = done(await api.get(`${CODES}/${code.id}`));
    const body = { ...before, code: 'x', custom_id: 'mine', reservation: IMPORTED[0], nothing: 1 };
    expect(done(await patch(body, { path: `/${code.id}` }))).toEqual(before);
    expect(done(await patch({}, { path: `/${code.id}` }))).toEqual(before);
  });

  test('came from outside, or belongs to an order', async () => {
    expect(done(await patch({ status: 'encoded' }, { path: `/${IMPORTED[1]}` }))).toMatchObject({
      id: IMPORTED[1],
      status: 'encoded',
    });
    const { batchId } = await makeOrder(api, { codes: generated({ quantity: 5 }) });
    const path = `/${codeId(batchId, 4)}`;
    expect(done(await patch({ status: 'assigned' }, { path }))).toMatchObject({ status: 'assigned' });
    const { rows } = await api.database.pool.query('SELECT unassigned FROM batch WHERE id = $1', [batchId]);
    expect(rows).toEqual([{ unassigned: null }]);
  });
});

describe('refused', () => {
  let job: string;
  let code: Code;
  beforeAll(async () => {
    job = await make({ quantity: 3 });
    code = (await codesOf(job))[0] as Code;
  });

  test.each([['new'], ['Encoded'], [''], [null], [7], [['encoded']], [{}]])('a status %j', async (status) => {
    for (const answer of [
      await patch({ status }, { path: `/${code.id}` }),
      await patch({ keys: [code.id], data: { status } }),
      await patch({ query: { filter: { identifier_job: job } }, data: { status } }),
      await patch([{ id: code.id, status }]),
    ]) {
      expect([answer.status, codes(answer), wrongFields(answer)]).toEqual([
        400,
        ['FAILED_VALIDATION'],
        ['status'],
      ]);
      if (typeof status === 'string') {
        expect(answer.body.errors[0].message).toContain('"unassigned", "reserved", "assigned", "encoded"');
      }
    }
  });

  test('a code that is not there or not the caller’s, and nothing is changed', async () => {
    const { batch } = parseCodeId(code.id) as { batch: bigint };
    const unknown = [
      codeId(batch, 3),
      codeId(batch + 1_000n, 0),
      'f0de0000-0000-4000-8000-0000000000aa',
      'x',
    ];
    for (const id of unknown) {
      expect((await patch({ status: 'encoded' }, { path: `/${id}` })).status).toBe(403);
      expect((await patch({ keys: [code.id, id], data: { status: 'encoded' } })).status).toBe(403);
      expect((await patch([{ id: code.id, status: 'encoded' }, { id, status: 'encoded' }])).status).toBe(403);
    } // biome-ignore format: a list on a line
    for (const as of ['stranger', 'reader'] as const) {
      for (const answer of [
        await patch({ status: 'encoded' }, { path: `/${code.id}`, as }),
        await patch({ keys: [code.id, IMPORTED[0]], data: { status: 'encoded' } }, { as }),
      ]) {
        expect([answer.status, codes(answer)]).toEqual([403, ['FORBIDDEN']]);
        expect(answer.body.errors[0].message).toContain('"update" for the field(s) "status"');
      }
    }
    const query = { filter: { identifier_job: job } };
    expect((await patch({ query, data: { status: 'encoded' } }, { as: 'reader' })).status).toBe(403);
    expect(done(await patch({ query, data: { status: 'encoded' } }, { as: 'stranger' }))).toEqual([]);
    expect(await counts(job)).toEqual({ unassigned: 3 });
  });

  test('a body or a parameter that is wrong, and nothing is changed', async () => {
    const status = 'encoded';
    const query = { filter: { identifier_job: job } };
    const bodies = [
      'x', { status }, { keys: [code.id] }, { query }, { keys: [code.id], query, data: { status } }, { keys: 'x', data: { status } },
      [7], { query: 7, data: { status } }, { query, data: 7 }, { query: { filter: { code: { _lt: 'a' } } }, data: { status } },
    ]; // biome-ignore format: a list at a glance
    for (const body of bodies) expect([body, (await patch(body)).status]).toEqual([body, 400]);
    const all = { query, data: { status } };
    expect((await patch(all, { path: '?fields=nothing' })).status).toBe(403);
    expect((await patch({ query: { filter: { nothing: 1 } }, data: { status } })).status).toBe(403);
    expect(await counts(job)).toEqual({ unassigned: 3 });
  });

  test('a query that says neither which codes nor how many', async () => {
    const data = { status: 'encoded' };
    const queries = [
      {}, { filter: {} }, { filter: null }, { filter: '{}' }, { filter: { _and: [] } }, { filter: { _or: [{}, { identifier_job: job }] } },
      { filters: { identifier_job: job } }, { filter: { status: {} } }, { search: '' }, { sort: 'id', offset: 1, limit: null },
    ]; // biome-ignore format: a list at a glance
    for (const query of queries) {
      const answer = await patch({ query, data });
      expect([query, answer.status, codes(answer)]).toEqual([query, 400, ['INVALID_PAYLOAD']]);
      expect(answer.body.errors[0].message).toMatch(/"filter" that says which codes .* "limit" \(-1 for all/);
    }
    expect(await counts(job)).toEqual({ unassigned: 3 });
    const own = await startApi({ settings: TWO_KEYS });
    try {
      const few = await makeJob(own, { quantity: 3 });
      const set = (limit: number, status: string) =>
        own.request('PATCH', CODES, { body: { query: { limit }, data: { status } } });
      expect(done(await set(1, 'reserved'))).toHaveLength(1);
      const all = done(await set(-1, 'encoded'));
      expect(all).toHaveLength(3);
      for (const code of all) expect(code).toMatchObject({ identifier_job: few, status: 'encoded' });
    } finally {
      await own.close();
    }
  });

  test('more codes than are changed at a time, with a way out', async () => {
    const large = await make({ quantity: 60_000 }, { sizes: LARGE });
    const data = { status: 'encoded' };
    const query = { filter: { identifier_job: large } };
    const answer = await patch({ query, data });
    expect([answer.status, codes(answer)]).toEqual([400, ['INVALID_QUERY']]);
    expect(answer.body.errors[0].message).toMatch(/At most 50000 codes .* "limit"/);
    expect(await counts(large)).toEqual({ unassigned: 60_000 });
    const first = done(await patch({ query: { ...query, limit: 50_000 }, data }, { path: '?fields=id' }));
    expect(first).toHaveLength(50_000);
    const rest = done(await patch({ query: { ...query, offset: 50_000 }, data }, { path: '?fields=id' }));
    expect(rest).toHaveLength(10_000);
    const all = (await codesOf(large)).map(({ id }) => ({ id }));
    expect([...first, ...rest]).toEqual(all);
    expect(await counts(large)).toEqual({ encoded: 60_000 });
  });
});

describe('many codes', () => {
  test('each to its own state, answered in the order of ids', async () => {
    const job = await make({ quantity: 100 });
    const other = await make({ type: 'grai', product: ASSET, quantity: 20 });
    const some = [...(await codesOf(job)), ...(await codesOf(other))].map(({ id }) => id);
    const wanted = some.filter((_, i) => i % 3 === 0).reverse();
    const statuses = ['reserved', 'assigned', 'encoded', 'unassigned'];
    const changes = [...wanted, IMPORTED[0]].map((id, i) => ({ id, status: statuses[i % 4] as string }));
    const again = { id: changes[0]?.id as string, status: 'assigned' };
    const untouched = { id: some[1] as string, custom_id: 'x' };
    const items = done(await patch([...changes, again, untouched], { path: '?fields=id,status' }));
    const expected = [...changes.slice(1), again, { id: untouched.id, status: 'unassigned' }];
    expect(items).toEqual(expected.toSorted((a, b) => (a.id < b.id ? -1 : 1)));
    const states = new Map(
      [...(await codesOf(job)), ...(await codesOf(other))].map((code) => [code.id, code.status]),
    );
    for (const { id, status } of expected) if (id !== IMPORTED[0]) expect(states.get(id)).toBe(status);
    const unassigned = [...states.values()].filter((status) => status === 'unassigned').length;
    expect((await stock(job)) + (await stock(other))).toBe(unassigned);
  });

  test('by keys, each named once or twice, supplied ones among them', async () => {
    const job = await make({ quantity: 10 });
    const [a, b] = (await codesOf(job)).slice(4) as [Code, Code];
    const keys = [IMPORTED[1], b.id, a.id.toUpperCase(), b.id, IMPORTED[0]];
    const items = done(await patch({ keys, data: { status: 'assigned' } }));
    expect(items.map(({ id, status }: Code) => [id, status])).toEqual(
      [a.id, b.id, ...IMPORTED].sort().map((id) => [id, 'assigned']),
    );
    expect(await counts(job)).toEqual({ assigned: 2, unassigned: 8 });
    expect(done(await patch({ keys: [], data: { status: 'assigned' } }))).toEqual([]);
  });

  test('by a query, in any order and part', async () => {
    const job = await make({ quantity: 90 });
    const all = (await codesOf(job)).map(({ id }) => id);
    const of = { identifier_job: job };
    const set = async (query: object, status: string) =>
      done(await patch({ query, data: { status } }, { path: '?fields=id' })).map(({ id }: Code) => id);
    expect(await set({ filter: of, limit: 10, offset: 5 }, 'assigned')).toEqual(all.slice(5, 15));
    expect(await set({ filter: of, limit: 10, sort: '-id' }, 'encoded')).toEqual(all.slice(80));
    expect(await set({ filter: { ...of, status: { _nin: ['unassigned'] } } }, 'reserved')).toEqual([
      ...all.slice(5, 15),
      ...all.slice(80),
    ]);
    const contains = { _and: [of, { status: 'unassigned' }, { code: { _contains: 'a' } }] };
    const found = await set({ filter: contains, sort: 'code', limit: 7 }, 'encoded');
    expect(found).toEqual(found.toSorted());
    expect(await counts(job)).toEqual({ reserved: 20, encoded: found.length, unassigned: 70 - found.length });
    expect(await set({ filter: { id: { _in: all.slice(0, 3) } } }, 'unassigned')).toEqual(all.slice(0, 3));
    expect(await set({ filter: of }, 'unassigned')).toEqual(all);
    expect(await stock(job)).toBe(90);
    expect(await set({ filter: of, search: 'no such code' }, 'encoded')).toEqual([]);
  });
});

test('a code keeps its reservation while it is used and leaves it when it is free again', async () => {
  const product = await newProduct('05901234123457');
  const job = await make({ product, quantity: 60 });
  const id = await reserve(product, 40);
  const set = (filter: object, status: string, limit = -1) =>
    patch({ query: { filter, limit }, data: { status } }, { path: '?fields=id,status,reservation' }).then(
      done,
    );
  const assigned = await set({ reservation: id }, 'assigned', 10);
  expect(assigned).toHaveLength(10);
  for (const code of assigned) expect(code).toMatchObject({ status: 'assigned', reservation: id });
  const freed = await set({ reservation: id, status: 'reserved' }, 'unassigned', 12);
  expect(freed).toHaveLength(12);
  for (const code of freed) expect(code).toMatchObject({ status: 'unassigned', reservation: null });
  const { rows } = await api.database.pool.query(
    'SELECT quantity_reserved FROM code_reservation WHERE id = $1',
    [id],
  );
  expect(rows).toEqual([{ quantity_reserved: 28 }]);
  expect(await counts(job)).toEqual({ assigned: 10, reserved: 18, unassigned: 32 });
  expect(await stock(job)).toBe(32);
});

test('of requests that race for the same codes each code goes to exactly one', async () => {
  const job = await make(
    { product: OTHER_PRODUCT, accountId: '0a0b0c0d-1111-4222-8333-444455556666', quantity: 9_000 },
    { sizes: LARGE },
  );
  const states = ['assigned', 'encoded', 'reserved'];
  const free = [
    { status: 'unassigned' },
    { _or: [{ status: 'unassigned' }, { type: 'sscc', status: 'unassigned' }] },
  ];
  const taken = await Promise.all(
    Array.from({ length: 12 }, async (_, i) => {
      const limit = i < 6 ? 3_000 : -1;
      const body = {
        query: { filter: { identifier_job: job, ...free[i % 2] }, limit, sort: i % 3 === 0 ? '-id' : 'id' },
        data: { status: states[i % 3] },
      };
      const answer = await patch(body, { path: '?fields=id', as: 'stranger' });
      return done(answer).map((code: Code) => ({ id: code.id, status: states[i % 3] }));
    }),
  );
  const all = taken.flat().toSorted((a: Code, b: Code) => (a.id < b.id ? -1 : 1));
  const list = `${CODES}?filter[identifier_job][_eq]=${job}&fields=id,status&limit=-1`;
  expect(all).toEqual(done(await api.get(list, 'stranger')));
  expect(all).toHaveLength(9_000);
  expect(await stock(job)).toBe(0);
});

test('a reservation and a query race: no code is taken by both', async () => {
  const product = await newProduct('04006381333931');
  const job = await make({ product, quantity: 4_000 }, { sizes: LARGE });
  const filter = { identifier_job: job, status: 'unassigned' };
  const assigned: Code[][] = [];
  const patches = Array.from({ length: 6 }, async (_, i) => {
    const body = { query: { filter, limit: 500, sort: i % 2 ? 'id' : '-id' }, data: { status: 'assigned' } };
    assigned.push(done(await patch(body, { path: '?fields=id,reservation' })));
  });
  const reserved = Array.from({ length: 6 }, () => reserve(product, 400));
  await Promise.all([...patches, ...reserved]);
  const moved = assigned.flat();
  expect(new Set(moved.map(({ id }) => id)).size).toBe(moved.length);
  for (const code of moved) expect(code.reservation).toBeNull();
  const { rows } = await api.database.pool.query(
    'SELECT coalesce(sum(quantity_reserved), 0)::int AS reserved FROM code_reservation WHERE product = $1',
    [product],
  );
  const left = 4_000 - moved.length - rows[0].reserved;
  const expected = { assigned: moved.length, reserved: rows[0].reserved, unassigned: left };
  expect(await counts(job)).toEqual(
    Object.fromEntries(Object.entries(expected).filter(([, count]) => count > 0)),
  );
  expect(await stock(job)).toBe(left);
});
