import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase, type TestDatabase } from '../../../tests/support/postgres';
import { codemint, type Outcome } from './support';

const key = (version: number) => `${version}:${Buffer.alloc(32, version).toString('base64')}`;
let database: TestDatabase;

beforeEach(async () => {
  database = await createTestDatabase();
});

afterEach(() => database.drop());

const run = (versions: number[], ...args: string[]): Promise<Outcome> =>
  codemint(
    { DATABASE_URL: database.connectionString, CODEMINT_MASTER_KEYS: versions.map(key).join(',') },
    'keys',
    ...args,
  );

test('a version is retired once, and listed as such', async () => {
  const { out } = await run([1, 2], 'list');
  expect(out).toBe(
    'version  present  pools  codes  retired\n2        true     0      0      -\n1        true     0      0      -\n',
  );
  expect(await run([1, 2], 'retire', '2')).toEqual({
    code: 0,
    out: 'Version 2 is retired: 0 pools give nothing out any more.\n',
    err:
      'New codes are made with version 1. Every running process has to have it: this command sees only the keys of its ' +
      'own environment, or of the key file.\n' +
      'Warning: nothing was made with version 1 yet. A process that has no key but retired ones refuses all jobs and ' +
      'orders.\n' +
      'Keep it in CODEMINT_MASTER_KEYS: without it nobody can tell which of its 0 codes are ours.\n',
  });
  const again = await run([1, 2], 'retire', '2');
  expect(again.code).toBe(0);
  expect(again.out).toMatch(/^Version 2 is retired since 20\S+Z: 0 pools /);
  const json = await run([1, 2], 'list', '--json');
  expect(JSON.parse(json.out)).toEqual([
    { version: 2, present: true, pools: 0, codes: 0, retired: expect.any(String) },
    { version: 1, present: true, pools: 0, codes: 0, retired: null },
  ]);
  expect(JSON.parse((await run([1, 2], 'retire', '2', '--json')).out)).toMatchObject({
    version: 2,
    isNew: false,
  });
});

test.each([
  [[1], '1', /^codemint: Wrong version: No other master key would be left .* Add "2:<base64 of 32 bytes>" /],
  [[1], '7', /^codemint: Wrong version: No master key has it, .* There are: 1\.\n$/],
])('of %j version %s is refused', async (versions, version, line) => {
  const { code, out, err } = await run(versions, 'retire', version);
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toMatch(line);
});

test.each([['x'], ['0'], ['1.5'], ['-1']])('%s is no version', async (version) => {
  expect((await run([1, 2], 'retire', '--', version)).code).toBe(2);
});

test('keys are found in the folder of the local stack, and without any nothing is done', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'codemint-keys-'));
  try {
    const { connectionString } = database;
    writeFileSync(join(folder, 'stack.json'), JSON.stringify({ connectionString }));
    const environment = { CODEMINT_DATA_DIR: folder };
    expect(await codemint(environment, 'keys', 'list')).toMatchObject({ code: 1, out: '' });
    writeFileSync(join(folder, 'master-keys'), `${key(1)},${key(2)}\n`);
    expect(await codemint(environment, 'keys', 'retire', '1')).toMatchObject({ code: 0 });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
