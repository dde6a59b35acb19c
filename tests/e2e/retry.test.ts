import { codemint } from '../../apps/cli/test/support';
import { ApiClient } from '../support/apiClient';
import { type Backend, describeBackends, LOCAL_BACKENDS } from '../support/backends';
import { checkDatabase } from '../support/checkDatabase';
import { query } from '../support/sql';
import { type Stack, startApps } from '../support/stack';
import { until } from '../support/until';

const QUANTITY = 3_000;

describeBackends('a job that cannot be done', LOCAL_BACKENDS, (start) => {
  let backend: Backend;
  let stack: Stack;
  let api: ApiClient;
  beforeAll(async () => {
    backend = await start();
    stack = await startApps({ ...backend, environment: { CODEMINT_SLICE_SIZE: '1000' } });
    api = new ApiClient(stack.url, stack.adminToken);
  });
  afterAll(async () => {
    await stack?.stop();
    await backend?.stop();
  });

  /** Presses the button "retry" of a failed queue job. */
  async function retryOnDashboard(queueJob: string): Promise<void> {
    const credentials = Buffer.from(`admin:${stack.adminToken}`).toString('base64');
    const url = `${stack.url}/admin/queues/api/queues/identifier-jobs/${queueJob}/retry`;
    const press = async () => {
      const answer = await fetch(url, { method: 'PUT', headers: { authorization: `Basic ${credentials}` } });
      return answer.ok;
    };
    // The slice has failed a moment before its queue job.
    await until('the queue job is retried', 10_000, press);
  }

  test('ends in error, and well after a retry from the dashboard or by the command', async () => {
    const { connectionString, redisUrl = '' } = backend;
    const product = await api.addProduct('09312345551927');
    await query(connectionString, 'ALTER TABLE chunk ADD CONSTRAINT broken CHECK (batch_offset <> 1000)');
    const jobs = [
      await api.post({ product, quantity: QUANTITY }),
      await api.post({ product, quantity: QUANTITY }),
    ];
    for (const { id } of jobs) {
      const failed = async () => (await api.job(id)).status === 'error';
      await until('the job has failed', 20_000, failed);
      expect((await api.job(id)).error_message).toBe(
        "Slice 2 of the codes could not be made: The database refuses it (SQLSTATE 23514); a worker's log says more. " +
          `Once that is mended, "codemint retry ${id}" goes on with it.`,
      );
    }
    await query(connectionString, 'ALTER TABLE chunk DROP CONSTRAINT broken');

    const [one, other] = jobs.map(({ id }) => id) as [string, string];
    const slices = await query<{ id: bigint }>(
      connectionString,
      `SELECT s.id FROM slice s JOIN identifier_job j USING (batch_id) WHERE j.id = '${one}' AND state = 'failed'`,
    );
    for (const { id } of slices) await retryOnDashboard(`slice-${id}-0`);
    const environment = { DATABASE_URL: connectionString, REDIS_URL: redisUrl };
    expect(await codemint(environment, 'retry', other)).toEqual({
      code: 0,
      out: 'Tried again: 1 slice to be made.\n',
      err: '',
    });
    for (const id of [one, other]) {
      await api.untilComplete(id);
      expect(await api.job(id)).toMatchObject({ quantity_created: QUANTITY, error_message: null });
    }
    await checkDatabase(connectionString);
  });
});
