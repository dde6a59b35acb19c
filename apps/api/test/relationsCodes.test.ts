import { parseCodeId } from '@codemint/shared';
import { importJob, importSome, makeJob, setStatus, TWO_KEYS } from './codesSupport';
import { type Api, ASSET, PRODUCT, startApi } from './support';

const FORMER = 'f0000000-0000-4000-8000-0000000000f1';
const FORMER_ASSET = 'f0000000-0000-4000-8000-0000000000f2';
const uuid = (number: number) => `c0de0000-0000-4000-8000-${String(number).padStart(12, '0')}`;

type Code = Record<string, unknown> & { id: string; code: string };

let api: Api;
let plain: string;
let marked: string;
let whole: string;
let jobs: string[];
beforeAll(async () => {
  api = await startApi({ settings: TWO_KEYS });
  plain = await makeJob(api, { quantity: 30 });
  marked = await makeJob(api, { quantity: 250 });
  whole = await makeJob(api, { type: 'grai', product: ASSET, quantity: 20 });
  const sscc = await makeJob(api, {
    type: 'sscc',
    product: null,
    ssccCompanyPrefix: '0614141',
    ssccExtensionDigit: 1,
    quantity: 12,
  });
  await importJob(api, { id: FORMER });
  await importJob(api, { id: FORMER_ASSET, type: 'grai', product: ASSET });
  const former = { product: PRODUCT, identifier_job: FORMER };
  await importSome(api, [
    { ...former, code: 'a/b%c+d', id: uuid(3), status: 'encoded', custom_id: 'mine' },
    { ...former, code: '/%2F+"&', id: uuid(1), date_created: '2024-04-01T10:00:00Z' },
    { ...former, code: 'AAAAAAAA', id: uuid(2), status: 'assigned' },
    { product: ASSET, identifier_job: FORMER_ASSET, code: '50%/+', id: uuid(9), status: 'reserved' },
  ]);
  jobs = [plain, marked, whole, sscc, FORMER, FORMER_ASSET];
  await setStatus(api, await batchOf(marked), [3, 4, 5, 90, 200], 'encoded');
  await setStatus(api, await batchOf(marked), [5, 6, 249], 'reserved');
  const all = Array.from({ length: 20 }, (_, place) => place);
  await setStatus(api, await batchOf(whole), all, 'assigned');
});
afterAll(() => api.close());

async function search(collection: string, query: object) {
  const { status, body } = await api.request('SEARCH', `/items/${collection}`, { body: { query } });
  expect([status, body.errors]).toEqual([200, undefined]);
  return body.data;
}

/** The codes of a job as the list has them; of the collection's parameters, those with a name of a list's. */
async function listed(job: string, { filter, sort, limit = -1, offset = 0 }: Part = {}): Promise<Code[]> {
  const deep = { unique_codes: { _filter: filter, _sort: sort, _limit: limit, _offset: offset } };
  const [row] = await search('identifier_job', { fields: 'unique_codes.*', filter: { id: job }, deep });
  return row.unique_codes;
}

/** The same of the collection. */
function collected(job: string, { filter = {}, sort, limit = -1, offset = 0 }: Part = {}): Promise<Code[]> {
  const ofJob = { _and: [{ identifier_job: { _eq: job } }, filter] };
  return search('unique_code', { filter: ofJob, sort, limit, offset });
}

interface Part {
  filter?: object;
  sort?: string;
  limit?: number;
  offset?: number;
}

async function batchOf(job: string): Promise<bigint> {
  const [first] = await listed(job, { limit: 1 });
  return parseCodeId(first?.id ?? '')?.batch as bigint;
}

async function jobsWith(filter: object): Promise<string[]> {
  const rows: { id: string }[] = await search('identifier_job', { fields: ['id'], filter, limit: -1 });
  return rows.map(({ id }) => id).sort();
}

const filters: object[] = [
  {},
  { status: 'unassigned' },
  { status: 'encoded' },
  { status: { _neq: 'unassigned' } },
  { status: { _in: ['reserved', 'assigned'] } },
  { status: { _nin: ['encoded', 'unassigned'] } },
  { status: { _contains: 'assigned' } },
  { status: { _null: true } },
  { _or: [{ status: 'reserved' }, { type: 'grai' }] },
  { _and: [{ status: 'assigned' }, { product: PRODUCT }] },
  { custom_id: 'mine' },
  { 'year(date_created)': { _eq: 2024 } },
];
const sorts = ['id', '-id', 'status', '-status,code', 'code', '-date_created', 'digital_link', 'custom_id'];

