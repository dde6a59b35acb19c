import { describeBackends, LOCAL_BACKENDS } from '../support/backends';
import { until } from '../support/until';
import { RECOVERY_MS, Scene } from './scene';

const WORKERS = 3;
const QUANTITY = 1_000_000;

describeBackends('a million codes', LOCAL_BACKENDS, (start) => {
  let scene: Scene;
  beforeEach(async () => {
    // Each slice's end is told in the log.
    scene = await Scene.open(await start(), { workers: WORKERS, environment: { LOG_LEVEL: 'debug' } });
  });
  afterEach(() => scene.close());

  test(
    `are made by all of ${WORKERS} workers`,
    async () => {
      const { id } = await scene.api.post({ product: scene.product, quantity: QUANTITY });
      await scene.api.untilComplete(id, RECOVERY_MS);
      // The log of a worker comes after its last write.
      const split = await until('all slices are told of', RECOVERY_MS, () => {
        const found = scene.runningWorkers().map((worker) => slicesOf(worker.log()));
        return found.reduce((sum, slices) => sum + slices, 0) === 10 && found;
      });
      process.stderr.write(`slices of a million codes by worker: ${split.join(', ')}\n`);
      expect(split).toHaveLength(WORKERS);
      expect(Math.min(...split)).toBeGreaterThan(0);
      expect(await scene.created()).toBe(QUANTITY);
    },
    2 * RECOVERY_MS,
  );
});

function slicesOf(log: string): number {
  return log.split('\n').filter((line) => line.includes('"slice":') && line.includes('"msg":"slice ended"'))
    .length;
}
