import { describeBackends, LOCAL_BACKENDS } from '../support/backends';
import { checkDatabase } from '../support/checkDatabase';
import { pick, RECOVERY_MS, randomPause, Scene } from './scene';

const KILLS = 6;
const ROUNDS = 12;
const MOST = 20_000;

interface Order {
  id: string;
  result?: string;
  status: { state: string; adis: { created: number; errorsCount: number } };
}

describeBackends('orders and events under faults', LOCAL_BACKENDS, (start) => {
  let scene: Scene;
  beforeEach(async () => {
    const environment = { CODEMINT_CHUNK_SIZE: '100', CODEMINT_SLICE_SIZE: '5000' };
    scene = await Scene.open(await start(), { workers: 2, environment });
  });
  afterEach(() => scene.close());

  const metadata = () => ({ identifierKey: 'gs1:21', product: scene.product });
  const short = { shortDomain: 'tn.example', defaultRedirectUrl: 'https://brand.example/{shortId}' };

  const send = async <Body>(method: string, path: string, body?: object): Promise<Body> => {
    const response = await scene.api.request(path, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    const answer = (await response.json()) as Body;
    if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`);
    return answer;
  };
  const post = (order: object) =>
    send<Order>('POST', '/adis/orders', { purchaseOrder: 'PO', metadata: metadata(), ...order });

  /** Each kind of order, some of whose ids collide with those of others. */
  const postAll = (round: number) => [
    post({ idGeneration: { length: 8, quantity: MOST }, metadata: { ...metadata(), ...short } }),
    post({ idGeneration: { length: 8, quantity: 3_000, characterSet: 'N' } }),
    post({ ids: Array.from({ length: 300 }, (_, i) => `own-${round * 150 + i}`) }),
    post({ ids: [`only-${round}`], metadata: { ...metadata(), ...short } }),
  ];

  const killOne = async () => {
    const worker = pick(scene.runningWorkers());
    worker.signal('SIGKILL');
    await worker.ended;
    await scene.stack.startWorker();
  };

  test(
    `workers are killed ${KILLS} times while orders of all kinds are made: each ends, no code is there twice`,
    async () => {
      const posted: Promise<Order>[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        posted.push(...postAll(round));
        if (round % 2 === 0) await killOne();
        await randomPause(100);
      }
      const orders = await Promise.all(posted);
      expect(orders).toHaveLength(ROUNDS * 4);
      await scene.untilAllComplete();
      const { orders: stored, codes, distinctCodes } = await checkDatabase(scene.backend.connectionString);
      // Numbers of twelve large orders and of their short ids, of twelve middle ones, and twelve short ids more.
      expect({ stored, codes, distinctCodes }).toEqual({
        stored: ROUNDS * 4,
        codes: ROUNDS * (2 * MOST + 3_000 + 1),
        distinctCodes: ROUNDS * (2 * MOST + 3_000 + 1),
      });
      const owned = await scene.query<{ ids: number }>(
        `SELECT count(*)::int AS ids FROM registry WHERE code LIKE 'own-%'`,
      );
      expect(owned).toEqual([{ ids: ROUNDS * 150 + 150 }]);
    },
    3 * RECOVERY_MS,
  );

  test(
    'workers are killed while events are performed: each is performed once',
    async () => {
      const ids = Array.from({ length: 5_000 }, (_, i) => `item-${i}`);
      const { id } = await post({ ids });
      await scene.untilAllComplete();
      const events: Promise<{ id: string }>[] = [];
      for (let round = 0; round < KILLS; round++) {
        for (const type of ['encodings', 'scans']) {
          const some = ids.slice(round * 500, round * 500 + 2_000);
          events.push(send('POST', `/adis/orders/${id}/events`, { metadata: { type }, ids: some }));
        }
        await killOne();
      }
      expect(await Promise.all(events)).toHaveLength(2 * KILLS);
      await scene.untilAllComplete();
      await checkDatabase(scene.backend.connectionString);
      const [encoded] = await scene.query(`SELECT count(*)::int FROM registry WHERE status = 'encoded'`);
      expect(encoded).toEqual({ count: (KILLS - 1) * 500 + 2_000 });
    },
    3 * RECOVERY_MS,
  );

  test(
    'while no worker is there orders and events wait, and end when one comes',
    async () => {
      const { id } = await post({ ids: ['waits-0'] });
      await scene.untilAllComplete();
      await Promise.all(scene.runningWorkers().map((worker) => worker.stop()));
      const order = await post({ ids: ['waits-1', 'waits-0'] });
      const event = await send<{ id: string }>('POST', `/adis/orders/${id}/events`, {
        metadata: { type: 'scans' },
        ids: ['waits-0'],
      });
      // As if the queue had lost them.
      await scene.query(`UPDATE adi_order SET touched_at = now() - interval '1 hour' WHERE id = $1`, [
        order.id,
      ]);
      expect(await send('GET', `/adis/orders/${order.id}`)).toMatchObject({ status: { state: 'pending' } });
      await scene.stack.startWorker();
      await scene.untilAllComplete();
      expect(await send('GET', `/adis/orders/${order.id}`)).toMatchObject({
        result: 'SUCCEEDED_WITH_FAILURES',
        status: { adis: { created: 1, errorsCount: 1 } },
      });
      expect(await send('GET', `/adis/orders/${id}/events/${event.id}`)).toMatchObject({
        result: 'succeeded',
      });
    },
    2 * RECOVERY_MS,
  );
});
