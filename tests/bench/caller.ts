import { Agent, type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { timeMs } from './timing';

interface Answer {
  status: number;
  text: string;
  retryAfterSeconds: number;
}

/** A client of its own: calls an API over connections that it keeps, and keeps count. */
export class Caller {
  /** Of each call that was answered with a success, in milliseconds. */
  readonly latencies: number[] = [];
  /** Calls that were answered 429. */
  refusals = 0;
  /** What went wrong otherwise. */
  readonly failures: string[] = [];
  readonly #agent: Agent;

  /** @param connections at most, which are kept */
  constructor(
    private readonly url: string,
    private readonly token: string,
    connections = 1,
  ) {
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  /** Calls again after a 429 when it says so. @returns undefined for no content, and where it failed, which is noted */
  async call<Data>(method: string, path: string, body?: object): Promise<Data | undefined> {
    for (;;) {
      let answer: Answer | undefined;
      const durationMs = await timeMs(async () => {
        answer = await this.#send(method, path, body).catch((error: Error) =>
          this.#fail(method, path, error.message),
        );
      });
      if (answer === undefined) return undefined;
      if (answer.status === 429) {
        this.refusals++;
        await sleep(answer.retryAfterSeconds * 1_000);
        continue;
      }
      if (answer.status >= 300) return this.#fail(method, path, `${answer.status} ${answer.text}`);
      this.latencies.push(durationMs);
      return answer.text === '' ? undefined : (JSON.parse(answer.text) as { data: Data }).data;
    }
  }

  /** Reads an answer to its end, or until the signal. @returns its bytes */
  async read(path: string, signal?: AbortSignal): Promise<number> {
    let bytes = 0;
    try {
      const response = await this.#open('GET', path, undefined, signal);
      for await (const piece of response as AsyncIterable<Buffer>) bytes += piece.length;
      if (response.statusCode !== 200) this.#fail('GET', path, String(response.statusCode));
    } catch (error) {
      if (!signal?.aborted) this.#fail('GET', path, (error as Error).message);
    }
    return bytes;
  }

  close(): void {
    this.#agent.destroy();
  }

  #fail(method: string, path: string, reason: string): undefined {
    this.failures.push(`${method} ${path}: ${reason.slice(0, 300)}`);
  }

  async #send(method: string, path: string, body?: object): Promise<Answer> {
    const response = await this.#open(method, path, body);
    const pieces: Buffer[] = [];
    for await (const piece of response as AsyncIterable<Buffer>) pieces.push(piece);
    return {
      status: response.statusCode ?? 0,
      text: Buffer.concat(pieces).toString(),
      retryAfterSeconds: Number(response.headers['retry-after'] ?? 1),
    };
  }

  #open(method: string, path: string, body?: object, signal?: AbortSignal): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' };
      const outgoing = request(this.url + path, { method, headers, agent: this.#agent, signal }, resolve);
      outgoing.once('error', reject).end(body && JSON.stringify(body));
    });
  }
}
