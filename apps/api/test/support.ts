import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { bootstrap, createToken, type Database, FIRST_ACCOUNT_ID, openDatabase } from '@codemint/db';
import { openQueueBackend, type QueueBackend } from '@codemint/queue';
import { KeyRing, parseServiceSettings, type ServiceSettings } from '@codemint/shared';
import { NO_TRACING } from '@codemint/telemetry';
import { type Logger, pino } from 'pino';
import { AnswerCheck } from '../../../tests/openapi/answerCheck';
import { createTestDatabase } from '../../../tests/support/postgres';
import { createApp } from '../src/app';
import { ProgressHub } from '../src/codes/progressHub';
import { describeRoutes } from '../src/docs/openapi';
import { Slots } from '../src/http/slots';
import { SymbolThreads } from '../src/labels/symbolThreads';
import { Limits } from '../src/limits/limits';
import { createLimitedServer, type ServerBounds } from '../src/limits/server';
import { openApiMetrics } from '../src/metrics/apiMetrics';
import { ShortLinks } from '../src/redirects/shortLinks';
import { routes } from '../src/routes';
import { CuttableWay } from './proxy';

export const ADMIN_TOKEN = 'the-token-of-the-administrator';
export const OTHER_ACCOUNT_ID = '0a0b0c0d-1111-4222-8333-444455556666';
export const PRODUCT = '/01/09312345551927';
export const ASSET = '/8003/09312345551927';
export const OTHER_PRODUCT = '/01/00012345678905';

/** Whose token a request carries. */
export type As = 'admin' | 'operator' | 'reader' | 'stranger' | 'nobody';

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever comes
  body: any;
}

export interface Api {
  url: string;
  database: Database;
  queue: QueueBackend;
  tokens: Record<Exclude<As, 'nobody'>, string>;
  userIds: Record<'operator' | 'reader' | 'stranger', string>;
  way: CuttableWay | undefined;
  /** Lines that the log has by now. */
  logged: string[];
  request(
    method: string,
    path: string,
    options?: { as?: As; body?: unknown; headers?: Record<string, string> },
  ): Promise<Answer>;
  get(path: string, as?: As): Promise<Answer>;
  post(path: string, body: unknown, as?: As): Promise<Answer>;
  /** One more process of the API on the same database. */
  another(): Promise<{ url: string; close(): Promise<void> }>;
  close(): Promise<void>;
}

export interface ApiOptions {
  /** Instead of the queue in the test's database. */
  redisUrl?: string;
  /** The database is reached over `Api.way`, which can be cut. */
  withWay?: boolean;
  settings?: Record<string, string>;
  /** Of the server, instead of those of production. */
  bounds?: ServerBounds;
}

/** What the tests of a collection have: an API for all of them, and its collection empty before each. */
export function useItems(collection: string, options?: ApiOptions) {
  let started: Api;
  beforeAll(async () => {
    started = await startApi(options);
  });
  afterAll(() => started.close());
  afterEach(() => started.database.pool.query(`DELETE FROM "${collection}"`));
  const api: Pick<Api, 'database' | 'userIds' | 'request' | 'get' | 'post'> = {
    get database() {
      return started.database;
    },
    get userIds() {
      return started.userIds;
    },
    request: (...asked) => started.request(...asked),
    get: (...asked) => started.get(...asked),
    post: (...asked) => started.post(...asked),
  };
  return {
    api,
    post: (body: unknown, as?: As) => api.post(`/items/${collection}`, body, as),
    /** The answer of a request that is refused and changes no item. */
    refused: (request: () => Promise<Answer>) => unchanged(api, [collection], request),
  };
}

