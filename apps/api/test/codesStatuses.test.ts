import type { CodeStatus } from '@codemint/db';
import { parseCodeId } from '@codemint/shared';
import fc from 'fast-check';
import {
  FORMER_RING,
  generated,
  importSome,
  LARGE,
  makeJob,
  makeOrder,
  setStatus,
  storedCodes,
  TWO_KEYS,
} from './codesSupport';
import { type Api, ASSET, OTHER_ACCOUNT_ID, OTHER_PRODUCT, startApi } from './support';

const CODES = '/items/unique_code';
const STATUSES = ['unassigned', 'reserved', 'assigned', 'encoded'] as const;

interface Code {
  id: string;
  code: string;
  type: string;
  status: CodeStatus;
  identifier_job: string | null;
}

let api: Api;
let jobs: string[];
/** What is shown, in the order of ids; the tests keep its statuses as they set them. */
let all: Code[];
beforeAll(async () => {
  api = await startApi({ settings: TWO_KEYS });
  const numeric = { characterSet: 'numeric', length: 6 } as const;
  // Somebody else's: four in ten of the next codes of this shape are given out, so the next positions have holes.
  const former = { ...numeric, accountId: OTHER_ACCOUNT_ID, quantity: 400_000 };
  await makeJob(api, former, { sizes: LARGE, ring: FORMER_RING });
  jobs = [
    await makeJob(api, { ...numeric, quantity: 300 }),
    await makeJob(api, { quantity: 130 }),
    await makeJob(api, { type: 'grai', product: ASSET, quantity: 45 }),
  ];
  await makeOrder(api, { codes: generated({ quantity: 90 }) });
  await makeOrder(api, { codes: generated({ quantity: 60, prefix: '"&' }) });
  await makeOrder(api, { codes: { kind: 'supplied', ids: ['one', 'two'] } });
  await importSome(api, [
    { product: ASSET, code: 'first', id: '00000000-0000-4000-8000-000000000001', status: 'encoded' },
    { product: ASSET, code: 'last', id: 'f0de0000-0000-4000-8000-000000000009', status: 'assigned' },
  ]);
  all = (await search({ limit: -1 })).data;
});
afterAll(() => api.close());

async function search(query: object, as?: 'stranger') {
  const answer = await api.request('SEARCH', CODES, { body: { query }, as });
  expect([answer.status, answer.body?.errors]).toEqual([200, undefined]);
  return answer.body;
}

/** Sets some generated codes' status, here as there. */
async function set(codes: readonly Code[], status: CodeStatus): Promise<void> {
  const placesByBatch = new Map<bigint, number[]>();
  for (const code of codes) {
    const place = parseCodeId(code.id);
    if (place === undefined) continue;
    placesByBatch.set(place.batch, [...(placesByBatch.get(place.batch) ?? []), place.position]);
    code.status = status;
  }
  for (const [batchId, places] of placesByBatch) await setStatus(api, batchId, places, status);
}

test('there are 629 codes to ask for', () => {
  expect(all).toHaveLength(629);
});

/** A filter, and what it means. */
interface Asked {
  filter: object;
  meets(code: Code): boolean;
}

