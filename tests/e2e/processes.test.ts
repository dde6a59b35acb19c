import { randomBytes } from 'node:crypto';
import { ApiClient } from '../support/apiClient';
import { ALL_BACKENDS, type Backend, describeBackends } from '../support/backends';
import { checkDatabase } from '../support/checkDatabase';
import { type Stack, startApps } from '../support/stack';
import { until } from '../support/until';

interface Health {
  status: string;
  checks: {
    database: { status: string };
    queue: { status: string; backend: string };
    oldestWaitingSlice: { ageSeconds: number | null };
  };
}

describeBackends('processes', ALL_BACKENDS, (start) => {
  let backend: Backend;
  const stacks: Stack[] = [];
  beforeAll(async () => {
    backend = await start();
  });
  afterEach(async () => {
    for (const stack of stacks.splice(0)) await stack.stop();
  });
  afterAll(() => backend?.stop());

  /** Stacks of one installation share their keys. */
  const environment = {
    CODEMINT_ADMIN_TOKEN: randomBytes(24).toString('base64url'),
    CODEMINT_MASTER_KEYS: `1:${randomBytes(32).toString('base64')}`,
    CODEMINT_SLICE_SIZE: '5000',
  };
  const run = async (apis: number, workers: number): Promise<Stack> => {
    const stack = await startApps({ ...backend, apis, workers, environment });
    stacks.push(stack);
    return stack;
  };

  test('an API alone accepts jobs, a worker alone makes them later', async () => {
    const { url, adminToken } = await run(1, 0);
    const api = new ApiClient(url, adminToken);
    const health = async () => (await (await fetch(`${url}/server/health`)).json()) as Health;
    expect(await (await fetch(`${url}/server/ping`)).text()).toBe('pong');
    expect(await health()).toMatchObject({
      status: 'ok',
      checks: {
        database: { status: 'ok' },
        queue: { status: 'ok', backend: backend.redisUrl === undefined ? 'postgres' : 'redis' },
        oldestWaitingSlice: { ageSeconds: null },
      },
    });
    const product = await api.addProduct('09312345551927');
    const { id } = await api.post({ product, quantity: 12_000 });
    await until(
      'a slice waits',
      10_000,
      async () => ((await health()).checks.oldestWaitingSlice.ageSeconds ?? 0) > 0,
    );
    expect(await api.job(id)).toMatchObject({ status: 'new', quantity_created: null });
    const early = await api.call('GET', `/items/identifier_job/${id}/codes.csv`);
    expect(early.status).toBe(409);

    await run(0, 1);
    await api.untilComplete(id);
    expect((await health()).checks.oldestWaitingSlice.ageSeconds).toBeNull();
    await checkDatabase(backend.connectionString);
  });

  test('two APIs and two workers are one service', async () => {
    const { processes, adminToken } = await run(2, 2);
    const apis = processes
      .filter(({ name }) => name.startsWith('api'))
      .map((one) => new ApiClient(one.url() as string, adminToken));
    const [one, other] = apis as [ApiClient, ApiClient];
    const product = await one.addProduct('09312345552016');
    const jobs = await Promise.all(
      Array.from({ length: 12 }, (_, i) => (apis[i % 2] as ApiClient).post({ product, quantity: 6000 + i })),
    );
    const lists = await Promise.all(
      jobs.map(async ({ id }, i) => {
        const reader = i % 2 === 0 ? other : one;
        await reader.untilComplete(id);
        return reader.codes(id);
      }),
    );
    expect(lists.map((codes) => codes.length)).toEqual(lists.map((_, i) => 6000 + i));
    expect(new Set(lists.flat()).size).toBe(12 * 6000 + 66);
    await checkDatabase(backend.connectionString);
  });
});
