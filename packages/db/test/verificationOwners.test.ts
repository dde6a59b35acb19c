import { PoolKeyError } from '@codemint/shared';
import fc from 'fast-check';
import {
  type CodeOwner,
  createJobs,
  deleteJobs,
  findCode,
  findRegistered,
  type NamespaceKey,
  ownersOf,
} from '../src';
import {
  cipherOf,
  codesAt,
  LIMITS,
  newJob,
  order,
  orderJob,
  ringOf,
  runSlice,
  runToTheEnd,
  split,
  storedCodes,
  supply,
  useInstallation,
} from './support';

const ring = ringOf(1, 2);
const formerRing = ringOf(1);
const installation = useInstallation();

const owners = (namespace: NamespaceKey, codes: readonly string[]) =>
  ownersOf(installation.database.pool, ring, namespace, codes);

/** What findCode and findRegistered say of one code. */
async function singleOwner(namespace: NamespaceKey, code: string): Promise<CodeOwner | undefined> {
  const { pool } = installation.database;
  const [registered] = await findRegistered(pool, code, { namespace });
  if (registered !== undefined) {
    const { rows } = await pool.query('SELECT place FROM registry WHERE id = $1', [registered.id]);
    return { batchId: registered.batchId, place: rows[0].place, isSupplied: true };
  }
  const [generated] = await findCode(pool, ring, code, { namespace });
  return generated && { batchId: generated.batchId, place: generated.place, isSupplied: false };
}

/** What may happen to a namespace, one thing after the other. */
type Step =
  | {
      kind: 'job';
      set: 'numeric' | 'UAN-28';
      former: boolean;
      quantity: number;
      makes: 'all' | 'some' | 'none';
    }
  | { kind: 'supply'; indexes: number[]; set: 'numeric' | 'UAN-28' }
  | { kind: 'delete' };

const set = fc.constantFrom('numeric' as const, 'UAN-28' as const);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('job' as const), set, former: fc.boolean(), quantity: fc.integer({ min: 1, max: 60_000 }), makes: fc.constantFrom('all' as const, 'all' as const, 'some' as const, 'none' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('supply' as const), set, indexes: fc.uniqueArray(fc.integer({ min: 0, max: 120_000 }), { minLength: 1, maxLength: 40 }) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'delete' as const }) },
); // biome-ignore format: one line a kind

async function carryOut(namespace: NamespaceKey, steps: readonly Step[]): Promise<void> {
  const { database } = installation;
  const jobs: string[] = [];
  // Who has not got the current key cannot tell what its pools have given out.
  let isFormerTime = true;
  for (const one of steps) {
    if (one.kind === 'supply') {
      const cipher = cipherOf(namespace, { set: one.set, keyVersion: 2 });
      await supply(database, ring, namespace, codesAt(cipher, one.indexes));
    } else if (one.kind === 'delete') {
      const id = jobs.pop();
      if (id !== undefined) await deleteJobs(database, [id]);
    } else {
      const { quantity, makes } = one;
      isFormerTime &&= one.former;
      const using = isFormerTime ? formerRing : ring;
      const job = await order(database, using, namespace, {
        quantity,
        characterSet: one.set,
        sliceSize: 9_000,
      });
      jobs.push(job.id);
      if (makes === 'all') await runToTheEnd(database, ring, job.sliceJobs, { sliceSize: 9_000 });
      if (makes === 'some') await runSlice(database.pool, ring, job.sliceJobs[0]?.sliceId as string, 4_000);
    }
  }
}

/** Codes of all pools of the namespace's test, of indexes that may be given out and of such as are not. */
function someCodes(namespace: NamespaceKey, indexes: readonly number[]): string[] {
  const sets = ['numeric', 'UAN-28'] as const;
  return [1, 2].flatMap((keyVersion) =>
    sets.flatMap((one) => codesAt(cipherOf(namespace, { set: one, keyVersion }), indexes)),
  );
}

test('of each code the same is said as of one alone, whatever came before', async () => {
  const { pool } = installation.database;
  const indexes = fc.uniqueArray(fc.integer({ min: 0, max: 130_000 }), { minLength: 10, maxLength: 40 });
  const steps = fc.array(step, { minLength: 2, maxLength: 7 });
  await fc.assert(
    fc.asyncProperty(steps, indexes, async (history, asked) => {
      const namespace = await installation.addProduct();
      await carryOut(namespace, history);
      const { rows } = await pool.query<{ code: string }>(
        `SELECT code FROM registry r JOIN namespace n ON n.id = r.namespace_id WHERE n.key = $1`,
        [namespace.key],
      );
      const codes = [...someCodes(namespace, asked), ...rows.map(({ code }) => code), 'nobody', '', '12'];
      const found = await owners(namespace, codes);
      for (const [i, code] of codes.entries())
        expect([code, found[i]]).toEqual([code, await singleOwner(namespace, code)]);
    }),
    { numRuns: 12, endOnFailure: true },
  );
}, 120_000);

