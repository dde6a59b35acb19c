import {
  createServer,
  type RequestListener,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import { ADI_ROOTS, adisDialect } from '../adis/dialect';
import { UnreadableRequestError } from '../http/errors';
import { itemsDialect } from '../http/itemsDialect';
import { type BodyPace, watchBody } from './bodyPace';

/** What a client may take of a server before anybody knows who he is. */
export interface ServerBounds extends BodyPace {
  /** Of the request line and all headers, so of the query too. */
  headerBytes: number;
  /** From the first byte, or from the connection, until the headers are there. */
  headersMs: number;
  /** Between two requests: longer than proxies keep a connection, or they would send into one that just closes. */
  keepAliveMs: number;
  /**
   * An answer of which nothing could be sent for so long is given up. Who reads slowly out of a full buffer of 6 MB lets
   * the next 400 kB in at once: in two minutes at 3.4 kB a second.
   */
  stallMs: number;
  /** Of one process; each costs some 20 kB. */
  connections: number;
}

const BOUNDS: ServerBounds = {
  headerBytes: 16 * 1024,
  headersMs: 20_000,
  keepAliveMs: 65_000,
  stallMs: 120_000,
  connections: 5_000,
  patienceMs: 30_000,
  bytesPerSecond: 8 * 1024,
};

/** How often it is looked for clients that take too long. */
const CHECKING_MS = 5_000;
/** How long a refused client may go on to send before its connection is cut, or it would not see the answer. */
const LINGER_MS = 1_000;
const WARNING_MS = 60_000;

/**
 * An HTTP server whose clients cannot hold it up: they are told in the dialect that they speak what they have exceeded,
 * where an answer is still possible, and their connection is closed. It listens to nothing yet.
 */
export function createLimitedServer(
  app: RequestListener,
  log: Pick<Logger, 'warn'>,
  bounds: ServerBounds = BOUNDS,
): Server {
  const server = createServer({
    maxHeaderSize: bounds.headerBytes,
    headersTimeout: bounds.headersMs,
    // Bodies are watched by their pace: a large one may take long.
    requestTimeout: 0,
    keepAliveTimeout: bounds.keepAliveMs,
    connectionsCheckingInterval: Math.min(CHECKING_MS, bounds.headersMs),
  });
  server.maxConnections = bounds.connections;
  server.on(
    'drop',
    atMostEvery(WARNING_MS, () => log.warn(`more than ${bounds.connections} connections`)),
  );
  const answering = new WeakMap<Duplex, ServerResponse>();
  server.on('request', (request, response) => {
    answering.set(request.socket, response);
    response.once('close', () => {
      if (answering.get(request.socket) === response) answering.delete(request.socket);
    });
    watchBody(request, bounds, () => refuse(request.socket, slowBody(bounds), response));
  });
  server.on('request', app);
  server.on('clientError', (error: ClientError, socket) => {
    refuse(socket, unreadable(error, bounds), answering.get(socket), pathIn(error.rawPacket));
  });
  server.setTimeout(bounds.stallMs, (socket) => {
    const isStalled = socket.writableLength > 0;
    // Somebody is working on the answer, or the body is still on its way.
    if (!isStalled && answering.has(socket)) socket.setTimeout(bounds.stallMs);
    else socket.destroy();
  });
  return server;
}

interface ClientError extends Error {
  code?: string;
  /** The piece in which the parser failed. */
  rawPacket?: Buffer;
}

function unreadable(
  { code, rawPacket }: ClientError,
  bounds: ServerBounds,
): UnreadableRequestError | undefined {
  switch (code) {
    // He is gone.
    case 'ECONNRESET':
    case 'EPIPE':
    case 'HPE_INVALID_EOF_STATE':
      return undefined;
    case 'HPE_HEADER_OVERFLOW':
      return tooLong(rawPacket, bounds);
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new UnreadableRequestError(413, 'The chunks of the body have too long extensions.');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new UnreadableRequestError(
        408,
        `The headers were not there within ${bounds.headersMs / 1_000} s.`,
      );
    default:
      return new UnreadableRequestError(400, 'This is no HTTP request.');
  }
}

/** The address and the headers share a bound; where no line ends within it, it is all address. */
function tooLong(packet: Buffer | undefined, { headerBytes }: ServerBounds): UnreadableRequestError {
  const most = `${headerBytes / 1_024} kB`;
  if (pathIn(packet) !== undefined && !packet?.subarray(0, headerBytes).includes('\r\n')) {
    const hint = 'A long query of items can be sent as the body of SEARCH.';
    return new UnreadableRequestError(414, `The address may have ${most}, with all headers. ${hint}`);
  }
  return new UnreadableRequestError(431, `Address and headers may have ${most} together.`);
}

function slowBody({ patienceMs, bytesPerSecond }: ServerBounds): UnreadableRequestError {
  const pace = `${bytesPerSecond / 1_024} kB a second`;
  return new UnreadableRequestError(
    408,
    `The body came too slowly: after ${patienceMs / 1_000} s below ${pace}.`,
  );
}

/** Answers if that is still possible, and closes the connection. */
function refuse(
  socket: Duplex,
  error: UnreadableRequestError | undefined,
  response: ServerResponse | undefined,
  path = response?.req.url,
): void {
  // Each further piece is an error of its own.
  if (socket.writableEnded) return;
  if (error === undefined || !socket.writable || response?.headersSent) {
    socket.destroy();
    return;
  }
  const { status, body } = dialectOf(path).reply(error);
  const text = JSON.stringify(body);
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    connection: 'close',
  };
  if (response !== undefined) response.writeHead(status, headers).end(text);
  else {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${text}`);
  }
  setTimeout(() => {
    // Who waits for the body would wait for ever: the server lets go of a request whose answer is out.
    response?.req.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }));
    socket.destroy();
  }, LINGER_MS).unref();
}

function dialectOf(path = '/') {
  const root = /^\/[^/?]*/.exec(path)?.[0] ?? '/';
  // Paths are served in any case.
  return ADI_ROOTS.includes(root.toLowerCase()) ? adisDialect : itemsDialect;
}

/** The address in the first line of a request, as far as it is there. */
function pathIn(packet: Buffer | undefined): string | undefined {
  return /^[A-Z]+ (\/\S*)/.exec(packet?.subarray(0, 1_024).toString('latin1') ?? '')?.[1];
}

function atMostEvery(intervalMs: number, act: () => void): () => void {
  let actedMs = Number.NEGATIVE_INFINITY;
  return () => {
    if (performance.now() - actedMs < intervalMs) return;
    actedMs = performance.now();
    act();
  };
}
