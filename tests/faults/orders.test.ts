import { describeBackends, POSTGRES } from '../support/backends';
import { RECOVERY_MS, Scene } from './scene';

interface Order {
  id: string;
  result?: string;
  status: { state: string; adis: { created: number; errorsCount: number } };
}

// The plans do harm to orders and events of all kinds, with either queue.
describeBackends('orders and events without a worker', [POSTGRES], (start) => {
  let scene: Scene;
  beforeEach(async () => {
    scene = await Scene.open(await start(), { workers: 1 });
  });
  afterEach(() => scene.close());

  const metadata = () => ({ identifierKey: 'gs1:21', product: scene.product });

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

  test(
    'wait, and end when one comes',
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
