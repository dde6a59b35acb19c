import { createTestDatabase, type TestDatabase } from '../../../tests/support/postgres';
import { codemint, type Outcome } from './support';

let database: TestDatabase;

beforeEach(async () => {
  database = await createTestDatabase();
});

afterEach(() => database.drop());

const run = (...args: string[]): Promise<Outcome> =>
  codemint({ DATABASE_URL: database.connectionString }, ...args);

test('a type of actions is added once and listed behind the built-in ones', async () => {
  expect(await run('action-type', 'add', '_checks')).toEqual({
    code: 0,
    out: '_checks is added.\n',
    err: '',
  });
  expect(await run('action-type', 'add', '_checks')).toEqual({
    code: 0,
    out: '_checks is there already.\n',
    err: '',
  });
  expect(await run('action-type', 'add', '_checks', '--json')).toMatchObject({
    code: 0,
    out: '{\n  "name": "_checks",\n  "created": false\n}\n',
  });
  const { out } = await run('action-type', 'list');
  const lines = out.split('\n');
  expect(lines).toHaveLength(11);
  expect(lines[1]).toBe('checkins       -');
  expect(lines[9]).toMatch(/^_checks {8}20/);
});

test.each(['checks', '_', '_a-b'])('%j is refused', async (name) => {
  expect(await run('action-type', 'add', name)).toEqual({
    code: 1,
    out: '',
    err: 'codemint: Wrong name: It has to be an underscore and 1 to 64 letters, digits or underscores after it.\n',
  });
});
