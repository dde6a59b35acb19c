import { createTestDatabase, type TestDatabase } from '../../../tests/support/postgres';
import { codemint, type Outcome } from './support';

let testDatabase: TestDatabase;
beforeAll(async () => {
  testDatabase = await createTestDatabase();
});
afterAll(() => testDatabase.drop());

const run = (...args: string[]): Promise<Outcome> =>
  codemint({ DATABASE_URL: testDatabase.connectionString }, ...args);

interface Entry {
  action: string;
  collection: string;
  item: string;
  user_id: string | null;
  details: object;
}

/** The answer in JSON of a command that has to succeed. */
async function json<T>(...args: string[]): Promise<T> {
  const { code, out, err } = await run(...args, '--json');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out) as T;
}

test('all that the command line changes is told, and no token', async () => {
  const { id: account } = await json<{ id: string }>('account', 'add', 'Dairy');
  const ann = ['user', 'add', 'ann@example.com', '--role', 'operator', '--account', account];
  const { id: user } = await json<{ id: string }>(...ann);
  // Again it changes nothing.
  await json(...ann);
  const { token } = await json<{ token: string }>('token', 'add', user, '--name', 'erp');
  await json('user', 'suspend', user);
  const { id: project } = await json<{ id: string }>('project', 'add', 'P1', '--account', account);
  await json('action-type', 'add', '_checks');
  const [kept] = await json<{ id: string }[]>('token', 'list');
  await json('token', 'revoke', kept?.id ?? '');
  const entries = await json<Entry[]>('audit');
  const application = 'codemint cli';
  const made = { name: 'erp', user_id: user };
  expect(entries.map(({ action, collection, item, details }) => [action, collection, item, details])).toEqual(
    [
      ['delete', 'access_token', kept?.id, { application, ...made }],
      ['create', 'action_type', '_checks', { application, name: '_checks' }],
      ['create', 'project', project, { application, name: 'P1' }],
      ['update', 'users', user, { application, changed: { status: ['active', 'suspended'] } }],
      ['create', 'access_token', kept?.id, { application, ...made }],
      ['create', 'users', user, { application, email: 'ann@example.com', role: 'operator' }],
      ['create', 'account', account, { application, account_name: 'Dairy' }],
    ],
  );
  expect(entries.every(({ user_id }) => user_id === null)).toBe(true);
  expect(JSON.stringify(entries)).not.toContain(token);

  const some = (...options: string[]) => json<Entry[]>('audit', ...options);
  expect(await some('--limit', '2')).toEqual(entries.slice(0, 2));
  expect(await some('--collection', 'users')).toHaveLength(2);
  expect(await some('--account', account)).toHaveLength(6);
  expect(await some('--user', 'ann@example.com')).toEqual([]);
  expect(await some('--since', '2999-01-01')).toEqual([]);
  expect(await some('--since', '2001-01-01T00:00:00Z')).toEqual(entries);
  const { out } = await run('audit', '--limit', '1');
  expect(out).toMatch(/^date_created +by +action +collection +item +account_id +address +details\n20/);
});

test.each([
  ['--account', 'Dairy', 2, 'UUID'],
  ['--since', 'yesterday', 2, 'time'],
  ['--limit', '0', 2, 'whole number'],
  ['--user', 'bob@example.com', 1, 'There is no user'],
])('it refuses %s %s', async (option, value, code, message) => {
  expect(await run('audit', option, value)).toMatchObject({ code, err: expect.stringContaining(message) });
});