const status = fc.constantFrom(...STATUSES);
const some = fc.uniqueArray(status, { minLength: 1, maxLength: 4 });
const onStatus: fc.Arbitrary<Asked> = fc.oneof(
  status.map((value) => ({ filter: { status: { _eq: value } }, meets: (code: Code) => code.status === value })),
  status.map((value) => ({ filter: { status: { _neq: value } }, meets: (code: Code) => code.status !== value })),
  some.map((values) => ({ filter: { status: { _in: values } }, meets: (code: Code) => values.includes(code.status) })),
  some.map((values) => ({ filter: { status: { _nin: values } }, meets: (code: Code) => !values.includes(code.status) })),
); // biome-ignore format: a table
const onOthers: fc.Arbitrary<Asked> = fc.oneof(
  fc.constant({ filter: {}, meets: () => true }),
  fc.nat(2).map((i) => ({
    filter: { identifier_job: { _eq: `JOB${i}` } },
    meets: ({ identifier_job }: Code) => identifier_job === jobs[i],
  })),
  fc.constant({ filter: { type: 'grai' }, meets: ({ type }: Code) => type === 'grai' }),
  fc.constant({
    filter: { identifier_job: { _null: true } },
    meets: ({ identifier_job }: Code) => identifier_job === null,
  }),
  fc.constantFrom('1', 'a', '"').map((part) => ({
    filter: { code: { _contains: part } },
    meets: ({ code }: Code) => code.includes(part),
  })),
);
const and = (a: Asked, b: Asked): Asked => ({
  filter: { _and: [a.filter, b.filter] },
  meets: (code) => a.meets(code) && b.meets(code),
});
const or = (a: Asked, b: Asked): Asked => ({
  filter: { _or: [a.filter, b.filter] },
  meets: (code) => a.meets(code) || b.meets(code),
});
const asked = fc.oneof(
  onStatus,
  onOthers,
  fc.tuple(onStatus, onOthers).map(([a, b]) => and(a, b)),
  fc.tuple(onStatus, onStatus).map(([a, b]) => and(a, b)),
  fc.tuple(onStatus, onOthers).map(([a, b]) => or(a, b)),
);
const page = fc.record({
  offset: fc.oneof(fc.nat(20), fc.nat(640)),
  limit: fc.oneof(fc.nat(30), fc.constant(-1)),
});
/** Which codes change: a stretch of the list, or every so many of one. */
const change = fc.record({
  from: fc.nat(620),
  count: fc.oneof(fc.nat(20), fc.nat(300)),
  step: fc.constantFrom(1, 1, 2, 7),
  to: status,
});

const named = (filter: object) =>
  JSON.parse(JSON.stringify(filter).replace(/JOB(\d)/g, (_, i) => jobs[Number(i)] as string));

test('lists, counts, groups and exports are those of a plain evaluation, whatever statuses are set', async () => {
  const sorts = fc.constantFrom('id', '-id', 'status', '-status');
  await fc.assert(
    fc.asyncProperty(change, asked, page, sorts, async ({ from, count, step, to }, question, part, sort) => {
      await set(
        all.slice(from, from + count).filter((_, i) => i % step === 0),
        to,
      );
      const filter = named(question.filter);
      const found = sorted(all.filter(question.meets), sort);
      const { offset, limit } = part;
      const expected = found.slice(offset, limit === -1 ? undefined : offset + limit);
      const { data, meta } = await search({ filter, sort: [sort], ...part, meta: '*' });
      expect(data).toEqual(expected);
      expect(meta).toEqual({ total_count: 629, filter_count: found.length });
      const csv = await api.request('SEARCH', CODES, {
        body: { query: { filter, sort: [sort], ...part, fields: ['id', 'status'], export: 'csv' } },
      });
      expect(csv.text.split('\n').slice(1)).toEqual(expected.map((code) => `"${code.id}","${code.status}"`));
      const groups = await search({ filter, aggregate: { count: '*' }, groupBy: ['status'], sort: 'status' });
      expect(groups.data).toEqual(groupsOf(found, (code) => ({ status: code.status })));
      const pairs = await search({ filter, aggregate: { count: 'id' }, groupBy: ['type'], sort: 'type' });
      const byType = groupsOf(found, ({ type }) => ({ type }));
      expect(pairs.data).toEqual(byType.map(({ type, count }) => ({ type, count: { id: count } })));
    }),
    { numRuns: 60 },
  );
}, 60_000);

/** Ties go by id, in the direction of the key. */
function sorted(codes: readonly Code[], sort: string): Code[] {
  const key = (code: Code) => (sort.endsWith('status') ? code.status + code.id : code.id);
  const ascending = codes.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
  return sort.startsWith('-') ? ascending.reverse() : ascending;
}

function groupsOf<Key extends Record<string, string>>(codes: readonly Code[], keyOf: (code: Code) => Key) {
  const counts = new Map<string, number>();
  for (const code of codes) {
    const key = JSON.stringify(keyOf(code));
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, count]) => ({ ...(JSON.parse(key) as Key), count: String(count) }));
}