/** The API on a database of its own, with two accounts, a product of each, and users of every kind. */
export async function startApi({
  redisUrl,
  withWay = false,
  settings: more = {},
  bounds,
}: ApiOptions = {}): Promise<Api> {
  const { connectionString: direct, drop } = await createTestDatabase();
  const way = withWay ? await openWay(direct) : undefined;
  const connectionString = way?.url ?? direct;
  const settings = parseServiceSettings({
    DATABASE_URL: connectionString,
    CODEMINT_MASTER_KEYS: `1:${Buffer.alloc(32, 7).toString('base64')}`,
    CODEMINT_ADMIN_TOKEN: ADMIN_TOKEN,
    // Tests ask as fast as they can; those of the limits set them.
    CODEMINT_TOKEN_REQUESTS_PER_SECOND: '0',
    ...more,
  });
  const logged: string[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void logged.push(line) }) as Logger;
  const open = () => openServer({ connectionString, redisUrl, settings, log, bounds });
  const { url, database, queue, close } = await open();
  const { tokens, userIds } = await populate(database);
  const request: Api['request'] = (method, path, { as = 'operator', body, headers = {} } = {}) =>
    send(url + path, {
      method,
      headers: {
        ...(as === 'nobody' ? {} : { authorization: `Bearer ${tokens[as]}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
  return {
    url,
    database,
    queue,
    tokens,
    userIds,
    logged,
    way: way?.way,
    request,
    get: (path, as) => request('GET', path, { as }),
    post: (path, body, as) => request('POST', path, { body, as }),
    another: open,
    async close() {
      await close();
      await way?.way.cut();
      await drop();
    },
  };
}

interface ServerOptions {
  connectionString: string;
  redisUrl: string | undefined;
  settings: ServiceSettings;
  log: Logger;
  bounds: ServerBounds | undefined;
}

/** All that one process of the API has. */
async function openServer({ connectionString, redisUrl, settings, log, bounds }: ServerOptions) {
  const database = openDatabase({ connectionString, poolSize: 8, applicationName: 'api-test' });
  await bootstrap(database);
  const queue = openQueueBackend({ redisUrl, databaseUrl: connectionString, role: 'producer', log });
  const ring = new KeyRing(settings.CODEMINT_MASTER_KEYS);
  const progress = new ProgressHub(database.pool, queue, log);
  const imports = new Slots(3);
  const limits = new Limits(database.pool, ring, settings);
  const shortLinks = new ShortLinks(database.pool, ring, limits.guesses);
  const symbols = new SymbolThreads(2, join(__dirname, '../dist/labels/symbolThread.js'));
  const told = { log, metrics: openApiMetrics(database, queue), tracing: NO_TRACING };
  const context = {
    database,
    queue,
    ring,
    progress,
    imports,
    shortLinks,
    limits,
    symbols,
    settings,
    ...told,
  };
  const server = createLimitedServer(createApp(context), log, bounds);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    database,
    queue,
    async close() {
      progress.close();
      server.close();
      server.closeAllConnections();
      await symbols.close();
      await queue.close();
      await database.close();
    },
  };
}

async function openWay(connectionString: string): Promise<{ url: string; way: CuttableWay }> {
  const url = new URL(connectionString);
  const way = new CuttableWay({ host: url.hostname, port: Number(url.port) });
  await way.mend();
  url.host = `127.0.0.1:${way.port}`;
  return { url: url.href, way };
}

/** An answer that is not as the API describes it is an error. */
async function send(url: string, init: RequestInit): Promise<Answer> {
  const response = await fetch(url, init);
  const text = await response.text();
  const { status, headers } = response;
  const { origin } = new URL(url);
  described().require({
    method: init.method ?? 'GET',
    target: url.slice(origin.length),
    status,
    contentType: headers.get('content-type'),
    isReplayed: headers.has('idempotency-replayed'),
    body: text,
  });
  const isJson = response.headers.get('content-type')?.startsWith('application/json');
  const body = isJson && text !== '' ? JSON.parse(text) : null;
  return { status: response.status, headers: response.headers, text, body };
}

let check: AnswerCheck | undefined;

/** Made at the first answer of a file of tests: it takes a while. */
function described(): AnswerCheck {
  check ??= new AnswerCheck(describeRoutes(routes, 'http://localhost'));
  return check;
}

async function populate({ prisma, ...database }: Database) {
  await prisma.account.create({ data: { id: OTHER_ACCOUNT_ID, account_name: 'Other account' } });
  await prisma.product.createMany({
    data: [
      { id: PRODUCT, gtin: '09312345551927', product_name: 'Juice', account_id: FIRST_ACCOUNT_ID },
      { id: ASSET, product_name: 'Crate', account_id: FIRST_ACCOUNT_ID },
      { id: OTHER_PRODUCT, gtin: '00012345678905', product_name: 'Tea', account_id: OTHER_ACCOUNT_ID },
    ],
  });
  const makeUser = async (name: string, role: string, accountId: string) => {
    const data = { email: `${name}@example.com`, first_name: name, role, account_id: accountId };
    const { id } = await prisma.users.create({ data });
    return { id, token: await createToken({ prisma, ...database }, id, 'test') };
  };
  const operator = await makeUser('operator', 'operator', FIRST_ACCOUNT_ID);
  const reader = await makeUser('reader', 'reader', FIRST_ACCOUNT_ID);
  const stranger = await makeUser('stranger', 'operator', OTHER_ACCOUNT_ID);
  return {
    tokens: {
      admin: ADMIN_TOKEN,
      operator: operator.token,
      reader: reader.token,
      stranger: stranger.token,
    },
    userIds: { operator: operator.id, reader: reader.id, stranger: stranger.id },
  };
}

/** Codes of the errors in an answer. */
export function codes({ body }: Answer): string[] {
  return body.errors.map((error: { extensions: { code: string } }) => error.extensions.code);
}

/** Fields that an answer complains of, in order. */
export function wrongFields({ body }: Answer): string[] {
  return body.errors.map((error: { extensions: { field: string } }) => error.extensions.field).sort();
}

/** The answer of a request that is refused; fails if one of the tables has changed by it. */
export async function unchanged(
  { database }: Pick<Api, 'database'>,
  tables: readonly string[],
  request: () => Promise<Answer>,
): Promise<Answer> {
  const contents = async () => {
    const selects = tables.map(
      (table) => `(SELECT json_agg(t ORDER BY t::text) FROM "${table}" t) AS "${table}"`,
    );
    return (await database.pool.query(`SELECT ${selects.join(', ')}`)).rows[0];
  };
  const before = await contents();
  const answer = await request();
  expect(answer.status).toBeGreaterThanOrEqual(400);
  expect(await contents()).toEqual(before);
  return answer;
}
