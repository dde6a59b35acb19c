import { describeBackends, POSTGRES } from '../support/backends';
import { until } from '../support/until';
import { RECOVERY_MS, Scene } from './scene';

const QUANTITY = 150_000;

// The plans freeze workers with the queue on Redis too.
describeBackends('a frozen worker', [POSTGRES], (start) => {
  let scene: Scene;
  beforeEach(async () => {
    // Long slices, so that both still run one when the lock has passed on.
    const environment = { CODEMINT_CHUNK_SIZE: '100', WORKER_CONCURRENCY: '1' };
    scene = await Scene.open(await start(), { workers: 2, environment });
  });
  afterEach(() => scene.close());

  test(
    'that thaws after its lock has passed to another disturbs nothing and goes on working',
    async () => {
      await scene.api.post({ product: scene.product, quantity: QUANTITY });
      await scene.untilCreated(QUANTITY / 10);
      const [frozen, other] = scene.runningWorkers();
      frozen?.signal('SIGSTOP');
      const held = await heldSlice(scene);
      await until(
        'another makes its slice',
        RECOVERY_MS,
        async () => (await progress(scene, held.id)) > held.progress,
      );
      frozen?.signal('SIGCONT');
      await scene.expectAllComplete(1, QUANTITY);

      await other?.stop();
      const next = await scene.api.post({ product: scene.product, quantity: 1000 });
      await scene.api.untilComplete(next.id);
      await scene.expectAllComplete(2, QUANTITY + 1000);
    },
    2 * RECOVERY_MS,
  );
});

interface Held extends Record<string, unknown> {
  id: string;
  progress: number;
}

/** The slice that was begun and does not move any more, while the other worker's does. */
async function heldSlice(scene: Scene): Promise<Held> {
  return until('a slice stands still', RECOVERY_MS, async () => {
    const still = await scene.query<Held>(
      `SELECT id, progress FROM slice
        WHERE state = 'open' AND progress > 0 AND touched_at < now() - interval '2 seconds'`,
    );
    return still[0];
  });
}

async function progress(scene: Scene, id: string): Promise<number> {
  const [row] = await scene.query<{ progress: number }>('SELECT progress FROM slice WHERE id = $1', [id]);
  return row?.progress as number;
}
