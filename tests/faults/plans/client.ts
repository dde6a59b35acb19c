import { setTimeout as sleep } from 'node:timers/promises';

/** A request whose answer has not come by then is given up, and repeated where it may be. */
const ANSWER_LIMIT_MS = 15_000;
/** Who repeats a request does so for this long. */
const PATIENCE_MS = 120_000;
const RETRY_MS = 150;

/** Busy with the same key, too many, away: the request may be sent again. */
const PASSING = new Set([409, 429, 503]);

export interface Request {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  /** An object, sent as JSON, or CSV. */
  body?: object | string;
  /** With it a POST may be repeated. */
  key?: string;
}

export interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: of whatever was asked for
  body: any;
}

/** Calls the APIs in turn, as an ERP system does that must have its codes, once. */
export class Client {
  #calls = 0;

  /** @param urls of the APIs that run just now */
  constructor(
    private readonly urls: () => readonly string[],
    private readonly token: string,
  ) {}

  /**
   * One try.
   * @returns undefined when nobody can say what became of the request
   * @throws Error for an answer that no client should ever see
   */
  async once(request: Request): Promise<Answer | undefined> {
    const response = await this.#send(request);
    if (response === undefined || PASSING.has(response.status)) return undefined;
    if (response.status >= 500) {
      throw new Error(`${request.method} ${request.path}: ${response.status} ${response.text}`);
    }
    return { status: response.status, body: response.text === '' ? undefined : JSON.parse(response.text) };
  }

  /**
   * Repeats a request that may be repeated: it reads, deletes, or has a key.
   * @throws Error when it is not answered for good, or as no client should ever see
   */
  async untilAnswered(request: Request): Promise<Answer> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const answer = await this.once(request);
      if (answer !== undefined) return answer;
      if (Date.now() > deadline) {
        throw new Error(`${request.method} ${request.path}: no answer within ${PATIENCE_MS} ms`);
      }
      await sleep(RETRY_MS);
    }
  }

  /** Undefined where the connection broke, none could be made, or the answer took too long. */
  async #send({ method, path, body, key }: Request): Promise<{ status: number; text: string } | undefined> {
    const urls = this.urls();
    const url = urls[this.#calls++ % urls.length];
    if (url === undefined) return undefined;
    const isCsv = typeof body === 'string';
    try {
      const response = await fetch(url + path, {
        method,
        headers: {
          authorization: `Bearer ${this.token}`,
          'content-type': isCsv ? 'text/csv' : 'application/json',
          ...(key !== undefined && { 'idempotency-key': key }),
        },
        body: body === undefined ? null : isCsv ? body : JSON.stringify(body),
        signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
      });
      return { status: response.status, text: await response.text() };
    } catch {
      return undefined;
    }
  }
}
