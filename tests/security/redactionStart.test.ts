import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { codemint } from '../../apps/cli/test/support';
import { startAppProcess } from '../support/appProcess';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { startRedis, type TestRedis, whyNoRedis } from '../support/redis';
import { until } from '../support/until';
import { formsOf, linesWith, MASTER_KEYS, SECRETS } from './secrets';

const reason = whyNoRedis();
if (reason !== undefined) process.stderr.write(`skipped: a wrong password of Redis: ${reason}\n`);

let database: TestDatabase;
let redis: TestRedis | undefined;
let folder: string;
beforeAll(async () => {
  database = await createTestDatabase();
  folder = mkdtempSync(join(tmpdir(), 'codemint-redaction-'));
  if (reason !== undefined) return;
  redis = await startRedis();
  const client = new Redis(redis.url);
  await client.config('SET', 'requirepass', 'another password');
  client.disconnect();
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await redis?.stop();
  await database.drop();
});

const { databasePassword, redisPassword, adminToken } = SECRETS;
const FORMS = formsOf(['short-secret', `${SECRETS.masterKey.toString('base64')}xx`]);

/** What is wrong, and what the process says of it. */
const WRONG: [name: string, environment: () => Record<string, string>, says: RegExp][] = [
  [
    'settings',
    () => ({
      DATABASE_URL: `postgres//u:${databasePassword}@127.0.0.1/x`,
      REDIS_URL: `http://u:${redisPassword}@127.0.0.1`,
      CODEMINT_MASTER_KEYS: `${MASTER_KEYS}xx`,
      CODEMINT_ADMIN_TOKEN: 'short-secret',
    }),
    /DATABASE_URL.*REDIS_URL.*CODEMINT_MASTER_KEYS.*CODEMINT_ADMIN_TOKEN/s,
  ],
  [
    'a database that is not there',
    () => {
      const url = new URL(database.connectionString);
      Object.assign(url, { password: databasePassword, pathname: '/nope' });
      return { DATABASE_URL: url.href };
    },
    /"nope" does not exist|password authentication failed/,
  ],
  [
    'a server that is not there',
    () => ({ DATABASE_URL: `postgres://u:${databasePassword}@127.0.0.1:1/x` }),
    /ECONNREFUSED|database/i,
  ],
];

const environment = (wrong: Record<string, string>) => ({
  PATH: process.env.PATH ?? '',
  PORT: '0',
  LOG_LEVEL: 'trace',
  NODE_ENV: 'development',
  DATABASE_URL: database.connectionString,
  CODEMINT_MASTER_KEYS: MASTER_KEYS,
  CODEMINT_ADMIN_TOKEN: adminToken,
  CODEMINT_DATA_DIR: folder,
  ...wrong,
});

/** What a process has said when it has ended, or says what it is to say. */
async function said(app: 'api' | 'worker', wrong: Record<string, string>, says: RegExp): Promise<string> {
  const started = startAppProcess(app, `${app}-${Date.now()}`, folder, environment(wrong));
  try {
    await until(`${app} says ${says}`, 30_000, () => says.test(started.log()) || !started.isRunning());
    return started.log();
  } finally {
    await started.stop();
  }
}

test.each(WRONG)('neither API nor worker tells a secret of %s', async (_, wrong, says) => {
  const [api, worker] = await Promise.all([said('api', wrong(), says), said('worker', wrong(), says)]);
  for (const log of [api, worker]) {
    expect(log).toMatch(says);
    expect(linesWith(log, FORMS)).toEqual([]);
  }
});

test.each(WRONG)('the command line tells no secret of %s', async (_, wrong, says) => {
  for (const args of [['account', 'list'], ['keys', 'list'], ['verify', '--all'], ['audit']]) {
    const { code, out, err } = await codemint(environment(wrong()), ...args);
    expect([args, code]).toEqual([args, 1]);
    expect(linesWith(out + err, FORMS)).toEqual([]);
    expect(err).not.toMatch(/\bat .+:\d+:\d+/);
    expect(err).toMatch(says);
  }
});

(reason === undefined ? test : test.skip)('a wrong password of Redis is told to nobody', async () => {
  const REDIS_URL = (redis as TestRedis).url.replace('//', `//default:${redisPassword}@`);
  const logs = await Promise.all([
    said('api', { REDIS_URL }, /WRONGPASS/),
    said('worker', { REDIS_URL }, /WRONGPASS/),
  ]);
  for (const log of logs) {
    expect(log).toMatch(/WRONGPASS/);
    expect(linesWith(log, FORMS)).toEqual([]);
  }
});
