import { createReservations, FIRST_ACCOUNT_ID, type NewReservation } from '@codemint/db';
import { codeId, parseCodeId } from '@codemint/shared';
import fc from 'fast-check';
import { generated, importSome, LARGE, makeJob, makeOrder, setStatus, TWO_KEYS } from './codesSupport';
import { type Api, ASSET, OTHER_ACCOUNT_ID, OTHER_PRODUCT, PRODUCT, startApi } from './support';

const CODES = '/items/unique_code';
const FIELDS = ['id', 'code', 'type', 'product', 'status', 'reservation'];

interface Code {
  id: string;
  code: string;
  type: string;
  product: string;
  status: string;
  reservation: string | null;
}

let api: Api;
/** Of 150 and 40 codes of the first product, and of 30 of the asset, some of which were imported. */
let reservations: string[];
let all: Code[];
beforeAll(async () => {
  api = await startApi({ settings: TWO_KEYS });
  await makeJob(api, { quantity: 130 });
  await makeJob(api, { quantity: 110 });
  await makeJob(api, { type: 'grai', product: ASSET, quantity: 25 });
  await makeOrder(api, { codes: generated({ quantity: 60 }) });
  await importSome(api, [
    { product: ASSET, code: 'one', id: '00000000-0000-4000-8000-000000000001' },
    { product: ASSET, code: 'two', id: 'f0de0000-0000-4000-8000-000000000002' },
    { product: ASSET, code: 'three', id: 'f0de0000-0000-4000-8000-000000000003', status: 'encoded' },
  ]);
  reservations = [
    await reserve({ quantity: 150, reservedFor: 'Line 3', purchaseOrder: 'PO-1' }),
    await reserve({ quantity: 40, reservedFor: 'Line 4' }),
    await reserve({ quantity: 27, product: ASSET, reservedFor: 'Line 3' }),
  ];
  all = await storedCodes();
  // Codes of a reservation stay its own when they are used.
  await use(all.filter(({ reservation }) => reservation === reservations[0]).slice(100, 145), 'assigned');
  await use(all.filter(({ reservation }) => reservation === reservations[1]).slice(0, 7), 'encoded');
  await use(all.filter(({ reservation }) => reservation === null).slice(0, 5), 'reserved');
  all = await storedCodes();
});
afterAll(() => api.close());

/** A product of the other account with codes, for tests that take some. */
async function strangersProduct(
  gtin: string,
  quantity: number,
  making = {},
): Promise<Partial<NewReservation>> {
  const { body } = await api.post('/items/product', { gtin }, 'stranger');
  const other = { product: body.data.id as string, accountId: OTHER_ACCOUNT_ID };
  await makeJob(api, { ...other, quantity }, making);
  return other;
}

async function reserve(wanted: Partial<NewReservation>): Promise<string> {
  const reservation: NewReservation = {
    id: null, userId: null, accountId: FIRST_ACCOUNT_ID, product: PRODUCT, domain: null, characterSet: null, length: null,
    quantity: 10, allowPartial: false, reservedFor: null, referenceId: null, purchaseOrder: null, exportType: 'csv', ...wanted,
  }; // biome-ignore format: the defaults at a glance
  const [id] = await createReservations(api.database, [reservation]);
  return id as string;
}

async function use(codes: readonly Code[], status: 'reserved' | 'assigned' | 'encoded'): Promise<void> {
  for (const { id } of codes) {
    const place = parseCodeId(id);
    if (place !== undefined) await setStatus(api, place.batch, [place.position], status);
  }
}

/** All codes of the first account straight from the tables, in the order of ids. */
async function storedCodes(): Promise<Code[]> {
  const { rows: made } = await api.database.pool.query(
    `SELECT c.batch_id, c.place, c.code, coalesce(j.type, 'sgtin') AS type, coalesce(j.product, o.product) AS product,
            coalesce(s.status, 'unassigned') AS status, v.id AS reservation
       FROM issued_code c
       LEFT JOIN identifier_job j ON j.batch_id = c.batch_id
       LEFT JOIN adi_order o ON o.batch_id = c.batch_id
       LEFT JOIN code_status s ON s.batch_id = c.batch_id AND s.places @> c.place::int
       LEFT JOIN code_reservation v ON v.number = s.reservation AND s.reservation > 0
      WHERE coalesce(j.product, o.product) IN ($1, $2)`,
    [PRODUCT, ASSET],
  );
  const { rows: kept } = await api.database.pool.query(
    `SELECT r.id, r.code, 'grai' AS type, $1 AS product, r.status, v.id AS reservation FROM registry r
       LEFT JOIN code_reservation v ON v.number = r.reservation AND r.reservation > 0`,
    [ASSET],
  );
  const codes: Code[] = [
    ...made.map(({ batch_id, place, ...code }) => ({ id: codeId(batch_id, Number(place)), ...code })),
    ...kept,
  ];
  return codes.sort((a, b) => (a.id < b.id ? -1 : 1));
}

