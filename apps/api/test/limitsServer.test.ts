import { once } from 'node:events';
import type { Server, ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { until } from '../../../tests/support/until';
import { createLimitedServer } from '../src/limits/server';
import { FORMER_RING, LARGE, makeJob } from './codesSupport';
import { type Api, PRODUCT, startApi } from './support';

const open: Socket[] = [];
afterEach(() => {
  for (const socket of open.splice(0)) socket.destroy();
});

/** A connection, and all that has come over it. */
class Wire {
  #received = '';
  isClosed = false;

  private constructor(readonly socket: Socket) {
    open.push(socket);
    socket.setEncoding('latin1');
    socket.on('data', (text) => {
      this.#received += text;
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.isClosed = true;
    });
  }

  static async to(url: string): Promise<Wire> {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port) });
    await once(socket, 'connect');
    return new Wire(socket);
  }

  send(text: string): void {
    this.socket.write(text);
  }

  get received(): string {
    return this.#received;
  }

  async closed(limitMs = 20_000): Promise<string> {
    await until('the connection is closed', limitMs, () => this.isClosed);
    return this.#received;
  }
}

/** Status and body of an answer. */
function answerIn(text: string) {
  const [head = '', body = ''] = text.split('\r\n\r\n');
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever comes
  return { status: Number(head.split(' ')[1]), head, body: JSON.parse(body) as any };
}

const BOUNDS = {
  headerBytes: 16 * 1024,
  headersMs: 400,
  keepAliveMs: 400,
  connections: 20,
  stallMs: 800,
  patienceMs: 600,
  bytesPerSecond: 8 * 1024,
};

