import { type Agent, request as httpRequest } from 'node:http';

/** A request as it goes over the wire; it can be written down as JSON. */
export interface WireRequest {
  readonly method: string;
  /** Path and query as they are sent: only characters from ! to ÿ, each a byte. */
  readonly target: string;
  /** Name and value; a name may come twice. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Text, sent as UTF-8. */
  readonly body?: string;
  /** Bytes in base64 instead. */
  readonly bytes?: string;
}

export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  /** The stream was left after its first event. */
  readonly isCut: boolean;
}

/** Streams of events last as long as their job. */
const EVENTS = 'text/event-stream';

/**
 * Sends it and reads the answer to its end.
 * @param names what stands for what in tildes
 * @throws Error for a connection that breaks, or when the answer is not whole after `limitMs`
 */
export function send(
  url: string,
  agent: Agent,
  wire: WireRequest,
  names: ReadonlyMap<string, string>,
  limitMs: number,
): Promise<WireAnswer> {
  const named = (text: string) => text.replace(/~\w+~/g, (name) => names.get(name) ?? name);
  const body =
    wire.bytes === undefined ? Buffer.from(named(wire.body ?? '')) : Buffer.from(wire.bytes, 'base64');
  const { hostname, port } = new URL(url);
  const headers = wire.headers.flatMap(([name, value]) => [name, named(value)]);
  const hasBody = wire.body !== undefined || wire.bytes !== undefined;
  if (hasBody) headers.push('content-length', String(body.length));
  if (!wire.headers.some(([name]) => name.toLowerCase() === 'host'))
    headers.push('host', `${hostname}:${port}`);
  return new Promise((fulfil, reject) => {
    const sent = httpRequest({
      hostname,
      port,
      agent,
      method: wire.method,
      path: named(wire.target),
      headers,
    });
    const timer = setTimeout(() => sent.destroy(new Error(`no whole answer after ${limitMs} ms`)), limitMs);
    const fail = (error: Error) => {
      clearTimeout(timer);
      reject(error);
    };
    sent.on('error', fail);
    sent.on('response', (response) => {
      const chunks: Buffer[] = [];
      const end = (isCut: boolean) => {
        clearTimeout(timer);
        fulfil({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks),
          isCut,
        });
      };
      response.on('error', fail);
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        if (!response.headers['content-type']?.startsWith(EVENTS)) return;
        end(true);
        response.destroy();
      });
      response.on('end', () => end(false));
    });
    sent.end(hasBody ? body : undefined);
  });
}