test('a code on its own has its status, by id and by code', async () => {
  const codes = [all[5], all[310], all[450], all[560]] as Code[];
  await set(codes, 'encoded');
  for (const code of codes) {
    expect((await api.get(`${CODES}/${code.id}`)).body.data).toEqual(code);
    expect((await search({ filter: { code: code.code } })).data).toEqual([code]);
    expect((await search({ filter: { code: code.code, status: 'encoded' } })).data).toEqual([code]);
    expect((await search({ filter: { code: code.code, status: { _neq: 'encoded' } } })).data).toEqual([]);
    expect((await search({ filter: { id: code.id, status: { _in: ['encoded'] } }, meta: '*' })).meta).toEqual(
      {
        total_count: 629,
        filter_count: 1,
      },
    );
  }
  const keys = codes.map(({ id }) => id);
  const answer = await api.request('SEARCH', CODES, {
    body: { query: { filter: { status: 'encoded' } }, keys },
  });
  expect(answer.body.data).toEqual(codes);
});

test('more codes than are looked at are listed, paged and counted by status, and those of set ones looked at', async () => {
  const job = await makeJob(
    api,
    { product: OTHER_PRODUCT, accountId: OTHER_ACCOUNT_ID, quantity: 120_000 },
    { sizes: LARGE },
  );
  const codes = await storedCodes(api, job);
  const [first] = (await search({ filter: { identifier_job: job }, limit: 1 }, 'stranger')).data;
  const { batch } = parseCodeId(first.id) as { batch: bigint };
  // Every third code of four chunks, and a stretch over the end of one.
  const marked = Array.from({ length: 13_333 }, (_, i) => 60_000 + 3 * i);
  const stretch = Array.from({ length: 500 }, (_, i) => 19_800 + i);
  await setStatus(api, batch, marked, 'encoded');
  await setStatus(api, batch, stretch, 'reserved');
  const isMarked = new Set([...marked, ...stretch]);
  const unassigned = codes.filter((_, i) => !isMarked.has(i));
  const ask = async (query: object) => (await search({ fields: ['code'], ...query }, 'stranger')).data;
  const plain = (texts: string[]) => texts.map((code) => ({ code }));
  const ofJob = { identifier_job: job };
  const encoded = marked.map((place) => codes[place] as string);
  for (const offset of [0, 3333, 13_300]) {
    expect(await ask({ filter: { ...ofJob, status: 'encoded' }, offset, limit: 50 })).toEqual(
      plain(encoded.slice(offset, offset + 50)),
    );
    expect(await ask({ filter: { status: 'encoded' }, offset, limit: 50, sort: '-id' })).toEqual(
      plain(encoded.toReversed().slice(offset, offset + 50)),
    );
  }
  for (const offset of [0, 19_790, 60_100, 106_100]) {
    const filter = { ...ofJob, status: 'unassigned' };
    expect(await ask({ filter, offset, limit: 70 })).toEqual(plain(unassigned.slice(offset, offset + 70)));
    expect(await ask({ filter, offset, limit: 70, sort: '-id' })).toEqual(
      plain(unassigned.toReversed().slice(offset, offset + 70)),
    );
  }
  expect(await ask({ filter: { ...ofJob, status: { _neq: 'encoded' } }, limit: -1 })).toHaveLength(106_667);
  const { meta } = await search(
    { filter: { ...ofJob, status: { _nin: ['encoded'] } }, limit: 1, meta: '*' },
    'stranger',
  );
  expect(meta).toMatchObject({ filter_count: 106_667 });
  const contains = { ...ofJob, status: 'encoded', code: { _contains: 'a' } };
  expect(await ask({ filter: contains, limit: -1 })).toEqual(
    plain(encoded.filter((code) => code.includes('a'))),
  );
  const refused = { ...ofJob, status: 'unassigned', code: { _contains: 'a' } };
  const answer = await api.request('SEARCH', CODES, { body: { query: { filter: refused } }, as: 'stranger' });
  expect(answer.status).toBe(400);
}, 30_000);