test.each(filters)('a list of codes with %j is as the collection has it, and so are jobs with such codes', async (filter) => {
  const found: string[] = [];
  for (const job of jobs) {
    const codes = await collected(job, { filter });
    if (codes.length > 0) found.push(job);
    expect(await listed(job, { filter })).toEqual(codes);
    const part = { filter, sort: '-id', offset: 2, limit: 7 };
    expect(await listed(job, part)).toEqual(await collected(job, part));
  }
  expect(await jobsWith({ unique_codes: { _some: filter } })).toEqual(found.sort());
  const others = jobs.filter((job) => !found.includes(job));
  expect(await jobsWith({ unique_codes: { _none: filter } })).toEqual(others.sort());
}); // biome-ignore format: one name

test.each(sorts)('sorted by %s it is as the collection, whichever part', async (sort) => {
  for (const job of jobs) {
    for (const part of [{}, { offset: 1, limit: 3 }, { offset: 180, limit: 60 }, { limit: 0 }]) {
      expect(await listed(job, { sort, ...part })).toEqual(await collected(job, { sort, ...part }));
    }
  }
});

test('lists of many jobs are each as on their own', async () => {
  const deep = { unique_codes: { _filter: { status: { _neq: 'unassigned' } }, _sort: '-id', _limit: 3 } };
  const rows = await search('identifier_job', {
    fields: ['id', 'unique_codes.id,unique_codes.status'],
    deep,
  });
  expect(rows).toHaveLength(jobs.length);
  for (const { id, unique_codes: codes } of rows) {
    const own = await collected(id, { filter: { status: { _neq: 'unassigned' } }, sort: '-id', limit: 3 });
    expect(codes).toEqual(own.map((code) => ({ id: code.id, status: code.status })));
  }
});

test('links of imported codes are escaped, ids and states their own', async () => {
  expect(await listed(FORMER)).toEqual([
    expect.objectContaining({
      id: uuid(1),
      code: '/%2F+"&',
      status: 'unassigned',
      epc_join_key: `${PRODUCT}/21/%2F%252F%2B%22%26`,
      digital_link: `https://id.gs1.org${PRODUCT}/21/%2F%252F%2B%22%26`,
    }),
    expect.objectContaining({ id: uuid(2), code: 'AAAAAAAA', status: 'assigned', identifier_job: FORMER }),
    expect.objectContaining({ id: uuid(3), code: 'a/b%c+d', epc_join_key: `${PRODUCT}/21/a%2Fb%25c%2Bd` }),
  ]);
  expect((await listed(FORMER_ASSET))[0]).toMatchObject({ epc_join_key: `${ASSET}50%25%2F%2B` });
  const query = `fields=count(unique_codes)&filter[id]=${FORMER}`;
  expect((await api.get(`/items/identifier_job?${query}`)).body.data).toEqual([{ unique_codes_count: '3' }]);
});

test('a code that is named has its status, in the list and for its job', async () => {
  const codes = await collected(marked);
  const [encoded, unassigned] = [codes[3] as Code, codes[0] as Code];
  expect([encoded.status, unassigned.status]).toEqual(['encoded', 'unassigned']);
  for (const name of ['id', 'code'] as const) {
    const named = { [name]: { _in: [encoded[name], unassigned[name]] } };
    for (const [filter, expected] of [
      [named, [unassigned, encoded]],
      [{ ...named, status: 'encoded' }, [encoded]],
      [{ ...named, status: { _neq: 'encoded' } }, [unassigned]],
      [{ ...named, status: 'reserved' }, []],
      [
        { _or: [named, { status: 'encoded' }] },
        codes.filter((code) => code === unassigned || code.status === 'encoded'),
      ],
    ] as [object, Code[]][]) {
      // biome-ignore format: a table
      expect(await listed(marked, { filter })).toEqual(expected);
      expect(await listed(marked, { filter, sort: '-id', limit: 1 })).toEqual(expected.slice(-1));
      const isFound = (await jobsWith({ unique_codes: filter })).includes(marked);
      expect(isFound).toBe(expected.length > 0);
    }
  }
  const [imported] = await listed(FORMER, { filter: { code: 'a/b%c+d', status: 'encoded' } });
  expect(imported?.id).toBe(uuid(3));
});

test('a status that is set back leaves the code as it was', async () => {
  const batch = await batchOf(plain);
  await setStatus(api, batch, [0, 7], 'encoded');
  expect(await jobsWith({ unique_codes: { status: 'encoded' } })).toContain(plain);
  await setStatus(api, batch, [0, 7], 'unassigned');
  expect(await jobsWith({ unique_codes: { status: 'encoded' } })).not.toContain(plain);
  expect(await listed(plain, { filter: { status: 'unassigned' } })).toHaveLength(30);
});
