import { migrate } from '@codemint/db';
import { type OwnPostgres, startOwnPostgres } from '../support/ownPostgres';
import { RECOVERY_MS, Scene } from './scene';

const QUANTITY = 100_000;

describe('Postgres away', () => {
  let postgres: OwnPostgres;
  let scene: Scene;
  beforeEach(async () => {
    postgres = await startOwnPostgres();
    await migrate(postgres.connectionString);
    const { connectionString, stop } = postgres;
    const environment = { CODEMINT_CHUNK_SIZE: '100', CODEMINT_SLICE_SIZE: '10000' };
    scene = await Scene.open({ connectionString, stop }, { workers: 2, environment });
  });
  afterEach(() => scene?.close());

  test(
    'requests are answered 503, workers try again, and all goes on when it is back',
    async () => {
      const { id } = await scene.api.post({ product: scene.product, quantity: QUANTITY });
      await scene.untilCreated(QUANTITY / 5);
      await postgres.crash();
      for (const [method, path, body] of [
        ['POST', '/items/identifier_job', { product: scene.product, quantity: 10 }],
        ['GET', `/items/identifier_job/${id}`, undefined],
        ['GET', '/items/unique_code', undefined],
      ] as const) {
        const answer = await scene.api.call(method, path, body);
        expect(answer).toEqual({
          status: 503,
          body: {
            errors: [
              {
                message: expect.any(String),
                extensions: expect.objectContaining({ code: 'SERVICE_UNAVAILABLE' }),
              },
            ],
          },
        });
      }
      await postgres.restart();
      await scene.expectAllComplete(1, QUANTITY);
      const next = await scene.api.post({ product: scene.product, quantity: 1000 });
      await scene.api.untilComplete(next.id);
      await scene.expectAllComplete(2, QUANTITY + 1000);
      expect(scene.runningWorkers()).toHaveLength(2);
    },
    3 * RECOVERY_MS,
  );
});