async function search(query: object) {
  const answer = await api.request('SEARCH', CODES, { body: { query } });
  expect([answer.status, answer.body?.errors]).toEqual([200, undefined]);
  return answer.body;
}

test('each reservation has its codes, and is told where it is asked for alone', async () => {
  const counts = reservations.map((id) => all.filter(({ reservation }) => reservation === id).length);
  expect(counts).toEqual([150, 40, 27]);
  const { data } = await search({ fields: FIELDS, limit: -1 });
  expect(data).toEqual(all);
  const plain = (await search({ limit: -1 })).data;
  expect(Object.keys(plain[0])).not.toContain('reservation');
  expect(plain).toEqual((await search({ fields: '*', limit: -1 })).data);
  const [code] = all.filter(({ reservation }) => reservation !== null) as [Code];
  const one = await api.get(`${CODES}/${code.id}?fields=status,reservation.reserved_for`);
  expect(one.body.data).toEqual({ status: code.status, reservation: { reserved_for: 'Line 3' } });
  const byCode = {
    filter: { code: code.code, reservation: code.reservation },
    fields: ['id', 'reservation'],
  };
  expect((await search(byCode)).data).toEqual([{ id: code.id, reservation: code.reservation }]);
  expect(
    (await search({ ...byCode, filter: { code: code.code, reservation: reservations[1] } })).data,
  ).toEqual([]);
  const supplied = all.find(({ id, reservation }) => id.startsWith('f0de') && reservation !== null) as Code;
  expect((await api.get(`${CODES}/${supplied.id}?fields=*,reservation`)).body.data).toMatchObject(supplied);
});

/** A filter, and what it means. */
interface Asked {
  filter: object;
  meets(code: Code): boolean;
}

const isOf = (...numbers: number[]) => {
  return ({ reservation }: Code) => numbers.some((number) => reservations[number] === reservation);
};
const id = fc.nat(2);
const onReservation: fc.Arbitrary<Asked> = fc.oneof(
  id.map((i) => ({ filter: { reservation: { _eq: `R${i}` } }, meets: (code: Code) => isOf(i)(code) })),
  fc.tuple(id, id).map(([i, k]) => ({ filter: { reservation: { _in: [`R${i}`, `R${k}`] } }, meets: (code: Code) => isOf(i, k)(code) })),
  id.map((i) => ({ filter: { reservation: { _neq: `R${i}` } }, meets: (code: Code) => code.reservation !== null && !isOf(i)(code) })),
  fc.boolean().map((isNull) => ({ filter: { reservation: { _null: isNull } }, meets: (code: Code) => (code.reservation === null) === isNull })),
  fc.boolean().map((isAny) => ({ filter: { reservation: { _nnull: isAny } }, meets: (code: Code) => (code.reservation !== null) === isAny })),
  fc.constantFrom('Line 3', 'Line 4').map((line) => ({
    filter: { reservation: { reserved_for: { _eq: line } } },
    meets: (code: Code) => (line === 'Line 3' ? isOf(0, 2) : isOf(1))(code),
  })),
  fc.constant({ filter: { reservation: { _and: [{ reserved_for: 'Line 3' }, { product: { id: ASSET } }] } }, meets: (code: Code) => isOf(2)(code) }),
  fc.constant({ filter: { reservation: { purchase_order: { _null: true } } }, meets: (code: Code) => !isOf(0)(code) }),
  fc.constant({ filter: { reservation: { purchase_order: { _nnull: true } } }, meets: (code: Code) => isOf(0)(code) }),
  fc.constant({ filter: { reservation: '0a0b0c0d-1111-4222-8333-444455556666' }, meets: () => false }),
); // biome-ignore format: a table
const status = fc.constantFrom('unassigned', 'reserved', 'assigned', 'encoded');
const onOthers: fc.Arbitrary<Asked> = fc.oneof(
  fc.constant({ filter: {}, meets: () => true }),
  status.map((value) => ({ filter: { status: value }, meets: (code: Code) => code.status === value })),
  status.map((value) => ({
    filter: { status: { _neq: value } },
    meets: (code: Code) => code.status !== value,
  })),
  fc.constant({ filter: { product: ASSET }, meets: ({ product }: Code) => product === ASSET }),
  fc.constant({ filter: { code: { _contains: '1' } }, meets: ({ code }: Code) => code.includes('1') }),
);
const asked = fc.oneof(
  onReservation,
  fc.tuple(onReservation, onOthers, onOthers).map(
    (parts): Asked => ({
      filter: { _and: parts.map(({ filter }) => filter) },
      meets: (code) => parts.every(({ meets }) => meets(code)),
    }),
  ),
  fc.tuple(onReservation, onReservation).map(
    (parts): Asked => ({
      filter: { _and: parts.map(({ filter }) => filter) },
      meets: (code) => parts.every(({ meets }) => meets(code)),
    }),
  ),
  fc.tuple(onReservation, onOthers).map(
    (parts): Asked => ({
      filter: { _or: parts.map(({ filter }) => filter) },
      meets: (code) => parts.some(({ meets }) => meets(code)),
    }),
  ),
);
const page = fc.record({
  offset: fc.oneof(fc.constant(0), fc.nat(20), fc.nat(300)),
  limit: fc.oneof(fc.nat(30), fc.constant(-1)),
});

