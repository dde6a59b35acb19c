import { createTestDatabase } from '../support/postgres';
import { startRedis, type TestRedis, whyNoRedis } from '../support/redis';
import { RECOVERY_MS, Scene } from './scene';

const QUANTITY = 100_000;

const reason = whyNoRedis();
if (reason !== undefined) process.stderr.write(`skipped: faults of Redis: ${reason}\n`);
const describeRedis = reason === undefined ? describe : describe.skip;

describeRedis('Redis', () => {
  let redis: TestRedis;
  let scene: Scene;
  beforeEach(async () => {
    redis = await startRedis();
    const { connectionString, drop } = await createTestDatabase();
    const stop = async () => void (await Promise.all([drop(), redis.stop()]));
    const environment = { CODEMINT_CHUNK_SIZE: '200', CODEMINT_SLICE_SIZE: '10000' };
    scene = await Scene.open({ connectionString, redisUrl: redis.url, stop }, { workers: 2, environment });
  });
  afterEach(() => scene.close());

  test(
    'away: jobs are accepted within a second and run when it is back',
    async () => {
      await scene.api.post({ product: scene.product, quantity: QUANTITY });
      await scene.untilCreated(QUANTITY / 10);
      await redis.kill();
      for (let i = 0; i < 3; i++) {
        const startedAt = performance.now();
        const { status } = await scene.api.call('POST', '/items/identifier_job', {
          product: scene.product,
          quantity: 15_000,
        });
        expect(status).toBe(200);
        expect(performance.now() - startedAt).toBeLessThan(1000);
      }
      await redis.restart();
      await scene.expectAllComplete(4, QUANTITY + 45_000);
    },
    2 * RECOVERY_MS,
  );

  test(
    'standing still: jobs are accepted within a second and run when it moves again',
    async () => {
      redis.freeze();
      const startedAt = performance.now();
      const { status } = await scene.api.call('POST', '/items/identifier_job', {
        product: scene.product,
        quantity: 15_000,
      });
      expect(status).toBe(200);
      expect(performance.now() - startedAt).toBeLessThan(1000);
      redis.thaw();
      await scene.expectAllComplete(1, 15_000);
    },
    2 * RECOVERY_MS,
  );
});
