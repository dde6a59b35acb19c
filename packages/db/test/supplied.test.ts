import { KeyRing, PoolKeyError } from '@codemint/shared';
import { readCodes } from '../src';
import {
  allotmentState,
  cipherOf,
  codesAt,
  order,
  ringOf,
  runToTheEnd,
  storedCodes,
  supply,
  useProduct,
} from './support';

const ring = ringOf(1);
const { installation, namespace } = useProduct();

const ask = (quantity: number, characterSet = 'numeric') =>
  order(installation.database, ring, namespace, { quantity, characterSet });

async function make(quantity: number): Promise<string[]> {
  const { batchId, sliceJobs } = await ask(quantity);
  await runToTheEnd(installation.database, ring, sliceJobs);
  return storedCodes(installation.database.pool, batchId);
}

test('a supplied id that a pool has given out is refused, made or not yet; the others are taken', async () => {
  await ask(100);
  const [first, last, next] = codesAt(cipherOf(namespace), [0, 99, 100]) as [string, string, string];
  const { refused } = await supply(installation.database, ring, namespace, [first, next, last, 'abc', 'ÄÖÜ']);
  expect(refused).toEqual([first, last]);
});

test('a supplied id is skipped by jobs of every pool that could make it, each still getting its quantity', async () => {
  await ask(10);
  const [inUse, ofUnopened] = [
    codesAt(cipherOf(namespace), [10, 12, 13, 500]),
    codesAt(cipherOf(namespace, { set: 'UAN-28' }), [0, 7]),
  ];
  const { refused } = await supply(installation.database, ring, namespace, [...inUse, ...ofUnopened]);
  expect(refused).toEqual([]);
  const numeric = await make(20);
  expect(numeric).toEqual(
    codesAt(cipherOf(namespace), [11, ...Array.from({ length: 19 }, (_, i) => 14 + i)]),
  );
  const opened = await ask(8, 'UAN-28');
  await runToTheEnd(installation.database, ring, opened.sliceJobs);
  const codes = await storedCodes(installation.database.pool, opened.batchId);
  expect(codes).toHaveLength(8);
  expect(codes.filter((code) => ofUnopened.includes(code))).toEqual([]);
});

test('a second batch cannot register what a first one has', async () => {
  const first = await supply(installation.database, ring, namespace, ['A1', 'B2']);
  const second = await supply(installation.database, ring, namespace, ['B2', 'C3']);
  expect(first.refused).toEqual([]);
  expect(second.refused).toEqual(['B2']);
});

test('a batch that supplies its ids again is answered alike, even when jobs have come between', async () => {
  const own = codesAt(cipherOf(namespace), [3, 700_000]);
  const first = await supply(installation.database, ring, namespace, [...own, 'other']);
  expect(first.refused).toEqual([]);
  expect(await make(10)).not.toContain(own[0]);
  const again = await supply(installation.database, ring, namespace, [...own, 'other'], first.batchId);
  expect(again.refused).toEqual([]);
});

test('ids registered again keep their first number, so that a slice allotted later skips them', async () => {
  const own = codesAt(cipherOf(namespace), [5]);
  await ask(1);
  const { batchId } = await supply(installation.database, ring, namespace, own);
  const job = await ask(10);
  await supply(installation.database, ring, namespace, own, batchId);
  await runToTheEnd(installation.database, ring, job.sliceJobs);
  expect(await storedCodes(installation.database.pool, job.batchId)).not.toContain(own[0]);
});

test('of the same id supplied by two at once exactly one gets it', async () => {
  const ids = Array.from({ length: 500 }, (_, i) => `id-${i}`);
  const second = installation.connect();
  const answers = await Promise.all([
    supply(installation.database, ring, namespace, ids),
    supply(second, ring, namespace, [...ids].reverse()),
  ]);
  expect(answers.map(({ refused }) => refused.length).sort()).toEqual([0, 500]);
});

test('an id twice in one request is registered once', async () => {
  const { refused } = await supply(installation.database, ring, namespace, ['twin', 'twin']);
  expect(refused).toEqual([]);
});

test('where a pool cannot be decoded no id is taken', async () => {
  await ask(5);
  const before = await allotmentState(installation.database.pool);
  const wrong = new KeyRing(new Map([[1, Buffer.alloc(32, 9)]]));
  await expect(supply(installation.database, wrong, namespace, ['x'])).rejects.toThrow(PoolKeyError);
  expect(await allotmentState(installation.database.pool)).toEqual(before);
});

test('supplied ids have no chunks', async () => {
  const { batchId } = await supply(installation.database, ring, namespace, ['only']);
  expect(await readCodes(installation.database.pool, batchId, { offset: 0, limit: 10 })).toEqual([]);
});
