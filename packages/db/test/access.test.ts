import { randomUUID } from 'node:crypto';
import { until } from '../../../tests/support/until';
import {
  ADMINISTRATOR_ID,
  bootstrap,
  createToken,
  FIRST_ACCOUNT_ID,
  findCaller,
  firstAccountId,
  listTokens,
} from '../src';
import { useInstallation } from './support';

const ADMIN_TOKEN = 'the administrator’s own token';
const installation = useInstallation('test');

const sql = (text: string, values: unknown[] = []) => installation.database.pool.query(text, values);
const find = (token: string) => findCaller(installation.database, token, ADMIN_TOKEN);

async function addUser(role: string, accountId: string | null = FIRST_ACCOUNT_ID): Promise<string> {
  const id = randomUUID();
  await sql('INSERT INTO users (id, email, role, account_id) VALUES ($1, $2, $3, $4)', [
    id,
    `${id}@x.org`,
    role,
    accountId,
  ]);
  return id;
}

/** Every row of every table as text. */
async function everything(): Promise<string> {
  const { rows } = await sql(
    `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'`,
  );
  const tables = await Promise.all(
    rows.map(({ table_name }) => sql(`SELECT t::text AS row FROM "${table_name}" t`)),
  );
  return tables.flatMap((table) => table.rows.map(({ row }) => row)).join('\n');
}

test('a token leads to its user, and each user may have several', async () => {
  for (const role of ['operator', 'reader', 'admin'] as const) {
    const userId = await addUser(role);
    const tokens = [
      await createToken(installation.database, userId, 'one'),
      await createToken(installation.database, userId, 'two'),
    ];
    expect(new Set(tokens).size).toBe(2);
    for (const token of tokens) {
      expect(await find(token)).toEqual({
        userId,
        role,
        accountId: FIRST_ACCOUNT_ID,
        tokenId: expect.any(String),
      });
    }
  }
  const userId = await addUser('admin', null);
  const token = await createToken(installation.database, userId, 'x');
  expect(await find(token)).toEqual({ userId, role: 'admin', accountId: null, tokenId: expect.any(String) });
});

test('nothing in the database contains a token', async () => {
  const token = await createToken(installation.database, await addUser('operator'), 'name of it');
  const text = await everything();
  expect(text).toContain('name of it');
  expect(token).toMatch(/^[\w-]{43}$/);
  const bytes = Buffer.from(token, 'base64url');
  for (const secret of [
    token,
    bytes.toString('hex'),
    bytes.toString('base64'),
    Buffer.from(token).toString('hex'),
  ]) {
    expect(text).not.toContain(secret);
  }
});

test('wrong tokens lead to nobody', async () => {
  const token = await createToken(installation.database, await addUser('operator'), 'x');
  const wrong = [
    '',
    'x',
    token.slice(1),
    `${token}x`,
    token.toUpperCase(),
    `${ADMIN_TOKEN}x`,
    '\0',
    "' OR true --",
  ];
  for (const one of wrong) expect(await find(one)).toBeUndefined();
});

test('a suspended user is nobody until he is active again', async () => {
  const userId = await addUser('operator');
  const token = await createToken(installation.database, userId, 'x');
  await sql(`UPDATE users SET status = 'suspended' WHERE id = $1`, [userId]);
  expect(await find(token)).toBeUndefined();
  await sql(`UPDATE users SET status = 'active' WHERE id = $1`, [userId]);
  expect(await find(token)).toBeDefined();
});

test('a token is refused from the moment that it expires', async () => {
  const userId = await addUser('operator');
  const inAnHour = await createToken(installation.database, userId, 'x', new Date(Date.now() + 3_600_000));
  expect(await find(inAnHour)).toBeDefined();
  await sql('UPDATE access_token SET date_expires = now()');
  expect(await find(inAnHour)).toBeUndefined();
  const [row] = await listTokens(installation.database, userId);
  expect(row).toMatchObject({ status: 'expired' });
});

test('when a token was last used is noted by each process once a minute, if nobody else has', async () => {
  const userId = await addUser('operator');
  const token = await createToken(installation.database, userId, 'x');
  const lastUsed = async () => (await listTokens(installation.database, userId))[0]?.last_used ?? undefined;
  expect(await lastUsed()).toBeUndefined();
  await find(token);
  const first = await until('the use is noted', 5_000, lastUsed);
  expect(Date.now() - first.getTime()).toBeLessThan(10_000);
  const minuteAgo = new Date(Date.now() - 61_000);
  await sql('UPDATE access_token SET last_used = $1', [minuteAgo]);
  // This process has noted it within the minute.
  await find(token);
  expect(await lastUsed()).toEqual(minuteAgo);
  const note = async () => {
    await findCaller(installation.connect(), token, ADMIN_TOKEN);
    return until('another process notes it', 5_000, async () => {
      const noted = await lastUsed();
      return noted?.getTime() !== minuteAgo.getTime() && noted;
    });
  };
  const second = await note();
  expect(await note()).toEqual(second);
});

test('nobody waits until the use of his token is noted', async () => {
  const token = await createToken(installation.database, await addUser('operator'), 'x');
  const locking = await installation.connect().pool.connect();
  try {
    await locking.query('BEGIN; SELECT 1 FROM access_token FOR UPDATE');
    expect(await find(token)).toBeDefined();
  } finally {
    await locking.query('ROLLBACK');
    locking.release();
  }
});

test('tokens of a user who is removed go with him', async () => {
  const userId = await addUser('operator');
  const token = await createToken(installation.database, userId, 'x');
  await sql('DELETE FROM users WHERE id = $1', [userId]);
  expect(await find(token)).toBeUndefined();
});

test('the administrator’s token is no row, and stands for the whole installation', async () => {
  expect(await find(ADMIN_TOKEN)).toEqual({
    userId: ADMINISTRATOR_ID,
    role: 'admin',
    accountId: null,
    tokenId: ADMINISTRATOR_ID,
  });
  expect(await everything()).not.toContain(ADMIN_TOKEN);
});

test('an installation is made once, by however many processes at once', async () => {
  await sql('DELETE FROM users');
  await sql('DELETE FROM account');
  const other = installation.connect();
  await Promise.all([...Array(10).keys()].map((i) => bootstrap(i % 2 ? other : installation.database)));
  const { rows } = await sql('SELECT id, account_id, role, status FROM users');
  expect(rows).toEqual([{ id: ADMINISTRATOR_ID, account_id: null, role: 'admin', status: 'active' }]);
  expect((await sql('SELECT id FROM account')).rows).toEqual([{ id: FIRST_ACCOUNT_ID }]);
});

test('a later start changes nothing that people have changed', async () => {
  await sql(`UPDATE account SET id = $1, account_name = 'Renamed'`, [randomUUID()]);
  await sql(`UPDATE users SET first_name = 'Ada'`);
  const before = await everything();
  await bootstrap(installation.database);
  expect(await everything()).toBe(before);
});

test('the first account is the one that was made first', async () => {
  expect(await firstAccountId(installation.database)).toBe(FIRST_ACCOUNT_ID);
  const older = randomUUID();
  await sql(`INSERT INTO account (id, account_name, date_created) VALUES ($1, 'older', '2001-01-01')`, [
    older,
  ]);
  expect(await firstAccountId(installation.database)).toBe(older);
});
