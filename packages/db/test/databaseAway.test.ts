import { UnavailableError, ValidationError } from '@codemint/shared';
import { type OwnPostgres, startOwnPostgres } from '../../../tests/support/ownPostgres';
import { type Database, inTransaction, isDatabaseAway, migrate, openDatabase, untilReached } from '../src';

let server: OwnPostgres;
let database: Database;
let idleErrors: Error[];

beforeAll(async () => {
  server = await startOwnPostgres();
  await migrate(server.connectionString);
});

afterAll(() => server.stop());

beforeEach(() => {
  idleErrors = [];
  database = openDatabase({
    connectionString: server.connectionString,
    poolSize: 3,
    applicationName: 'test',
    onIdleError: (error) => idleErrors.push(error),
  });
});

afterEach(() => database.close());

/** What a call throws. */
const errorOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  );

/** Each of the ways to the database. */
const ways: [string, (of: Database) => Promise<unknown>][] = [
  ['pg', ({ pool }) => pool.query('SELECT 1')],
  ['a transaction', ({ pool }) => inTransaction(pool, (client) => client.query('SELECT 1'))],
  ['Prisma', ({ prisma }) => prisma.account.findFirst()],
  ['Kysely', ({ kysely }) => kysely.selectFrom('account').selectAll().execute()],
];

test('a server that crashed and came back: every way says away, then serves again', async () => {
  for (const [, way] of ways) await way(database);
  const held = errorOf(
    inTransaction(database.pool, async (client) => {
      await server.crash();
      await client.query('SELECT 1');
    }),
  );
  expect(isDatabaseAway(await held)).toBe(true);
  for (const [name, way] of ways) {
    expect([name, isDatabaseAway(await errorOf(way(database)))]).toEqual([name, true]);
    expect([name, isDatabaseAway(await errorOf(way(database)))]).toEqual([name, true]);
  }
  await server.restart();
  for (const [name, way] of ways) expect([name, await errorOf(way(database))]).toEqual([name, undefined]);
});

test('what a process begins with is done as soon as the server is there', async () => {
  await server.crash();
  const said: string[] = [];
  const { signal } = new AbortController();
  const waiting = {
    signal,
    log: (line: string) => {
      if (said.push(line) === 1) void server.restart();
    },
  };
  const begun = untilReached(waiting, () =>
    inTransaction(database.pool, (client) => client.query('SELECT 1')),
  );
  await expect(begun).resolves.toMatchObject({ rowCount: 1 });
  expect(said[0]).toMatch(/^Waiting for the database, which cannot be reached: /);
  await expect(untilReached(waiting, () => database.pool.query('SELECT nothing'))).rejects.toThrow('nothing');
});

test('who waits for the server can be told to stop', async () => {
  const stopping = new AbortController();
  const waiting = { signal: stopping.signal, log: () => stopping.abort(new Error('stopping')) };
  const begun = untilReached(waiting, () => Promise.reject(new UnavailableError('away')));
  await expect(begun).rejects.toThrow();
});

test('statements that were running when the server went say away', async () => {
  const running = [
    errorOf(database.pool.query('SELECT pg_sleep(20)')),
    errorOf(database.prisma.$queryRaw`SELECT pg_sleep(20)`),
    errorOf(inTransaction(database.pool, (client) => client.query('SELECT pg_sleep(20)'))),
  ];
  const watcher = openDatabase({
    connectionString: server.connectionString,
    poolSize: 1,
    applicationName: 'watcher',
  });
  const sleeping = `SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'`;
  while ((await watcher.pool.query(sleeping)).rows.length < running.length)
    await watcher.pool.query('SELECT 1');
  await server.crash();
  expect((await Promise.all(running)).map(isDatabaseAway)).toEqual([true, true, true]);
  await server.restart();
  await watcher.close();
});

test('no connection left, a lock or a statement that takes too long: too busy for now', async () => {
  const states = ['08006', '53100', '53300', '55P03', '57014', '57P01', '57P02', '57P03', '25006'];
  for (const state of states) {
    const failing = `DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '${state}'; END $$`;
    for (const call of [database.pool.query(failing), database.prisma.$executeRawUnsafe(failing)]) {
      expect([state, isDatabaseAway(await errorOf(call))]).toEqual([state, true]);
    }
  }
});

test('a full pool is away for now', async () => {
  const small = openDatabase({
    connectionString: server.connectionString,
    poolSize: 1,
    applicationName: 'test',
  });
  // Its only connection is there already: a busy machine may take long to make one.
  await small.pool.query('SELECT 1');
  small.pool.options.connectionTimeoutMillis = 100;
  const error = await inTransaction(small.pool, () => errorOf(small.pool.query('SELECT 1')));
  expect(isDatabaseAway(error)).toBe(true);
  await small.close();
});

test('a closed database, an unknown host and a closed port are away', async () => {
  const url = new URL(server.connectionString);
  for (const [host, port] of [
    ['localhost', '1'],
    ['127.0.0.1', '1'],
    ['nowhere.invalid', '5432'],
  ] as const) {
    url.hostname = host;
    url.port = port;
    const nowhere = openDatabase({ connectionString: url.href, poolSize: 1, applicationName: 'test' });
    for (const [name, way] of ways) {
      expect([host, name, isDatabaseAway(await errorOf(way(nowhere)))]).toEqual([host, name, true]);
    }
    await nowhere.close();
    expect(isDatabaseAway(await errorOf(nowhere.pool.query('SELECT 1')))).toBe(true);
  }
});

test('what the server refuses for good, and what is no error of a server, is not away', async () => {
  const url = new URL(server.connectionString);
  url.pathname = '/no_such_database';
  const missing = openDatabase({ connectionString: url.href, poolSize: 1, applicationName: 'test' });
  const errors = [
    await errorOf(missing.pool.query('SELECT 1')),
    await errorOf(database.pool.query('SELECT * FROM no_such_table')),
    await errorOf(database.pool.query('SELECT 1 / 0')),
    await errorOf(database.prisma.account.create({ data: { id: 'no uuid', account_name: 'x' } })),
    ValidationError.of('a', 'b', 'c'),
    new Error('Some Connection terminated'),
    new TypeError('undefined is not a function'),
    'ECONNREFUSED',
    null,
    undefined,
  ];
  expect(errors.map(isDatabaseAway)).toEqual(errors.map(() => false));
  expect(isDatabaseAway(new UnavailableError('away'))).toBe(true);
  await missing.close();
});
