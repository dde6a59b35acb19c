import { randomBytes } from 'node:crypto';
import { ApiClient } from '../support/apiClient';
import { checkDatabase } from '../support/checkDatabase';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { type Stack, startApps } from '../support/stack';
import { until } from '../support/until';

const newKey = (version: number) => `${version}:${randomBytes(32).toString('base64')}`;

describe('master keys of processes', () => {
  let database: TestDatabase;
  let stack: Stack;
  let product: string;
  beforeAll(async () => {
    database = await createTestDatabase();
    stack = await startApps({ connectionString: database.connectionString });
    product = await new ApiClient(stack.url, stack.adminToken).addProduct('09312345551927');
  });
  afterAll(async () => {
    await stack?.stop();
    await database?.drop();
  });

  test('what needs a key that is on its way waits for it; then nobody starts without, nor with a wrong one', async () => {
    const second = newKey(2);
    const both = { CODEMINT_MASTER_KEYS: `${second},${stack.masterKeys}` };
    await new ApiClient(stack.url, stack.adminToken).post({ product, quantity: 10 });
    const newer = await stack.startApi(both);
    const client = new ApiClient(newer.url() as string, stack.adminToken);
    const { id } = await client.post({ product, quantity: 10 });
    // The first key is all that this one has.
    const worker = stack.processes.find(({ name }) => name === 'worker-1');
    const complaint =
      /"reason":"Master key version 2 is missing[^\n]+this try has failed, there will be another/;
    await until('the worker says what it lacks', 20_000, () => complaint.test(worker?.log() ?? ''));
    expect(await client.job(id)).toMatchObject({ status: 'new', error_message: null });
    await worker?.stop();
    await stack.startWorker(both);
    await client.untilComplete(id);
    await checkDatabase(database.connectionString);

    expect(await lastWords('api', stack.masterKeys)).toMatch(
      /^codemint api: Master key version 2 is missing from CODEMINT_MASTER_KEYS: codes were made with it\. /,
    );
    expect(await lastWords('worker', `${second},${newKey(1)}`)).toMatch(
      /^codemint worker: Master key version 1 does not make the codes that pool \d+ was opened with: /,
    );
  });

  /** The one line that a process leaves which refuses to start. */
  async function lastWords(app: 'api' | 'worker', keys: string): Promise<string> {
    const environment = { CODEMINT_MASTER_KEYS: keys };
    const started = app === 'api' ? stack.startApi(environment) : stack.startWorker(environment);
    await expect(started).rejects.toThrow('has ended: code 1');
    const lines = stack.processes.at(-1)?.log().trimEnd().split('\n') ?? [];
    const words = lines.filter((line) => !line.startsWith('{'));
    expect(words).toHaveLength(1);
    return words[0] as string;
  }
});