test('lists, counts, groups and exports by reservation are those of a plain evaluation', async () => {
  const sorts = fc.constantFrom('id', '-id', 'code');
  await fc.assert(
    fc.asyncProperty(asked, page, sorts, async (question, part, sort) => {
      const filter = JSON.parse(
        JSON.stringify(question.filter).replace(/"R(\d)"/g, (_, i) => JSON.stringify(reservations[i])),
      );
      const found = sorted(all.filter(question.meets), sort);
      const { offset, limit } = part;
      const expected = found.slice(offset, limit === -1 ? undefined : offset + limit);
      const { data, meta } = await search({ filter, sort: [sort], fields: FIELDS, ...part, meta: '*' });
      expect(data).toEqual(expected);
      expect(meta).toEqual({ total_count: all.length, filter_count: found.length });
      const csv = await api.request('SEARCH', CODES, {
        body: { query: { filter, sort: [sort], ...part, fields: ['id', 'reservation'], export: 'csv' } },
      });
      const lines = expected.map(
        ({ id, reservation }) => `"${id}",${reservation === null ? '' : `"${reservation}"`}`,
      );
      expect(csv.text.split('\n').slice(1)).toEqual(lines);
      const groups = await search({ filter, aggregate: { count: '*' }, groupBy: ['status', 'reservation'] });
      const counts = new Map<string, number>();
      for (const code of found) {
        const key = JSON.stringify([code.status, code.reservation]);
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
      expect(
        new Map(
          groups.data.map((group: { status: string; reservation: string; count: string }) => [
            JSON.stringify([group.status, group.reservation]),
            Number(group.count),
          ]),
        ),
      ).toEqual(counts);
    }),
    { numRuns: 100 },
  );
}, 60_000);

function sorted(codes: readonly Code[], sort: string): Code[] {
  const key = (code: Code) => (sort === 'code' ? code.code + code.id : code.id);
  const ascending = codes.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
  return sort.startsWith('-') ? ascending.reverse() : ascending;
}

describe('the file of a reservation', () => {
  const file = (id: string | undefined, query = '') => `/items/code_reservation/${id}/export${query}`;

  test.each(['csv', 'json', 'xml'] as const)('is an export of its codes: %s', async (exportType) => {
    await api.database.pool.query('UPDATE code_reservation SET export_type = $1 WHERE id = $2', [
      exportType,
      reservations[2],
    ]);
    for (const query of ['', '&fields=code,reservation.reserved_for']) {
      const exported = await api.get(
        `${CODES}?filter[reservation][_eq]=${reservations[2]}&limit=-1&export=${exportType}${query}`,
      );
      const answer = await api.get(file(reservations[2], query.replace('&', '?')));
      expect([answer.status, answer.text]).toEqual([200, exported.text]);
      expect(answer.text).toContain(all.find(({ reservation }) => reservation === reservations[2])?.code);
      expect(answer.headers.get('content-type')).toBe(exported.headers.get('content-type'));
      expect(answer.headers.get('content-disposition')).toBe(
        `attachment; filename="${reservations[2]}.${exportType}"`,
      );
    }
  });

  test('has what its codes have of the reservation', async () => {
    const { text } = await api.get(file(reservations[0], '?fields=code,reservation.reserved_for'));
    const own = all.filter(({ reservation }) => reservation === reservations[0]);
    const lines = own.map(({ code }) => `"${code}","Line 3"`);
    expect(text).toBe(['"code","reservation.reserved_for"', ...lines].join('\n'));
  });

  test('is named after the purchase order, else the reference', async () => {
    const other = await strangersProduct('04006381333931', 1);
    const id = await reserve({ ...other, quantity: 1, purchaseOrder: ' .. ', referenceId: '../Run "7"' });
    const { headers } = await api.get(file(id), 'stranger');
    expect(headers.get('content-disposition')).toBe('attachment; filename="_Run _7_.csv"');
    const order = await api.get(file(reservations[0]));
    expect(order.headers.get('content-disposition')).toBe('attachment; filename="PO-1.csv"');
  });

  test('answers HEAD without it', async () => {
    const answer = await api.request('HEAD', file(reservations[0]));
    expect([answer.status, answer.text]).toEqual([200, '']);
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="PO-1.csv"');
  });

  test('is nobody else’s', async () => {
    expect((await api.get(file(reservations[0]), 'reader')).status).toBe(200);
    expect((await api.get(file(reservations[0]), 'stranger')).status).toBe(403);
    expect((await api.get(file(reservations[0]), 'nobody')).status).toBe(403);
    expect((await api.get(file('0a0b0c0d-1111-4222-8333-444455556666'))).status).toBe(403);
    expect((await api.get(file('x'))).status).toBe(403);
    expect((await api.get(file(reservations[0], '?fields=nothing'))).status).toBe(403);
  });
});

test('a stranger’s filter finds nobody’s reservation', async () => {
  for (const filter of [`[_eq]=${reservations[0]}`, '[reserved_for][_eq]=Line 3']) {
    const { body } = await api.get(`${CODES}?filter[reservation]${filter}&meta=filter_count`, 'stranger');
    expect(body).toEqual({ meta: { filter_count: 0 }, data: [] });
  }
});

test('the lists of jobs tell it, too', async () => {
  const fields = 'unique_codes.id,unique_codes.reservation,unique_codes.status';
  const deep = 'deep[unique_codes][_limit]=-1';
  const { body } = await api.get(
    `/items/identifier_job?fields=${fields}&${deep}&filter[type][_in]=sgtin,grai`,
  );
  const listed = body.data.flatMap((job: { unique_codes: Code[] }) => job.unique_codes);
  const byId = new Map(all.map((code) => [code.id, code]));
  expect(listed).toHaveLength(265);
  for (const { id, status, reservation } of listed)
    expect(byId.get(id)).toMatchObject({ status, reservation });
});

test('a large reservation is listed, paged and counted without a look at each code', async () => {
  const other = { product: OTHER_PRODUCT, accountId: OTHER_ACCOUNT_ID };
  await makeJob(api, { ...other, quantity: 230_000 }, { sizes: LARGE });
  await reserve({ ...other, quantity: 15_000 });
  const id = await reserve({ ...other, quantity: 150_000, reservedFor: 'Line 9' });
  for (const filter of [`[_eq]=${id}`, '[reserved_for][_eq]=Line 9']) {
    const list = `${CODES}?filter[reservation]${filter}&fields=id,reservation&meta=filter_count`;
    const { body } = await api.get(`${list}&limit=-1`, 'stranger');
    expect(body.meta).toEqual({ filter_count: 150_000 });
    expect(body.data).toHaveLength(150_000);
    const ids = body.data.map((code: Code) => code.id);
    expect(ids.toSorted()).toEqual(ids);
    const part = await api.get(`${list}&limit=10&offset=123456&sort=-id`, 'stranger');
    expect(part.body.data).toEqual(body.data.toReversed().slice(123_456, 123_466));
  }
  const counts = await api.get(
    `${CODES}?filter[product][_eq]=${encodeURIComponent(OTHER_PRODUCT)}&aggregate[count]=*&groupBy=status&sort=status`,
    'stranger',
  );
  expect(counts.body.data).toEqual([
    { status: 'reserved', count: '165000' },
    { status: 'unassigned', count: '65000' },
  ]);
}, 60_000);

test('many small reservations side by side are each told', async () => {
  const other = await strangersProduct('05901234123457', 400);
  const taken: string[] = [];
  for (let i = 0; i < 130; i++) {
    taken.push(await reserve({ ...other, quantity: 1 + (i % 2), reservedFor: `small ${i}` }));
  }
  const query = {
    filter: { reservation: { _in: taken } },
    fields: ['reservation.id', 'reservation.reserved_for'],
    limit: -1,
  };
  const { data } = (await api.request('SEARCH', CODES, { body: { query }, as: 'stranger' })).body;
  const counts = new Map<string, number>();
  for (const { reservation } of data) {
    expect(reservation.reserved_for).toBe(`small ${taken.indexOf(reservation.id)}`);
    counts.set(reservation.id, (counts.get(reservation.id) ?? 0) + 1);
  }
  expect(counts).toEqual(new Map(taken.map((id, i) => [id, 1 + (i % 2)])));
});
