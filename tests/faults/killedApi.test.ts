import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createJobs, firstAccountId, openDatabase } from '@codemint/db';
import { KeyRing, parseServiceSettings } from '@codemint/shared';
import { ApiClient } from '../support/apiClient';
import { describeBackends, POSTGRES } from '../support/backends';
import { RECOVERY_MS, Scene } from './scene';

const ROUNDS = 3;
const POSTS = 24;
const QUANTITY = 700;

// The plans kill APIs with the queue on Redis too.
describeBackends('a killed API', [POSTGRES], (start) => {
  let scene: Scene;
  beforeEach(async () => {
    scene = await Scene.open(await start(), { environment: { CODEMINT_SLICE_SIZE: '300' } });
  });
  afterEach(() => scene.close());

  test(
    'between commit and enqueue: the job is made all the same',
    async () => {
      // What such an API leaves behind: all that it commits, and nothing in the queue.
      await acceptWithoutQueue(scene, 2000);
      // As if a minute had passed since.
      await scene.query(`UPDATE slice SET touched_at = now() - interval '1 minute'`);
      await scene.expectAllComplete(1, 2000);
    },
    2 * RECOVERY_MS,
  );

  test(
    'in the middle of many requests: what was accepted is made, nothing is there by half',
    async () => {
      const answered: string[] = [];
      const asked: string[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const api = await scene.stack.startApi();
        const client = new ApiClient(api.url() as string, scene.stack.adminToken);
        const posts = Array.from({ length: POSTS }, async () => {
          const job = { id: randomUUID(), product: scene.product, quantity: QUANTITY };
          asked.push(job.id);
          const answer = await client.call('POST', '/items/identifier_job', job).catch(() => undefined);
          if (answer?.status === 200) answered.push(job.id);
        });
        await Promise.race([sleep(Math.random() * 400), Promise.all(posts)]);
        api.signal('SIGKILL');
        await Promise.all(posts);
      }
      expect(answered.length).toBeLessThan(asked.length);

      const rows = await scene.query<{ id: string }>('SELECT id FROM identifier_job');
      const stored = new Set(rows.map(({ id }) => id));
      expect(answered.filter((id) => !stored.has(id))).toEqual([]);
      await scene.expectAllComplete(stored.size, stored.size * QUANTITY);
    },
    2 * RECOVERY_MS,
  );
});

async function acceptWithoutQueue(scene: Scene, quantity: number): Promise<void> {
  const { connectionString } = scene.backend;
  const settings = parseServiceSettings({
    DATABASE_URL: connectionString,
    CODEMINT_MASTER_KEYS: scene.stack.masterKeys,
    CODEMINT_ADMIN_TOKEN: scene.stack.adminToken,
  });
  const database = openDatabase({ connectionString, poolSize: 1, applicationName: 'test' });
  try {
    const job = {
      id: null, userId: null, accountId: await firstAccountId(database), referenceId: null, domainId: null,
      linkHost: 'id.gs1.org', type: 'sgtin', length: 8, quantity, characterSet: 'alphanumeric',
      product: scene.product, domainName: null, ssccCompanyPrefix: null, ssccExtensionDigit: null,
      ssccStartSerial: null,
      epc: null,
    } as const; // biome-ignore format: a job at a glance
    const limits = { maxQuantity: quantity, sliceSize: 300 };
    await createJobs(database, new KeyRing(settings.CODEMINT_MASTER_KEYS), [job], limits);
  } finally {
    await database.close();
  }
}
