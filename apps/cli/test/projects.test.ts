import { createTestDatabase, type TestDatabase } from '../../../tests/support/postgres';
import { codemint, type Outcome } from './support';

const ID = 'UKwHgM24VqABDKwbeEBCmgfr';
let database: TestDatabase;

beforeEach(async () => {
  database = await createTestDatabase();
});

afterEach(() => database.drop());

const run = (...args: string[]): Promise<Outcome> =>
  codemint({ DATABASE_URL: database.connectionString }, ...args);

async function json<T = Record<string, string>>(...args: string[]): Promise<T> {
  const { code, out, err } = await run(...args, '--json');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out) as T;
}

test('a project is made for the first account and listed', async () => {
  const { id: account } = await json('account', 'add', 'Dairy');
  await json('account', 'add', 'Bakery');
  const made = await run('project', 'add', 'Spring');
  expect(made).toEqual({
    code: 0,
    out: expect.stringMatching(/^\w{24}\n$/),
    err: 'Project made. Its id:\n',
  });
  const id = made.out.trim();
  const { out } = await run('project', 'list');
  expect(out).toMatch(/^id +name +account_id +date_created\n/);
  expect(out).toContain(`${id}  Spring  ${account}  20`);
  expect(await json<object[]>('project', 'list')).toEqual([
    { id, name: 'Spring', account_id: account, date_created: expect.any(String) },
  ]);
});

test('a project is made for another account, and once where it has an id', async () => {
  await json('account', 'add', 'Dairy');
  const { id: account } = await json('account', 'add', 'Bakery');
  const args = ['project', 'add', 'Spring', '--id', ID, '--account', account ?? ''];
  expect(await json(...args)).toMatchObject({ id: ID, account_id: account, created: true });
  expect(await run(...args)).toEqual({
    code: 0,
    out: `${ID}\n`,
    err: 'The project is there already. Its id:\n',
  });
  const other = await run('project', 'add', 'Spring', '--id', ID);
  expect(other.code).toBe(1);
  expect(other.err).toContain(`It belongs to "Spring" of account ${account}.\n`);
  expect(await json<object[]>('project', 'list', '--account', account ?? '')).toHaveLength(1);
});

test.each([
  [['Spring', '--account', 'Dairy'], 'There is no account "Dairy": "codemint account list" shows all.'],
  [['Spring', '--id', 'x'], 'Wrong id: It has to have 24 letters and digits, none of "ijlouvzIJLOZ".'],
  [[''], 'Wrong name: It has to have a value.'],
])('%j is refused', async (args, line) => {
  await json('account', 'add', 'Bakery');
  expect(await run('project', 'add', ...args)).toEqual({ code: 1, out: '', err: `codemint: ${line}\n` });
  expect(await json('project', 'list')).toEqual([]);
});

test('a project needs an account', async () => {
  expect(await run('project', 'add', 'Spring')).toEqual({
    code: 1,
    out: '',
    err: 'codemint: There is no account yet: "codemint account add <name>" makes one.\n',
  });
  const { code, err } = await run('project', 'list', '--account', ID);
  expect({ code, err }).toEqual({
    code: 1,
    err: `codemint: There is no account "${ID}": "codemint account list" shows all.\n`,
  });
});
