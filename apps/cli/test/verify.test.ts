import { createJobs, FIRST_ACCOUNT_ID, loadSlice, openDatabase, writeChunk } from '@codemint/db';
import { KeyRing, makeChunk } from '@codemint/shared';
import { createTestDatabase, type TestDatabase } from '../../../tests/support/postgres';
import { query } from '../../../tests/support/sql';
import { codemint, type Outcome } from './support';

const GTIN = '09312345551927';
const KEY = Buffer.alloc(32, 7);
const KEYS = `1:${KEY.toString('base64')}`;
let database: TestDatabase;
let job: string;

beforeEach(async () => {
  database = await createTestDatabase();
  job = await makeJob();
});

afterEach(() => database.drop());

const run = (...args: string[]): Promise<Outcome> =>
  codemint({ DATABASE_URL: database.connectionString, CODEMINT_MASTER_KEYS: KEYS }, 'verify', ...args);

const sql = (text: string, values: unknown[] = []) =>
  query<Record<string, string>>(database.connectionString, text, values);

/** A job of 25 codes in three chunks. */
async function makeJob(): Promise<string> {
  await sql('INSERT INTO account (id, account_name) VALUES ($1, $2)', [FIRST_ACCOUNT_ID, 'Dairy']);
  await sql('INSERT INTO product (id, gtin, account_id) VALUES ($1, $2, $3)', [
    `/01/${GTIN}`,
    GTIN,
    FIRST_ACCOUNT_ID,
  ]);
  const opened = openDatabase({
    connectionString: database.connectionString,
    poolSize: 2,
    applicationName: 'test',
  });
  const ring = new KeyRing(new Map([[1, KEY]]));
  const wanted = {
    id: null, userId: null, accountId: FIRST_ACCOUNT_ID, referenceId: null, domainId: null, linkHost: 'id.gs1.org',
    type: 'sgtin', length: 8, quantity: 25, characterSet: 'numeric', product: `/01/${GTIN}`, domainName: null,
    ssccCompanyPrefix: null, ssccExtensionDigit: null, ssccStartSerial: null, epc: null,
  } as const; // biome-ignore format: at a glance
  const { ids, sliceJobs } = await createJobs(opened, ring, [wanted], { maxQuantity: 100, sliceSize: 100 });
  const slice = await loadSlice(opened.pool, BigInt(sliceJobs[0]?.sliceId as string));
  if (slice === undefined || slice.pool.algorithm === 'sscc') throw new Error('the slice is not open');
  const cipher = ring.cipher(slice.pool);
  for (const [progress, span] of [[0, 10], [10, 10], [20, 5]] as const) {
    const chunk = makeChunk({ cipher, firstIndex: progress, span, siblings: [], registered: [] });
    await writeChunk(opened.pool, { sliceId: slice.id, progress, span, width: cipher.width, ...chunk });
  } // biome-ignore format: at a glance
  await opened.close();
  return ids[0] as string;
}

test('where nothing differs the figures are told', async () => {
  for (const args of [[job], ['--all']]) {
    expect(await run(...args)).toEqual({
      code: 0,
      out: expect.stringMatching(/^25 codes of 1 batches in \d+\.\d s: nothing differs\.\n$/),
      err: '',
    });
  }
  const { code, out } = await run('--all', '--json');
  expect(code).toBe(0);
  expect(JSON.parse(out)).toEqual({
    batches: 1,
    codes: 25,
    seconds: expect.any(Number),
    differences: 0,
    listed: [],
  });
});

test('each difference is one line, and the code is 1', async () => {
  const [stored] = await sql(`SELECT code FROM issued_code WHERE place = 12`);
  await sql('UPDATE chunk SET codes = set_byte(codes, 16, 33) WHERE batch_offset = 10');
  const [batch] = await sql('SELECT id FROM batch');
  const { code, out, err } = await run('--all');
  expect({ code, err }).toEqual({
    code: 1,
    err: 'codemint: What is stored differs from what was given out.\n',
  });
  const changed = `!${stored?.code?.slice(1)}`;
  expect(out.split('\n')).toEqual([
    `batch ${batch?.id} (job ${job}): chunk at place 10: the code at place 12 is "${changed}", should be "${stored?.code}"`,
    expect.stringMatching(/^25 codes of 1 batches in \d+\.\d s: 1 differences\.$/),
    '',
  ]);
  const json = await run('--all', '--json');
  expect(json.code).toBe(1);
  expect(JSON.parse(json.out)).toMatchObject({
    differences: 1,
    listed: [{ batch: Number(batch?.id), owner: `job ${job}`, where: 'chunk at place 10' }],
  });
});

test('without their master key codes could not be verified, which is no difference', async () => {
  const environment = {
    DATABASE_URL: database.connectionString,
    CODEMINT_MASTER_KEYS: `2:${Buffer.alloc(32, 8).toString('base64')}`,
  };
  const { code, out, err } = await codemint(environment, 'verify', '--all');
  expect([code, err]).toEqual([1, 'codemint: Codes could not be verified: their master key is needed.\n']);
  expect(out).toMatch(/^pool \d+ \(sgtin 09312345551927, length 8\): Master key version 1 is missing/);
  expect(out).toMatch(/25 codes of 1 batches in \d+\.\d s: 1 pools could not be verified\.\n$/);
  await sql(`UPDATE batch SET unassigned = unassigned - 1`);
  const both = await codemint(environment, 'verify', '--all');
  expect([both.code, both.err]).toEqual([1, 'codemint: What is stored differs from what was given out.\n']);
  expect(both.out).toMatch(/s: 1 differences, 1 pools could not be verified\.\n$/);
});

test.each([
  [[], 'error: name either a job or order, or --all'],
  [['--all', 'x'], 'error: name either a job or order, or --all'],
  [['x'], 'error: there is no job or order "x"'],
  [['--some'], "error: unknown option '--some'"],
])('wrong use: %j', async (args, line) => {
  const { code, out, err } = await run(...args);
  expect({ code, out, err: err.split('\n')[0] }).toEqual({ code: 2, out: '', err: line });
});

test('without master keys nothing can be verified', async () => {
  const { code, err } = await codemint({ DATABASE_URL: database.connectionString }, 'verify', '--all');
  expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining('CODEMINT_MASTER_KEYS') });
});
