import { type Agent, request as startRequest } from 'node:http';
import type { RecordedRequest } from './recording';

export interface Answer {
  status: number;
  /** By name in lower case. */
  headers: Readonly<Record<string, string>>;
  text: string;
}

/** Where requests go, and who sends them. */
export interface Target {
  /** Without a slash at the end. */
  url: string;
  /** By the names of the seed's users. */
  tokens: Readonly<Record<string, string>>;
  agent: Agent;
}

const TIMEOUT_MS = 30_000;

/**
 * Sends a request with its path as it is: dots, double slashes and brackets stay what they are.
 * @throws Error when there is no whole answer within 30 s
 */
export function send(target: Target, request: RecordedRequest): Promise<Answer> {
  const body = bodyOf(request);
  const headers = {
    ...authorization(target, request.auth),
    ...(body !== undefined && { 'content-type': 'application/json' }),
    ...lowerCaseNames(request.headers ?? {}),
    ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
  };
  const { hostname, port } = new URL(target.url);
  return new Promise((resolve, reject) => {
    const outgoing = startRequest(
      {
        agent: target.agent,
        hostname,
        port,
        path: escapePath(request.path),
        method: request.method,
        headers,
        timeout: TIMEOUT_MS,
      },
      (incoming) => {
        const pieces: Buffer[] = [];
        incoming.on('data', (piece: Buffer) => pieces.push(piece));
        incoming.once('error', reject);
        incoming.once('end', () =>
          resolve({
            status: incoming.statusCode ?? 0,
            headers: Object.fromEntries(
              Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]),
            ),
            text: Buffer.concat(pieces).toString('utf8'),
          }),
        );
      },
    );
    outgoing.once('timeout', () => outgoing.destroy(new Error(`no answer in ${TIMEOUT_MS} ms`)));
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

function bodyOf({ body, rawBody }: RecordedRequest): string | undefined {
  if (rawBody !== undefined && rawBody !== null) return rawBody;
  return body === undefined || body === null ? undefined : JSON.stringify(body);
}

function authorization({ tokens }: Target, auth: string = 'none'): Record<string, string> {
  if (auth === 'none') return {};
  const token = auth.startsWith('token:') ? auth.slice('token:'.length) : tokens[auth];
  if (token === undefined) throw new Error(`no token for "${auth}"`);
  return { authorization: `Bearer ${token}` };
}

function lowerCaseNames(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** Node sends no blanks and nothing outside of Latin-1 in a path. */
function escapePath(path: string): string {
  return path.replace(/[^\u0021-\u00ff]+/g, encodeURIComponent);
}
