import type { KeyRing } from '@codemint/shared';
import { type Database, openDatabase } from '../../packages/db/src';
import { expectEarliestOwners } from '../../packages/db/test/owners';
import { masterKey, ringOf, supply } from '../../packages/db/test/support';
import { ApiClient } from '../support/apiClient';
import { createTestDatabase } from '../support/postgres';
import { RECOVERY_MS, Scene } from './scene';

const GTIN = '09312345551927';
const NAMESPACE = { kind: 'sgtin', key: GTIN } as const;

/** One in 1,852 UAN-28 codes of length 6 has digits alone, and these fill much of the space of numeric ones. */
const LENGTH = 6;
const JOBS = [
  ...Array.from({ length: 8 }, () => ({ character_set: 'numeric', quantity: 30_000 })),
  ...Array.from({ length: 8 }, () => ({ character_set: 'UAN-28', quantity: 60_000 })),
  ...Array.from({ length: 4 }, () => ({ character_set: 'alphanumeric', quantity: 20_000 })),
];
const SUPPLIES = 20;
const SUPPLIED_AT_ONCE = 500;

describe('rivals for the codes of one GTIN', () => {
  let scene: Scene;
  let database: Database;
  beforeEach(async () => {
    const { connectionString, drop } = await createTestDatabase();
    const environment = { CODEMINT_MASTER_KEYS: `1:${masterKey(1).toString('base64')}` };
    scene = await Scene.open({ connectionString, stop: drop }, { apis: 2, workers: 2, environment });
    database = openDatabase({ connectionString, poolSize: 4, applicationName: 'test' });
  });
  afterEach(async () => {
    await database?.close();
    await scene.close();
  });

  test(
    'two APIs, three character sets of one length and supplied ids at the same time: the earliest owns a code',
    async () => {
      const apis = scene.stack.processes
        .filter(({ name }) => name.startsWith('api'))
        .map((one) => new ApiClient(one.url() as string, scene.stack.adminToken));
      const posts = shuffled(JOBS).map((job, i) =>
        (apis[i % apis.length] as ApiClient).post({ product: scene.product, length: LENGTH, ...job }),
      );
      // A ring keeps to one database, and serves one call at a time: each of the four has its own.
      const supplies = Array.from({ length: 4 }, () =>
        supplyAgainAndAgain(database, ringOf(1), SUPPLIES / 4),
      );
      const refused = (await Promise.all(supplies)).flat();
      await Promise.all(posts);

      const quantity = JOBS.reduce((sum, job) => sum + job.quantity, 0);
      await scene.expectAllComplete(JOBS.length, quantity);
      const { owned, supplied, rivals } = await expectEarliestOwners(database.pool, NAMESPACE);
      expect(owned).toBeGreaterThanOrEqual(quantity + supplied);
      expect(supplied).toBe(SUPPLIES * SUPPLIED_AT_ONCE - refused.length);
      // They did meet, both ways.
      expect(rivals).toBeGreaterThan(100);
      expect(refused.length).toBeGreaterThan(0);
    },
    2 * RECOVERY_MS,
  );
});

/** Supplies random numeric codes, some of which are given out already or will be asked for. */
async function supplyAgainAndAgain(database: Database, ring: KeyRing, times: number): Promise<string[]> {
  const refused: string[] = [];
  for (let i = 0; i < times; i++) {
    const codes = new Set<string>();
    while (codes.size < SUPPLIED_AT_ONCE) {
      codes.add(String(Math.floor(Math.random() * 10 ** LENGTH)).padStart(LENGTH, '0'));
    }
    refused.push(...(await supply(database, ring, NAMESPACE, [...codes])).refused);
  }
  return refused;
}

function shuffled<Item>(items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
