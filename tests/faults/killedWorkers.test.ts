import { describeBackends, LOCAL_BACKENDS } from '../support/backends';
import { pick, QUANTITY, RECOVERY_MS, randomMoments, Scene } from './scene';

const KILLS = 10;

describeBackends('killed workers', LOCAL_BACKENDS, (start) => {
  let scene: Scene;
  beforeEach(async () => {
    const environment = { CODEMINT_CHUNK_SIZE: '100', CODEMINT_SLICE_SIZE: '10000' };
    scene = await Scene.open(await start(), { workers: 2, environment });
  });
  afterEach(() => scene.close());

  test(
    `one of two is killed ${KILLS} times at random moments of a job`,
    async () => {
      const { id } = await scene.api.post({ product: scene.product, quantity: QUANTITY });
      for (const moment of randomMoments(KILLS, QUANTITY)) {
        await scene.untilCreated(moment);
        const worker = pick(scene.runningWorkers());
        worker.signal('SIGKILL');
        expect(await worker.ended).toBe('SIGKILL');
        expect((await scene.api.job(id)).status).not.toBe('complete');
        await scene.stack.startWorker();
      }
      await scene.expectAllComplete(1, QUANTITY);
      expect(await scene.api.job(id)).toMatchObject({ status: 'complete', quantity_created: QUANTITY });
    },
    2 * RECOVERY_MS,
  );
});
