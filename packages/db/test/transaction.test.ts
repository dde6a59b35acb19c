import { type Database, inTransaction, openDatabase, sqlState } from '../src';
import { order, readBatch, ringOf, useInstallation } from './support';

const installation = useInstallation('test');
let database: Database;

beforeEach(async () => {
  database = installation.database;
  await database.pool.query('CREATE TABLE account_balance (id int PRIMARY KEY, amount int NOT NULL)');
  await database.pool.query('INSERT INTO account_balance VALUES (1, 0), (2, 0)');
});

const amounts = async () => {
  const { rows } = await database.pool.query('SELECT amount FROM account_balance ORDER BY id');
  return rows.map(({ amount }) => amount);
};

const add = (id: number) => `UPDATE account_balance SET amount = amount + 1 WHERE id = ${id}`;

test('what is thrown undoes everything, and the connection serves on', async () => {
  const small = openDatabase({ ...databaseOptions(), poolSize: 1 });
  const failure = new Error('no');
  const work = inTransaction(small.pool, async (client) => {
    await client.query(add(1));
    throw failure;
  });
  await expect(work).rejects.toBe(failure);
  expect(
    await inTransaction(small.pool, async (client) => (await client.query('SELECT 5 AS five')).rows),
  ).toEqual([{ five: 5 }]);
  await small.close();
  expect(await amounts()).toEqual([0, 0]);
});

test('a statement that failed cannot be passed over: nothing would be committed', async () => {
  const work = inTransaction(database.pool, async (client) => {
    await client.query(add(1));
    await client.query('SELECT 1 / 0').catch(() => undefined);
    return 'done';
  });
  await expect(work).rejects.toThrow();
  expect(await amounts()).toEqual([0, 0]);
});

test('the victim of a deadlock is tried again, and both are done once', async () => {
  const attempts = [0, 0];
  let met = 0;
  const crossing = (which: number) =>
    inTransaction(database.pool, async (client) => {
      (attempts[which] as number)++;
      await client.query(add(which === 0 ? 1 : 2));
      met++;
      // Both hold their first row before either asks for the other's.
      while (met < 2) await new Promise((resolve) => setImmediate(resolve));
      await client.query(add(which === 0 ? 2 : 1));
    });
  await Promise.all([crossing(0), crossing(1)]);
  expect(await amounts()).toEqual([2, 2]);
  expect((attempts[0] as number) + (attempts[1] as number)).toBe(3);
});

test.each([
  ['40P01', 4],
  ['40001', 4],
  ['23505', 1],
])('%s is tried %i times in all', async (state, times) => {
  let attempts = 0;
  const work = inTransaction(database.pool, async (client) => {
    attempts++;
    await client.query(add(1));
    await client.query(`DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '${state}'; END $$`);
  });
  const error = await work.catch((caught: unknown) => caught);
  expect(sqlState(error)).toBe(state);
  expect(attempts).toBe(times);
  expect(await amounts()).toEqual([0, 0]);
});

test('a connection that is cut while it is held fails its holder and nobody else', async () => {
  const work = inTransaction(database.pool, async (client) => {
    const { rows } = await client.query('SELECT pg_backend_pid() AS pid');
    await client.query(add(1));
    const ended = new Promise((resolve) => client.once('end', resolve));
    await database.pool.query('SELECT pg_terminate_backend($1)', [rows[0].pid]);
    await ended;
    await client.query(add(2));
  });
  await expect(work).rejects.toThrow();
  expect(await amounts()).toEqual([0, 0]);
  expect(database.pool.totalCount).toBe(database.pool.idleCount);
});

test('parallel requests for several products in any order neither wait for ever nor fail', async () => {
  const namespaces = await Promise.all([1, 2, 3].map(() => installation.addProduct()));
  const other = installation.connect();
  const ring = ringOf(1);
  const orders = await Promise.all(
    [...Array(30).keys()].map((i) =>
      order(i % 2 ? other : database, ring, namespaces[i % 3] as never, { quantity: 1 + i }),
    ),
  );
  for (const { batchId, quantity } of orders) {
    expect(await readBatch(database.pool, batchId)).toMatchObject({ quantity });
  }
});

function databaseOptions() {
  const { connectionString = '' } = database.pool.options;
  return { connectionString, applicationName: 'test' };
}
