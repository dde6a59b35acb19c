import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { bootstrap, type Database, FIRST_ACCOUNT_ID, openDatabase } from '@codemint/db';
import { createTestDatabase, type TestDatabase } from '../../../tests/support/postgres';
import { codemint, type Outcome } from './support';

const PRODUCT = '/01/09312345551927';
const MASTER_KEYS = `1:${Buffer.alloc(32, 7).toString('base64')}`;
let folder: string;
let testDatabase: TestDatabase;
let database: Database;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'codemint-import-'));
  testDatabase = await createTestDatabase();
  const { connectionString } = testDatabase;
  database = openDatabase({ connectionString, poolSize: 1, applicationName: 'test' });
  await bootstrap(database);
  await database.prisma.product.create({ data: { id: PRODUCT, account_id: FIRST_ACCOUNT_ID } });
});

afterEach(async () => {
  await database.close();
  await testDatabase.drop();
  rmSync(folder, { recursive: true });
});

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const run = (...args: string[]): Promise<Outcome> =>
  codemint(
    { DATABASE_URL: testDatabase.connectionString, CODEMINT_MASTER_KEYS: MASTER_KEYS },
    'import',
    ...args,
  );

const codes = async () =>
  (await database.prisma.registry.findMany({ orderBy: { place: 'asc' } })).map(({ code }) => code);

test.each([
  ['codes.csv', (text: string) => text],
  ['codes.CSV.gz', (text: string) => gzipSync(text)],
])('%s is imported', async (name, pack) => {
  const path = file(name, pack(`code,product\na,${PRODUCT}\nb,${PRODUCT}\n`));
  expect(await run(path)).toEqual({ code: 0, out: '2 codes are imported.\n', err: '' });
  expect(await codes()).toEqual(['a', 'b']);
});

test('NDJSON is imported, and answered in JSON', async () => {
  const path = file('codes.jsonl', `${JSON.stringify({ product: PRODUCT, code: 'a' })}\n`);
  const { code, out } = await run(path, '--account', FIRST_ACCOUNT_ID, '--json');
  expect(code).toBe(0);
  expect(JSON.parse(out)).toEqual({
    imported: 1,
    batches: [{ product: PRODUCT, domain: null, quantity: 1 }],
  });
});

test('each refused line is listed, nothing is imported, and the exit code is 1', async () => {
  const path = file('codes.csv', `product,code\n${PRODUCT},a\n/01/1,b\n${PRODUCT},c d\n${PRODUCT},a\nx\n`);
  expect(await run(path)).toEqual({
    code: 1,
    out: '',
    err: [
      'line 3: There is no product "/01/1" for you.',
      "line 4: Wrong code: A serial has characters of GS1's CSET 82 alone.",
      'line 5: Value "a" for field "code" in collection "unique_code" has to be unique. Line 2 has it already.',
      'line 6: Wrong line: It has 1 values where the header has 2 names.',
      'codemint: Nothing is imported: 4 of 5 lines are refused.',
      '',
    ].join('\n'),
  });
  expect(await codes()).toEqual([]);
  const { code, out } = await run(path, '--json');
  expect(code).toBe(1);
  expect(JSON.parse(out)).toMatchObject({
    imported: 0,
    refused_lines: 4,
    refused: [{ line: 3 }, {}, {}, {}],
  });
});

test('of very many refused lines the first thousand are listed', async () => {
  const { code, err } = await run(file('codes.ndjson', '{}\n'.repeat(1_500)));
  expect(code).toBe(1);
  expect(err.match(/^line \d+: /gm)).toHaveLength(1_000);
  expect(err).toContain('… and 500 more\n');
});

test('its progress is noted', async () => {
  const lines = Array.from({ length: 100_000 }, (_, i) => `${PRODUCT},${i}`);
  expect(await run(file('codes.csv', ['product,code', ...lines].join('\n')))).toEqual({
    code: 0,
    out: '100000 codes are imported.\n',
    err: '100000 lines read\n100000 lines imported\n',
  });
});

test('only what belongs to the account that is named may be imported', async () => {
  const { id } = await database.prisma.account.create({ data: { account_name: 'Other' } });
  const path = file('codes.csv', `product,code\n${PRODUCT},a\n`);
  expect((await run(path, '--account', id)).err).toContain(`There is no product "${PRODUCT}" for you.`);
  expect(await run(path, '--account', 'nobody')).toMatchObject({
    code: 1,
    err: 'codemint: There is no account "nobody": "codemint account list" shows all.\n',
  });
});

test('the master keys of the running local stack are found by its data folder', async () => {
  const path = file('codes.csv', `product,code\n${PRODUCT},a\n`);
  const environment = { CODEMINT_DATA_DIR: folder };
  file('stack.json', JSON.stringify({ connectionString: testDatabase.connectionString }));
  expect(await codemint(environment, 'import', path)).toMatchObject({
    code: 1,
    err: expect.stringMatching(/^codemint: No master keys: set CODEMINT_MASTER_KEYS/),
  });
  file('master-keys', `${MASTER_KEYS}\n`);
  expect(await codemint(environment, 'import', path)).toMatchObject({ code: 0 });
});

test.each([
  ['codes.txt', 'code\n', /has to end in \.csv, \.ndjson or \.jsonl/],
  ['missing.csv', null, /ENOENT.*missing\.csv/],
  ['header.csv', 'product,kode\n', /The CSV's header is wrong/],
  ['packed.csv.gz', 'code\n', /incorrect header check/],
])('%s cannot be read', async (name, content, message) => {
  const path = content === null ? join(folder, name) : file(name, content);
  const { code, err } = await run(path);
  expect(code).toBe(1);
  expect(err).toMatch(message);
});
