import { type Database, findCaller, openDatabase } from '@codemint/db';
import { createTestDatabase, type TestDatabase } from '../../../tests/support/postgres';
import { codemint, type Outcome } from './support';

const ADMIN_TOKEN = 'the token of the setting';
const UNKNOWN_ID = '00000000-0000-0000-0000-000000000001';

let testDatabase: TestDatabase;
let database: Database;

beforeEach(async () => {
  testDatabase = await createTestDatabase();
  database = openDatabase({
    connectionString: testDatabase.connectionString,
    poolSize: 1,
    applicationName: 'test',
  });
});

afterEach(async () => {
  await database.close();
  await testDatabase.drop();
});

const run = (...args: string[]): Promise<Outcome> =>
  codemint({ DATABASE_URL: testDatabase.connectionString }, ...args);

/** The answer in JSON of a command that has to succeed. */
async function json<T = Record<string, string>>(...args: string[]): Promise<T> {
  const { code, out, err } = await run(...args, '--json');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out) as T;
}

async function addUser(...options: string[]): Promise<void> {
  expect((await run('user', 'add', 'ann@example.com', ...options)).code).toBe(0);
}

describe('accounts', () => {
  test('are made and listed', async () => {
    const made = await run('account', 'add', 'Dairy');
    expect(made).toEqual({
      code: 0,
      out: expect.stringMatching(/^[0-9a-f-]{36}\n$/),
      err: 'Account made. Its id:\n',
    });
    const { out } = await run('account', 'list');
    const id = made.out.trim();
    expect(out).toMatch(/^id +account_name +date_created\n/);
    expect(out).toContain(`${id}  Dairy         20`);
    expect(await json<object[]>('account', 'list')).toEqual([
      { id, account_name: 'Dairy', date_created: expect.any(String) },
    ]);
  });

  test('with an id are made once', async () => {
    const id = 'F1B2C3D4-e5f6-7890-1234-567890abcdef';
    expect(await json('account', 'add', 'Dairy', '--id', id)).toMatchObject({ created: true });
    expect(await json('account', 'add', 'Dairy', '--id', id)).toMatchObject({ created: false });
    const other = await run('account', 'add', 'Bakery', '--id', id);
    expect(other.code).toBe(1);
    expect(other.err).toMatch(/^codemint: .*has to be unique\. It belongs to "Dairy"\.\n$/);
    expect(await json('account', 'list')).toHaveLength(1);
  });

  test.each([
    [['', '--id', UNKNOWN_ID], 'codemint: Wrong account_name: It has to have a value.\n'],
    [['Dairy', '--id', '12'], 'codemint: Wrong id: It has to be a UUID.\n'],
  ])('are refused with %j', async (args, err) => {
    expect(await run('account', 'add', ...args)).toEqual({ code: 1, out: '', err });
  });
});

describe('users', () => {
  test('are made once, whatever the case of their email', async () => {
    const { id: account } = await json('account', 'add', 'Dairy');
    const args = ['--role', 'operator', '--account', account ?? ''];
    const made = await json('user', 'add', 'Ann@Example.com', ...args, '--first-name', 'Ann');
    expect(made).toEqual({
      id: expect.any(String),
      email: 'ann@example.com',
      first_name: 'Ann',
      last_name: null,
      role: 'operator',
      status: 'active',
      account_id: account,
      date_created: expect.any(String),
      created: true,
    });
    expect(await json('user', 'add', 'ann@example.com', ...args)).toEqual({ ...made, created: false });
    const other = await run('user', 'add', 'ann@example.com', '--role', 'admin');
    expect(other.code).toBe(1);
    expect(other.err).toContain(`There is such a user with role operator in account ${account}.\n`);
  });

  test('are listed, all or those of an account', async () => {
    const { id: account } = await json('account', 'add', 'Dairy');
    await json('user', 'add', 'reader@example.com', '--role', 'reader', '--account', account ?? '');
    await json('user', 'add', 'admin@example.com', '--role', 'admin');
    const { out } = await run('user', 'list');
    expect(out.split('\n')).toEqual([
      expect.stringMatching(/^id +email +role +status +account_id +date_created$/),
      expect.stringContaining(`reader@example.com  reader  active  ${account}  20`),
      expect.stringMatching(/ {2}admin@example\.com {3}admin {3}active {2}- {37}20/),
      '',
    ]);
    expect(await json('user', 'list', '--account', account ?? '')).toHaveLength(1);
  });

  test.each([
    [['ann', '--role', 'admin'], 'codemint: Wrong email: It has to be like name@example.com.\n'],
    [
      ['ann@example.com', '--role', 'reader'],
      'codemint: Wrong account: Only an admin can be without an account.\n',
    ],
    [
      ['ann@example.com', '--role', 'reader', '--account', UNKNOWN_ID],
      `codemint: There is no account "${UNKNOWN_ID}": "codemint account list" shows all.\n`,
    ],
    [
      ['ann@example.com', '--role', 'reader', '--account', 'Dairy'],
      'codemint: There is no account "Dairy": "codemint account list" shows all.\n',
    ],
  ])('are refused with %j', async (args, err) => {
    expect(await run('user', 'add', ...args)).toEqual({ code: 1, out: '', err });
    expect(await json('user', 'list')).toEqual([]);
  });

  test('have a role that exists', async () => {
    const { code, err } = await run('user', 'add', 'ann@example.com', '--role', 'boss');
    expect(code).toBe(2);
    expect(err).toContain('Allowed choices are admin, operator, reader.');
  });

  test('who do not exist cannot be suspended', async () => {
    const err = 'codemint: There is no user "bob@example.com": "codemint user list" shows all.\n';
    expect(await run('user', 'suspend', 'bob@example.com')).toEqual({ code: 1, out: '', err });
  });
});

