import { createJobs, FIRST_ACCOUNT_ID, openDatabase } from '@codemint/db';
import { KeyRing } from '@codemint/shared';
import { copyDatabase } from '../../../tests/support/copyDatabase';
import { createTestDatabase, type TestDatabase } from '../../../tests/support/postgres';
import { codemint, type Outcome } from './support';

const GTIN = '09312345551927';
const keys = (...versions: number[]) =>
  versions.map((version) => `${version}:${Buffer.alloc(32, version).toString('base64')}`).join(',');

let original: TestDatabase;
let copy: TestDatabase;

beforeEach(async () => {
  original = await createTestDatabase();
  await accept(original, '6');
  copy = await copyDatabase(original.connectionString);
});

afterEach(async () => {
  await Promise.all([original.drop(), copy.drop()]);
});

/** A job for a thousand codes of so many digits. */
async function accept({ connectionString }: TestDatabase, length: string): Promise<void> {
  const database = openDatabase({ connectionString, poolSize: 2, applicationName: 'test' });
  const ring = new KeyRing(new Map([[1, Buffer.alloc(32, 1)]]));
  try {
    await database.pool.query(
      `INSERT INTO account (id, account_name) VALUES ($1, 'First') ON CONFLICT DO NOTHING`,
      [FIRST_ACCOUNT_ID],
    );
    await database.pool.query(
      `INSERT INTO product (id, gtin, account_id) VALUES ('/01/' || $1, $1, $2) ON CONFLICT DO NOTHING`,
      [GTIN, FIRST_ACCOUNT_ID],
    );
    const job = {
      id: null, userId: null, accountId: FIRST_ACCOUNT_ID, referenceId: null, domainId: null, linkHost: 'id.gs1.org',
      type: 'sgtin', length: Number(length), quantity: 1_000, characterSet: 'numeric', product: `/01/${GTIN}`,
      domainName: null, ssccCompanyPrefix: null, ssccExtensionDigit: null, ssccStartSerial: null, epc: null,
    } as const; // biome-ignore format: in the order of the fields
    await createJobs(database, ring, [job], { maxQuantity: 1_000_000, sliceSize: 100_000 });
  } finally {
    await database.close();
  }
}

const run = ({ connectionString }: TestDatabase, ...args: string[]): Promise<Outcome> =>
  codemint({ DATABASE_URL: connectionString, CODEMINT_MASTER_KEYS: keys(1) }, 'after-restore', ...args);

test('where nothing was restored there is nothing to do', async () => {
  expect(await run(original, '--margin', '5', '--none-supplied')).toEqual({
    code: 0,
    out: expect.stringMatching(/^Nothing to do: the database is where it was\./),
    err: '',
  });
  expect(JSON.parse((await run(original, '--json')).out)).toEqual({ done: false });
});

test('it tells what it has to know, and changes nothing before', async () => {
  const { code, err } = await run(copy);
  expect(code).toBe(1);
  expect(err).toMatch(
    /^codemint: Give --margin: .* newest job of the backup is of 20.*Z; .* at most 1000 codes a day, and 0 SSCCs /,
  );
  expect(await run(copy, '--margin', '10')).toMatchObject({
    code: 1,
    err: expect.stringContaining('--none-supplied'),
  });
  expect((await run(copy, '--margin', 'x')).code).toBe(2);
  await expect(accept(copy, '6')).rejects.toThrow('"codemint after-restore"');
});

test('with the queue away nothing is changed', async () => {
  const settings = {
    DATABASE_URL: copy.connectionString,
    CODEMINT_MASTER_KEYS: keys(1),
    REDIS_URL: 'redis://127.0.0.1:1',
  };
  const { code, err } = await codemint(settings, 'after-restore', '--margin', '10', '--none-supplied');
  expect(code).toBe(1);
  expect(err).toMatch(
    /^codemint: The queue cannot be reached, and it has to be emptied: nothing is changed /,
  );
  await expect(accept(copy, '6')).rejects.toThrow('"codemint after-restore"');
});

test('it says what it has done, and that once', async () => {
  const { code, out, err } = await run(copy, '--margin', '1000000', '--sscc-margin', '5', '--none-supplied');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toContain('1,000,000 codes of each of 1 pools are set aside');
  expect(out).toContain(`  sgtin ${GTIN}: numeric, length 6, 999,000 were left`);
  expect(out).toContain('1 unfinished jobs follow when they are finished.');
  expect(out).toContain('Still to be done by you:');
  expect((await run(copy, '--margin', '9', '--none-supplied')).out).toMatch(/^Nothing to do/);
  await expect(accept(copy, '6')).rejects.toThrow('Length 7 would do.');
  await accept(copy, '7');
  const forced = await run(copy, '--margin', '0', '--force', '--json');
  expect(JSON.parse(forced.out)).toMatchObject({
    done: true,
    newPoolStart: 1_000_000,
    newSsccStart: 5,
    full: [],
  });
});

test('a copy for staging gets a key of its own', async () => {
  expect(await run(copy, '--clone')).toMatchObject({
    code: 1,
    err: expect.stringContaining('add "2:<base64 of 32 bytes>"'),
  });
  const settings = { DATABASE_URL: copy.connectionString, CODEMINT_MASTER_KEYS: keys(1, 2) };
  const { code, out } = await codemint(settings, 'after-restore', '--clone');
  expect(code).toBe(0);
  expect(out).toContain('This copy makes new codes with version 2 of the master key; retired: 1.');
});