describe('a server', () => {
  let server: Server;
  let url: string;
  let serve: (response: ServerResponse) => void;
  const warnings: string[] = [];

  beforeAll(async () => {
    const log = { warn: (line: unknown) => void warnings.push(String(line)) };
    server = createLimitedServer((_request, response) => serve(response), log, BOUNDS);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  beforeEach(() => {
    serve = (response) => response.end('{}');
  });

  test.each([
    ['/items/product', ['errors']],
    ['/adis/orders', ['status', 'errors', 'moreInfo']],
  ])('tells who sends too large headers to %s so in its dialect', async (path, members) => {
    const wire = await Wire.to(url);
    wire.send(`GET ${path} HTTP/1.1\r\nhost: a\r\nx-long: ${'x'.repeat(20_000)}\r\n\r\n`);
    const { status, head, body } = answerIn(await wire.closed());
    expect([status, Object.keys(body)]).toEqual([431, members]);
    expect(head).toContain('connection: close');
  });

  test('tells who sends a too long address so', async () => {
    const wire = await Wire.to(url);
    wire.send(`GET /items/product?filter=${'x'.repeat(20_000)} HTTP/1.1\r\nhost: a\r\n\r\n`);
    const { status, body } = answerIn(await wire.closed());
    expect([status, body.errors[0].extensions.code]).toEqual([414, 'URI_TOO_LONG']);
    expect(body.errors[0].message).toContain('SEARCH');
  });

  test.each(['\x16\x03\x01\x02\x00\x01', 'HELO mail\r\n\r\n', 'GET / HTTP/9.9\r\n\r\n'])(
    'answers %j with a 400',
    async (text) => {
      const wire = await Wire.to(url);
      wire.send(text);
      const { status, body } = answerIn(await wire.closed());
      expect([status, body.errors[0].extensions.code]).toEqual([400, 'INVALID_PAYLOAD']);
    },
  );

  test.each([
    ['nothing', ''],
    ['headers without end', 'GET /adis/orders HTTP/1.1\r\nhost: a\r\n'],
  ])('waits for %s no longer than it says', async (_what, begin) => {
    const wire = await Wire.to(url);
    wire.send(begin);
    const timer = setInterval(() => begin && !wire.isClosed && wire.send('x: y\r\n'), 50);
    const { status, body } = answerIn(await wire.closed());
    clearInterval(timer);
    expect([status, body.errors[0].extensions.code]).toEqual([408, 'REQUEST_TIMEOUT']);
  });

  test('closes a connection on which nothing is asked any more', async () => {
    const wire = await Wire.to(url);
    wire.send('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    expect(await wire.closed()).toContain('200 OK');
  });

  test('lets an answer take its time, though nothing moves', async () => {
    serve = (response) => void setTimeout(() => response.end('late'), 3 * BOUNDS.stallMs);
    const wire = await Wire.to(url);
    wire.send('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    expect(await wire.closed()).toContain('late');
  });

  test('takes so many connections and no more', async () => {
    const wires = await Promise.all(Array.from({ length: 25 }, () => Wire.to(url)));
    await until('some are refused', 5_000, () => wires.filter(({ isClosed }) => isClosed).length >= 5);
    await until('it is told', 5_000, () => warnings.includes('more than 20 connections'));
    await Promise.all(wires.map((wire) => wire.closed()));
    expect((await fetch(url)).status).toBe(200);
  });
});

/** The kernel lets a slow reader have more in steps of some 400 kB. */
const STALL_MS = 2_000;

describe('an API', () => {
  let api: Api;
  let head: (method: string, path: string, more?: string[]) => string;
  beforeAll(async () => {
    api = await startApi({ bounds: { ...BOUNDS, stallMs: STALL_MS } });
    head = (method, path, more = []) =>
      [
        `${method} ${path} HTTP/1.1`,
        'host: a',
        `authorization: Bearer ${api.tokens.operator}`,
        ...more,
        '\r\n',
      ].join('\r\n');
  });
  afterAll(() => api.close());

  test.each([
    ['/items/identifier_job', ['errors']],
    ['/adis/orders', ['status', 'errors', 'moreInfo']],
  ])('cuts off a body to %s that hardly comes', async (path, members) => {
    const wire = await Wire.to(api.url);
    wire.send(head('POST', path, ['content-type: application/json', 'content-length: 100000']));
    wire.send('{');
    const timer = setInterval(() => !wire.isClosed && wire.send(' '), 100);
    const { status, body } = answerIn(await wire.closed());
    clearInterval(timer);
    expect([status, Object.keys(body)]).toEqual([408, members]);
  });

  test('takes a slow body that moves on, for as long as it needs', async () => {
    const wire = await Wire.to(api.url);
    const lines = Array.from({ length: 400 }, (_, i) => `${PRODUCT},SLOW${String(i).padStart(6, '0')}\n`);
    const body = ['product,code\n', ...lines].join('');
    wire.send(head('POST', '/import/codes', ['content-type: text/csv', `content-length: ${body.length}`]));
    // 15 kB a second
    for (let at = 0; at < body.length; at += 750) {
      wire.send(body.slice(at, at + 750));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await until('it is imported', 20_000, () => wire.received.includes('\r\n\r\n'));
    expect(answerIn(wire.received)).toMatchObject({ status: 200, body: { data: { imported: 400 } } });
  });

  test('gives the slot and the connection of an import back that does not come', async () => {
    for (let i = 0; i < 4; i++) {
      const wire = await Wire.to(api.url);
      const more = ['content-type: text/csv', 'transfer-encoding: chunked'];
      wire.send(head('POST', '/import/codes', more));
      wire.send('d\r\nproduct,code\n\r\n');
      expect(answerIn(await wire.closed()).status).toBe(408);
    }
    await until(
      'nothing is held',
      10_000,
      async () => api.database.pool.idleCount === api.database.pool.totalCount,
    );
    const again = await api.request('POST', '/import/codes', {
      headers: { 'content-type': 'text/csv' },
      body: `product,code\n${PRODUCT},AFTER001\n`,
    });
    expect([again.status, again.text]).toEqual([200, expect.anything()]);
  });

  test('refuses a body that unpacks into too much', async () => {
    const packed = gzipSync(Buffer.alloc(20_000_000, ' '));
    for (const path of ['/items/identifier_job', '/verify', '/adis/orders']) {
      const answer = await fetch(api.url + path, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${api.tokens.operator}`,
          'content-type': 'application/json',
          'content-encoding': 'gzip',
        },
        body: packed,
      });
      expect(answer.status).toBe(400);
    }
  });

  test('passes over no parameter, however many there are', async () => {
    const many = Array.from({ length: 1_500 }, (_, i) => `a${i}=`).join('&');
    const answer = await api.get(`/items/product?${many}&filter[id][_eq]=none`);
    expect([answer.status, answer.body.data]).toEqual([200, []]);
  });

  test('cuts off a reader who takes nothing, and holds no connection of the database for him', async () => {
    // More than the sockets of both sides take.
    const job = await makeJob(api, { quantity: 300_000 }, { sizes: LARGE, ring: FORMER_RING });
    const wire = await Wire.to(api.url);
    wire.socket.pause();
    wire.send(head('GET', `/items/identifier_job/${job}/codes.csv`));
    const isAborted = () => api.logged.some((line) => line.includes(`${job}/codes.csv`));
    await until('nothing is held', 10_000, async () => {
      const { pool } = api.database;
      return pool.totalCount === pool.idleCount;
    });
    await until('he is cut off', 10_000, isAborted, 50);
    wire.socket.resume();
    expect((await wire.closed()).length).toBeLessThan(15_000_000);
  });

  test('serves a slow reader to the end', async () => {
    const job = await makeJob(api, { quantity: 300_000 }, { sizes: LARGE, ring: FORMER_RING });
    const wire = await Wire.to(api.url);
    wire.send(head('GET', `/items/identifier_job/${job}/codes.csv`, ['connection: close']));
    let pauses = 0;
    wire.socket.on('data', () => {
      if (++pauses > 20) return;
      wire.socket.pause();
      setTimeout(() => wire.socket.resume(), STALL_MS / 10);
    });
    const text = await wire.closed();
    expect(Number(/content-length: (\d+)/i.exec(text)?.[1])).toBe(text.split('\r\n\r\n')[1]?.length);
    expect(pauses).toBeGreaterThan(20);
  });
});
