import type { KeyRing } from '@codemint/shared';
import fc from 'fast-check';
import { type Database, deleteJobs, type NamespaceKey } from '../src';
import { expectEarliestOwners } from './owners';
import {
  cipherOf,
  codesAt,
  type Order,
  order,
  readBatch,
  ringOf,
  runToTheEnd,
  supply,
  useInstallation,
} from './support';

interface Api {
  database: Database;
  ring: KeyRing;
}

const installation = useInstallation();

/** The same shuffle for the same seed. */
function shuffled<Item>(items: readonly Item[], seed: number): Item[] {
  const keyed = items.map((item, i) => ({ item, key: ((i + 1) * seed * 48_271) % 2_147_483_647 }));
  return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item);
}

/** Ids that are rivals of generated codes: some given out already, some soon, some never. */
function rivalIds(namespace: NamespaceKey, seed: number, below: number): string[] {
  const indexes = Array.from({ length: 300 }, (_, i) => (i * 997 + seed * 7_919) % below);
  const numeric = codesAt(cipherOf(namespace), indexes);
  const unambiguous = codesAt(cipherOf(namespace, { set: 'UAN-28' }), indexes);
  return [...new Set([...numeric, ...unambiguous, `${seed}`, `x${seed}-longer than any`])];
}

test('of many parallel jobs with three character sets and supplied ids the earliest owns each code', async () => {
  const namespace = await installation.addProduct();
  const apis: [Api, Api] = [
    { database: installation.database, ring: ringOf(1) },
    { database: installation.connect(), ring: ringOf(1) },
  ];
  const round = async (seed: number): Promise<Order[]> => {
    const asked = apis.flatMap(({ database, ring }) => {
      const ask = (characterSet: string, quantity: number) => () =>
        order(database, ring, namespace, { characterSet, quantity, sliceSize: 20_000 });
      return [
        ask('numeric', 60_000 + seed),
        ask('numeric', 50_000),
        ask('UAN-28', 50_000),
        ask('GS1-36w', 40_000),
      ];
    });
    const supplied = apis.map(({ database, ring }, i) => async () => {
      await supply(database, ring, namespace, rivalIds(namespace, seed + i, 400_000));
    });
    const made = await Promise.all(shuffled([...asked, ...supplied], seed).map((start) => start()));
    return made.filter((one) => one !== undefined);
  };

  const orders = [...(await round(1)), ...(await round(3))];
  const slices = orders.flatMap((one) => one.sliceJobs);
  // Most slices have two runners, at times at once.
  await Promise.all(
    apis.map(({ database, ring }, i) =>
      runToTheEnd(database, ring, shuffled(slices, 5 + i), { chunkSize: 5_000 }),
    ),
  );

  for (const { batchId, quantity } of orders) {
    expect(await readBatch(installation.database.pool, batchId)).toMatchObject({
      status: 'complete',
      quantity_created: quantity,
      open_slices: 0,
    });
  }
  const found = await expectEarliestOwners(installation.database.pool, namespace);
  expect(found.rivals).toBeGreaterThan(100);
  expect(found.supplied).toBeGreaterThan(100);
});

type Step =
  | { do: 'order'; characterSet: string; quantity: number }
  | { do: 'supply'; seed: number }
  | { do: 'generate' | 'delete' | 'rotate' };

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('order' as const),
      characterSet: fc.constantFrom('numeric', 'numeric', 'UAN-28', 'GS1-36w'),
      quantity: fc.integer({ min: 1, max: 40_000 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('supply' as const), seed: fc.nat(1_000) }) },
  { weight: 2, arbitrary: fc.constant({ do: 'generate' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'delete' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'rotate' as const }) },
);

/** Takes the steps on a new namespace and then makes all that is left to be made. */
async function take(steps: readonly Step[], namespace: NamespaceKey): Promise<Order[]> {
  const { database } = installation;
  let orders: Order[] = [];
  let ring = ringOf(1);
  const generate = () =>
    runToTheEnd(
      database,
      ring,
      orders.flatMap((one) => one.sliceJobs),
    );
  for (const step of steps) {
    if (step.do === 'order') orders.push(await order(database, ring, namespace, step));
    else if (step.do === 'supply')
      await supply(database, ring, namespace, rivalIds(namespace, step.seed, 60_000));
    else if (step.do === 'generate') await generate();
    else if (step.do === 'rotate') ring = ringOf(1, 2);
    else {
      await deleteJobs(
        database,
        orders.slice(-1).map((one) => one.id),
      );
      orders = orders.slice(0, -1);
    }
  }
  await generate();
  return orders;
}

test('whatever order of jobs, supplied ids, runs, deletions and a key rotation: one owner, the earliest', async () => {
  const property = fc.asyncProperty(fc.array(anyStep, { minLength: 3, maxLength: 12 }), async (steps) => {
    const namespace = await installation.addProduct();
    const orders = await take(steps, namespace);
    for (const { batchId, quantity } of orders) {
      const batch = await readBatch(installation.database.pool, batchId);
      expect(batch).toMatchObject({ status: 'complete', quantity_created: quantity, open_slices: 0 });
    }
    await expectEarliestOwners(installation.database.pool, namespace);
  });
  await fc.assert(property, { numRuns: 12, endOnFailure: true });
});