test('all contested codes go to the earliest, and each stored code to its batch and place', async () => {
  const namespace = await installation.addProduct();
  const { database } = installation;
  const jobs = [
    await order(database, formerRing, namespace, { quantity: 60_000 }),
    await order(database, ring, namespace, { quantity: 90_000, characterSet: 'UAN-28' }),
    await order(database, ring, namespace, { quantity: 120_000 }),
    await order(database, ring, namespace, { quantity: 90_000, characterSet: 'UAN-28' }),
  ];
  for (const { sliceJobs } of jobs) await runToTheEnd(database, ring, sliceJobs);
  for (const { batchId } of jobs) {
    const codes = await storedCodes(database.pool, batchId);
    const found = await owners(namespace, codes);
    expect(found.every((owner) => owner?.batchId === batchId)).toBe(true);
    const { rows } = await database.pool.query<{ code: string; place: bigint }>(
      'SELECT code, place FROM issued_code WHERE batch_id = $1 ORDER BY place',
      [batchId],
    );
    expect(found.map((owner) => owner?.place)).toEqual(rows.map(({ place }) => Number(place)));
  }
});

test('a pool of many small jobs: each index is looked up', async () => {
  const namespace = await installation.addProduct();
  const { database } = installation;
  const jobs = Array.from({ length: 60 }, () => newJob({ product: `/01/${namespace.key}`, quantity: 2 }));
  const { sliceJobs } = await createJobs(database, ring, jobs, LIMITS);
  await runToTheEnd(database, ring, sliceJobs);
  const codes = codesAt(cipherOf(namespace, { keyVersion: 2 }), [3, 119, 0, 118, 120, 3]);
  const [a, b, c, d, e, again] = await owners(namespace, codes);
  expect([a?.place, b?.place, c?.place, d?.place, e]).toEqual([1, 1, 0, 0, undefined]);
  expect(again).toEqual(a);
  expect(b?.batchId).toBe(d?.batchId);
  expect(BigInt(b?.batchId as bigint) - BigInt(c?.batchId as bigint)).toBe(59n);
});

test('SSCCs of nested prefixes belong to the range that holds their number', async () => {
  const namespace = { kind: 'sscc' as const, key: '' };
  const { database } = installation;
  const sscc = { type: 'sscc', ssccExtensionDigit: 3, quantity: 500 } as const;
  const jobs = [
    await orderJob(database, ring, { ...sscc, ssccCompanyPrefix: '9521234' }),
    await orderJob(database, ring, { ...sscc, ssccCompanyPrefix: '95212345', sliceSize: 200 }),
  ];
  const last = jobs[1]?.sliceJobs.at(-1)?.sliceId as string;
  for (const { sliceId } of jobs.flatMap(({ sliceJobs }) => sliceJobs)) {
    if (sliceId !== last) await runSlice(database.pool, ring, sliceId);
  }
  for (const { batchId } of jobs) {
    const codes = await storedCodes(database.pool, batchId);
    expect(await owners(namespace, codes)).toEqual(
      codes.map((_, place) => ({ batchId, place, isSupplied: false })),
    );
  }
  const wrongDigit = '395212340000000000';
  const unmade = split(Buffer.from('395212345000004002395212340000005007'), 18);
  expect(await owners(namespace, [wrongDigit, ...unmade, '3952', ''])).toEqual(new Array(5).fill(undefined));
});

test('where a pool of that shape cannot be decoded nothing is told; other shapes are', async () => {
  const namespace = await installation.addProduct();
  const { database } = installation;
  const short = await order(database, formerRing, namespace, { quantity: 3 });
  const long = await order(database, ring, namespace, { quantity: 3, length: 9 });
  await runToTheEnd(database, ring, [...short.sliceJobs, ...long.sliceJobs]);
  const codes = await storedCodes(database.pool, long.batchId);
  const withoutFormer = ringOf(2);
  await expect(ownersOf(database.pool, withoutFormer, namespace, ['123456'])).rejects.toThrow(PoolKeyError);
  expect(await ownersOf(database.pool, withoutFormer, namespace, codes)).toHaveLength(3);
});

test('a namespace that nobody has used has no owners, nor has an empty list', async () => {
  const namespace = await installation.addProduct();
  expect(await owners(namespace, ['123456', '1'])).toEqual([undefined, undefined]);
  expect(await owners(namespace, [])).toEqual([]);
});
