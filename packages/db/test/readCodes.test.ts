import fc from 'fast-check';
import {
  countCodes,
  deleteJobs,
  type NamespaceKey,
  readCodeAt,
  readCodes,
  readCodesAt,
  streamChunks,
  streamCodeRuns,
} from '../src';
import {
  cipherOf,
  codesAt,
  type Order,
  order,
  orderJob,
  ringOf,
  runSlice,
  runToTheEnd,
  split,
  supply,
  useInstallation,
} from './support';

const QUANTITY = 950;
/** Of the first slice's ends and chunks' edges, and some in a row. */
const SKIPPED = [0, 1, 2, 99, 100, 399, 400, 401, 402, 777];

const ring = ringOf(1);
const installation = useInstallation();
let namespace: NamespaceKey;
let job: Order;
/** The code at each place of the job, null where it is skipped. */
let places: (string | null)[];
let codes: { place: number; code: string }[];

/** A job in slices of 400 and chunks of 100 with holes, and top-up behind it. */
beforeAll(async () => {
  const { database } = installation;
  namespace = await installation.addProduct();
  await order(database, ring, namespace, { quantity: 50 });
  const cipher = cipherOf(namespace);
  await supply(
    database,
    ring,
    namespace,
    codesAt(
      cipher,
      SKIPPED.map((place) => 50 + place),
    ),
  );
  job = await order(database, ring, namespace, { quantity: QUANTITY, sliceSize: 400 });
  await runToTheEnd(database, ring, job.sliceJobs, { chunkSize: 100 });
  places = split(cipher.encode(50, QUANTITY + SKIPPED.length), cipher.width).map((code, place) =>
    SKIPPED.includes(place) ? null : code,
  );
  codes = places.flatMap((code, place) => (code === null ? [] : [{ place, code }]));
});

const read = (offset: number, limit: number) =>
  readCodes(installation.database.pool, job.batchId, { offset, limit });

test('all codes come in the order of making with the places that they keep for good', async () => {
  expect(await read(0, 10_000)).toEqual(codes.map((code) => ({ batchId: job.batchId, ...code })));
});

test('any offset and limit gives that part of all', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(QUANTITY + 50), fc.nat(QUANTITY + 50), async (offset, limit) => {
      const part = await read(offset, limit);
      expect(part.map(({ place, code }) => ({ place, code }))).toEqual(codes.slice(offset, offset + limit));
    }),
    { numRuns: 150 },
  );
});

test.each([
  [0, 0],
  [QUANTITY, 10],
  [2 ** 40, 10],
  [2 ** 53 - 1, 2 ** 53 - 1],
])('offset %i with limit %i has no codes', async (offset, limit) => {
  expect(await read(offset, limit)).toEqual([]);
});

test('the code of every place is found, and none where it was skipped', async () => {
  const found = await Promise.all(
    [...places.keys()].map((place) => readCodeAt(installation.database.pool, job.batchId, place)),
  );
  expect(found.map((one) => one?.code ?? null)).toEqual(places);
  expect(found.map((one) => one?.place ?? null)).toEqual(
    places.map((code, place) => (code === null ? null : place)),
  );
});

test.each([-1, 960, 10_000, 2 ** 53 - 1])('place %i has no code', async (place) => {
  expect(await readCodeAt(installation.database.pool, job.batchId, place)).toBeUndefined();
});

test('a batch that does not exist has no codes', async () => {
  expect(await readCodes(installation.database.pool, 2n ** 60n, { offset: 0, limit: 5 })).toEqual([]);
  expect(await readCodeAt(installation.database.pool, 2n ** 60n, 0)).toBeUndefined();
});

test('chunks are streamed in order, more of them than one query fetches', async () => {
  const streamed: string[] = [];
  let chunks = 0;
  for await (const chunk of streamChunks(installation.database.pool, job.batchId)) {
    chunks++;
    streamed.push(...split(chunk.codes, chunk.width));
    expect(chunk.skipped.every((index) => typeof index === 'bigint')).toBe(true);
  }
  expect(streamed).toEqual(codes.map(({ code }) => code));
  expect(chunks).toBe(10);
});

test.each([0, 1, 99, 100, 101, 399, 450, QUANTITY - 1, QUANTITY, 10_000])(
  'codes are streamed from the %i-th on with their places',
  async (offset) => {
    const streamed: { code: string; place: number }[] = [];
    for await (const run of streamCodeRuns(installation.database.pool, job.batchId, offset)) {
      const texts = split(run.codes, run.width);
      streamed.push(...texts.map((code, i) => ({ code, place: run.places[i] as number })));
    }
    expect(streamed).toEqual(codes.slice(offset).map(({ code, place }) => ({ code, place })));
  },
);

test('codes at many positions are read at once, in the order in which they are asked for', async () => {
  const wanted = [959, 3, 2 ** 40, 500, 3].map((place) => ({ batchId: job.batchId, place }));
  const found = await readCodesAt(installation.database.pool, wanted);
  const there = wanted.filter(({ place }) => places[place] != null);
  expect(found).toEqual(there.map(({ batchId, place }) => ({ batchId, place, code: places[place] })));
});

test('the view for people with SQL says the same', async () => {
  const { rows } = await installation.database.pool.query(
    'SELECT identifier_job, place::int, code FROM issued_code WHERE batch_id = $1 ORDER BY place',
    [job.batchId],
  );
  expect(rows).toEqual(codes.map((code) => ({ identifier_job: job.id, ...code })));
});

test('slices made out of order are read in order, and places of those to come have no code yet', async () => {
  const { pool } = installation.database;
  const late = await order(installation.database, ring, namespace, { quantity: 30, sliceSize: 10 });
  const [first, second, third] = late.sliceJobs.map(({ sliceId }) => sliceId) as [string, string, string];
  await runSlice(pool, ring, third);
  await runSlice(pool, ring, first);
  const partly = await readCodes(pool, late.batchId, { offset: 5, limit: 100 });
  expect(partly.map(({ place }) => place)).toEqual([5, 6, 7, 8, 9, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29]);
  expect(await readCodeAt(pool, late.batchId, 10)).toBeUndefined();
  expect(await readCodeAt(pool, late.batchId, 19)).toBeUndefined();
  const code20 = partly.find(({ place }) => place === 20);
  expect(await readCodeAt(pool, late.batchId, 20)).toEqual(code20);
  await runSlice(pool, ring, second);
  expect(await readCodeAt(pool, late.batchId, 20)).toEqual(code20);
});

test('SSCCs are read as all codes are', async () => {
  const sscc = { type: 'sscc', ssccCompanyPrefix: '9521234', ssccStartSerial: 999_999_998n } as const;
  const { batchId, sliceJobs } = await orderJob(installation.database, ring, { ...sscc, quantity: 2 });
  await runToTheEnd(installation.database, ring, sliceJobs);
  expect(await readCodes(installation.database.pool, batchId, { offset: 1, limit: 5 })).toEqual([
    { batchId, place: 1, code: '095212349999999995' },
  ]);
});

test('codes are counted over batches, those of deleted jobs not', async () => {
  const { pool } = installation.database;
  const gone = await order(installation.database, ring, namespace, { quantity: 5 });
  await runToTheEnd(installation.database, ring, gone.sliceJobs);
  expect(await countCodes(pool, [job.batchId, gone.batchId])).toBe(QUANTITY + 5);
  await deleteJobs(installation.database, [gone.id]);
  expect(await countCodes(pool, [job.batchId, gone.batchId])).toBe(QUANTITY);
  expect(await countCodes(pool, [])).toBe(0);
});
