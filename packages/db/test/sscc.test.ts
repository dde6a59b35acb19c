import { decodeSscc, NotUniqueError } from '@codemint/shared';
import fc from 'fast-check';
import { createJobs, deleteJobs } from '../src';
import {
  allotmentState,
  LIMITS,
  newJob,
  type Order,
  openInstallation,
  orderJob,
  ringOf,
  runToTheEnd,
  storedCodes,
  useInstallation,
} from './support';

interface Ask {
  prefix?: string;
  extension?: number | null;
  start?: number | null;
  quantity: number;
}

const ring = ringOf(1);
const installation = useInstallation();
/** Of seven digits, another one for each test. */
let prefix: string;
let prefixes = 931_234;

beforeEach(() => {
  prefix = String(prefixes++).padStart(7, '0');
});

function jobOf({ extension = null, start = null, quantity, ...asked }: Ask) {
  return newJob({
    type: 'sscc',
    ssccCompanyPrefix: asked.prefix ?? prefix,
    ssccExtensionDigit: extension,
    ssccStartSerial: start === null ? null : BigInt(start),
    quantity,
  });
}

const ask = (asked: Ask, database = installation.database): Promise<Order> =>
  orderJob(database, ring, jobOf(asked));

/** The start that the answer shows. */
async function startOf({ id }: Order): Promise<number> {
  const { rows } = await installation.database.pool.query(
    'SELECT sscc_start_serial AS start FROM identifier_job_item WHERE id = $1',
    [id],
  );
  return Number(rows[0].start);
}

async function codesOf({ batchId, sliceJobs }: Order): Promise<string[]> {
  await runToTheEnd(installation.database, ring, sliceJobs);
  return storedCodes(installation.database.pool, batchId);
}

/** The message of a refusal, which must have changed nothing. */
async function refusalOf(asked: Ask): Promise<Error> {
  const before = await allotmentState(installation.database.pool);
  const refusal: unknown = await ask(asked).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(await allotmentState(installation.database.pool)).toEqual(before);
  return refusal as Error;
}

test('codes are extension digit, prefix, serial and check digit, upwards from the start', async () => {
  const order = await ask({ extension: 3, start: 7, quantity: 3 });
  const codes = await codesOf(order);
  expect(codes).toEqual(['309312340000000072', '309312340000000089', '309312340000000096']);
  expect(codes.map(decodeSscc)).toEqual([30931234000000007n, 30931234000000008n, 30931234000000009n]);
});

test('without a start a job takes the lowest gap that holds all of it', async () => {
  expect(await startOf(await ask({ start: 10, quantity: 5 }))).toBe(10);
  expect(await startOf(await ask({ start: 18, quantity: 2 }))).toBe(18);
  expect(await startOf(await ask({ quantity: 11 }))).toBe(20);
  expect(await startOf(await ask({ quantity: 3 }))).toBe(0);
  expect(await startOf(await ask({ quantity: 8 }))).toBe(31);
  expect(await startOf(await ask({ quantity: 7 }))).toBe(3);
  expect(await startOf(await ask({ quantity: 3 }))).toBe(15);
  expect(await startOf(await ask({ quantity: 1 }))).toBe(39);
});

test('several jobs of one request lie one behind the other', async () => {
  const jobs = [jobOf({ quantity: 3 }), jobOf({ quantity: 4 }), jobOf({ quantity: 5 })];
  const { ids } = await createJobs(installation.database, ring, jobs, LIMITS);
  const starts = await Promise.all(ids.map((id) => startOf({ id } as Order)));
  expect(starts).toEqual([0, 3, 7]);
});

test('a start that is taken is refused with the next that would do', async () => {
  await ask({ start: 100, quantity: 50 });
  await ask({ start: 160, quantity: 5 });
  for (const start of [91, 100, 149]) {
    const refusal = await refusalOf({ start, quantity: 10 });
    expect(refusal).toBeInstanceOf(NotUniqueError);
    expect(refusal).toMatchObject({ field: 'sscc_start_serial', value: String(start) });
    expect(refusal.message).toMatch(/The next start that would do is 150\.$/);
  }
  expect((await refusalOf({ start: 140, quantity: 11 })).message).toMatch(/would do is 165\.$/);
  expect(await startOf(await ask({ start: 150, quantity: 10 }))).toBe(150);
  expect(await startOf(await ask({ start: 90, quantity: 10 }))).toBe(90);
});

test('behind the last free serial the next start is looked for from the front', async () => {
  prefix += '56789';
  await ask({ start: 9_000, quantity: 1_000 });
  await ask({ start: 0, quantity: 10 });
  expect((await refusalOf({ start: 9_500, quantity: 100 })).message).toMatch(/would do is 10\.$/);
  expect((await refusalOf({ start: 9_000, quantity: 1_000 })).message).toMatch(/would do is 10\.$/);
});