describe('tokens', () => {
  const holder = (token: string) => findCaller(database, token.trim(), ADMIN_TOKEN);

  test('let their user in until they are revoked', async () => {
    await addUser('--role', 'admin');
    const { out: token, err } = await run('token', 'add', 'ANN@example.com', '--name', 'erp');
    expect(err).toBe('Token of ann@example.com. Keep it well, it is not shown again:\n');
    expect(await holder(token)).toMatchObject({ role: 'admin', accountId: null });

    const listed = await run('token', 'list');
    expect(listed.out).not.toContain(token.trim());
    const [row] = await json<{ id: string; name: string }[]>('token', 'list', 'ann@example.com');
    expect(row).toMatchObject({ name: 'erp', email: 'ann@example.com' });
    expect(await run('token', 'revoke', row?.id ?? '')).toMatchObject({ code: 0 });
    expect(await holder(token)).toBeUndefined();
    const again = await run('token', 'revoke', row?.id ?? '');
    expect(again).toMatchObject({ code: 1, err: expect.stringContaining('There is no token') });
  });

  test('are refused while their user is suspended', async () => {
    await addUser('--role', 'admin');
    const { token } = await json('token', 'add', 'ann@example.com');
    expect(await run('user', 'suspend', 'ann@example.com')).toMatchObject({
      code: 0,
      out: 'ann@example.com is suspended.\n',
    });
    expect(await run('user', 'suspend', 'ann@example.com')).toMatchObject({ code: 0 });
    expect(await holder(token ?? '')).toBeUndefined();
    expect(await json('user', 'activate', 'ann@example.com')).toMatchObject({ status: 'active' });
    expect(await holder(token ?? '')).toMatchObject({ role: 'admin' });
  });

  test('end when they are told to, and tell when they were last used', async () => {
    await addUser('--role', 'admin');
    const days = await json('token', 'add', 'ann@example.com', '--expires', '90d');
    const end = new Date(days.date_expires ?? '').getTime();
    expect(Math.abs(end - Date.now() - 90 * 86_400_000)).toBeLessThan(60_000);
    const dated = await run('token', 'add', 'ann@example.com', '--expires', '2999-01-31');
    expect(dated.err).toContain('Token of ann@example.com, until 2999-01-31T00:00:00.000Z.');
    expect(await holder(dated.out)).toBeDefined();
    await database.pool.query('UPDATE access_token SET date_expires = now() WHERE date_expires > $1', [
      '2900-01-01',
    ]);
    expect(await holder(dated.out)).toBeUndefined();
    const { out } = await run('token', 'list');
    expect(out).toMatch(/^id +name +email +status +date_created +date_expires +last_used\n/);
    const listed = await json<{ status: string }[]>('token', 'list');
    expect(listed.map(({ status }) => status)).toEqual(['active', 'expired']);
    expect(listed[1]).toMatchObject({ last_used: expect.any(String) });
  });

  test.each(['tomorrow', '0d', '2001-01-01', '2027-02-30', '90', '-1d', ''])(
    'do not end "%s"',
    async (when) => {
      const { code, err } = await run('token', 'add', 'ann@example.com', '--expires', when);
      expect(code).toBe(2);
      expect(err).toContain('It has to be');
    },
  );

  test('are not made for somebody unknown', async () => {
    const { code, err } = await run('token', 'add', UNKNOWN_ID);
    expect({ code, err }).toEqual({
      code: 1,
      err: `codemint: There is no user "${UNKNOWN_ID}": "codemint user list" shows all.\n`,
    });
  });
});
