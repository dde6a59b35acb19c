import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEmptyDatabase, type TestDatabase } from '../../../tests/support/postgres';
import { codemint } from './support';

let folder: string;
let database: TestDatabase;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'codemint-cli-'));
  database = await createEmptyDatabase();
});

afterEach(async () => {
  rmSync(folder, { recursive: true, force: true });
  await database.drop();
});

test('a database is migrated once, by many at a time too', async () => {
  const environment = { DATABASE_URL: database.connectionString };
  expect(await codemint(environment, 'account', 'list')).toEqual({
    code: 1,
    out: '',
    err: 'codemint: The database has to be migrated first: "codemint migrate".\n',
  });
  const outcomes = await Promise.all([1, 2, 3].map(() => codemint(environment, 'migrate')));
  expect(outcomes.map(({ code }) => code)).toEqual([0, 0, 0]);
  expect(outcomes.filter(({ out }) => out.includes('Applied migration'))).toHaveLength(1);
  for (const { out } of outcomes) expect(out).toMatch(/The schema is up to date\.\n$/);
  expect(await codemint(environment, '--json', 'migrate')).toEqual({
    code: 0,
    out: '{\n  "done": []\n}\n',
    err: '',
  });
  expect(await codemint(environment, '--json', 'account', 'list')).toMatchObject({ code: 0, out: '[]\n' });
});

test('the running local stack is found by its data folder', async () => {
  const environment = { CODEMINT_DATA_DIR: folder };
  const stackFile = join(folder, 'stack.json');
  expect(await codemint(environment, 'migrate')).toEqual({
    code: 1,
    out: '',
    err: `codemint: No database: set DATABASE_URL, or run "npm start" (there is no ${stackFile}).\n`,
  });
  writeFileSync(stackFile, JSON.stringify({ url: 'http://x', connectionString: database.connectionString }));
  expect(await codemint(environment, 'migrate')).toMatchObject({ code: 0, err: '' });
});

test.each([
  [
    { DATABASE_URL: 'postgresql://nobody@localhost:1/none' },
    /^codemint: The database cannot be reached \(.*ECONNREFUSED.*\): does it run\?\n$/,
  ],
  [{ DATABASE_URL: 'mysql://localhost/x' }, /^codemint: DATABASE_URL must be a URL that begins with .*\n$/],
])('one line tells what is wrong with %j', async (environment, line) => {
  const { code, out, err } = await codemint(environment, 'account', 'list');
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toMatch(line);
});

test.each([
  [['frobnicate'], "error: unknown command 'frobnicate'"],
  [['account', 'add'], "error: missing required argument 'name'"],
  [['account', 'list', '--limit', '3'], "error: unknown option '--limit'"],
])('%j is a wrong use: exit code 2', async (args, message) => {
  const { code, err } = await codemint({}, ...args);
  expect(code).toBe(2);
  expect(err).toContain(message);
});

test('help is no error', async () => {
  const { code, out } = await codemint({}, '--help');
  expect(code).toBe(0);
  expect(out).toContain('npm start');
});