test('a prefix has no serial more than its digits leave', async () => {
  prefix += '56789';
  expect((await refusalOf({ quantity: 10_001 })).message).toContain('"10000"');
  expect((await refusalOf({ start: 9_999, quantity: 2 })).message).toContain('"1"');
  expect((await refusalOf({ start: 10_000, quantity: 1 })).message).toContain('"9999"');
  const whole = await ask({ extension: 9, quantity: 10_000 });
  expect(await startOf(whole)).toBe(0);
  expect((await codesOf(whole)).at(-1)?.slice(0, 17)).toBe(`9${prefix}9999`);
  const refusal = await refusalOf({ extension: 9, quantity: 1 });
  expect(refusal).toMatchObject({ issues: [{ field: 'quantity', valid: 0 }] });
  expect((await refusalOf({ extension: 9, start: 5, quantity: 1 })).message).toMatch(
    /No 1 serials in a row are free/,
  );
});

test('the neighbours of a full prefix are free', async () => {
  const quantity = 10_000;
  await ask({ prefix: `${prefix}56789`, quantity });
  expect(await startOf(await ask({ prefix: `${prefix}56788`, quantity }))).toBe(0);
  expect(await startOf(await ask({ prefix: `${prefix}56790`, quantity }))).toBe(0);
  expect(await startOf(await ask({ prefix: `${prefix}56789`, extension: 1, quantity }))).toBe(0);
});

test('where the largest gap is too small the refusal says how large it is', async () => {
  prefix += '56789';
  await ask({ start: 4_000, quantity: 2_000 });
  expect(await refusalOf({ quantity: 4_001 })).toMatchObject({ issues: [{ valid: 4_000 }] });
});

test('nested prefixes share their numbers', async () => {
  await ask({ start: 512_345_678, quantity: 10 });
  expect((await refusalOf({ prefix: `${prefix}5`, start: 12_345_687, quantity: 1 })).message).toMatch(
    /is 12345688\.$/,
  );
  expect(await startOf(await ask({ prefix: `${prefix}5`, start: 12_345_670, quantity: 8 }))).toBe(12_345_670);
  expect(await startOf(await ask({ prefix: `${prefix}51234`, quantity: 5 }))).toBe(0);
  await ask({ prefix: `${prefix}50000`, quantity: 10_000 });
  expect(await startOf(await ask({ prefix: `${prefix}5`, quantity: 1 }))).toBe(10_000);
});

test('numbers of a deleted job stay taken', async () => {
  const { id } = await ask({ start: 0, quantity: 10 });
  await deleteJobs(installation.database, [id]);
  expect(await startOf(await ask({ quantity: 5 }))).toBe(10);
  expect((await refusalOf({ start: 9, quantity: 1 })).message).toMatch(/is 15\.$/);
});

test('first jobs of two processes at once open one pool', async () => {
  const fresh = await openInstallation();
  const databases = [fresh.database, fresh.connect()];
  await Promise.all([...databases, ...databases].map((database) => ask({ quantity: 10 }, database)));
  const { rows } = await fresh.database.pool.query(
    'SELECT first_index - (SELECT min(first_index) FROM slice) AS start FROM slice ORDER BY first_index',
  );
  expect(rows.map(({ start }) => start)).toEqual([0n, 10n, 20n, 30n]);
  await fresh.close();
});

const anyAsk = fc.record({
  prefix: fc.constantFrom('0861234', '08612345', '086123451', '0861234512', '086123451234'),
  extension: fc.constantFrom(null, 0, 1),
  start: fc.option(fc.integer({ min: 0, max: 300 })),
  quantity: fc.integer({ min: 1, max: 120 }),
});

/** The 17 digits of serial 0. */
function firstOf(asked: Ask): number {
  return Number(`${asked.extension ?? 0}${asked.prefix}`.padEnd(17, '0'));
}

test('requests in parallel never share a number, and each gets what it was told', async () => {
  const second = installation.connect();
  const taken = new Set<string>();
  await fc.assert(
    fc.asyncProperty(fc.array(anyAsk, { minLength: 2, maxLength: 8 }), async (asks) => {
      const answers = await Promise.allSettled(
        asks.map((asked, i) => ask(asked, i % 2 ? second : installation.database)),
      );
      for (const [i, answer] of answers.entries()) {
        const asked = asks[i] as Ask;
        if (answer.status === 'rejected') {
          expect(answer.reason).toBeInstanceOf(NotUniqueError);
          continue;
        }
        const start = await startOf(answer.value);
        expect(start).toBe(asked.start ?? start);
        const codes = await codesOf(answer.value);
        expect(codes).toHaveLength(asked.quantity);
        expect(codes.filter((code) => taken.has(code))).toEqual([]);
        expect(Number(codes[0]?.slice(0, 17))).toBe(firstOf(asked) + start);
        for (const code of codes) taken.add(code);
      }
    }),
    { numRuns: 25, endOnFailure: true },
  );
});
