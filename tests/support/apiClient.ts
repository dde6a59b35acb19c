import { AnswerCheck } from '../openapi/answerCheck';
import { until } from './until';

const JOB_POLL_MS = 100;

export interface Answer<Data> {
  status: number;
  body: {
    data: Data;
    meta?: Record<string, number>;
    errors?: { message: string; extensions: { code: string; field?: string; reason?: string } }[];
  };
}

/** What tests look at of an identifier job. */
export interface Job {
  id: string;
  status: string;
  quantity: number;
  quantity_created: number | null;
  error_message: string | null;
  reference_id: string | null;
  sscc_start_serial: number | null;
}

/** Calls an API as a client with a token does. An answer that is not as the API describes it is an error. */
export class ApiClient {
  #described: Promise<AnswerCheck> | undefined;

  constructor(
    private readonly url: string,
    private readonly token: string,
  ) {}

  /** Of the answer all but the body is checked. */
  async request(path: string, init: RequestInit = {}): Promise<Response> {
    return (await this.#send(path, init)).response;
  }

  /** @param body an object, or JSON as it is to be sent */
  async call<Data>(method: string, path: string, body?: object | string): Promise<Answer<Data>> {
    const { response, check, exchange } = await this.#send(path, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    check.require({ ...exchange, body: text });
    return { status: response.status, body: text === '' ? {} : JSON.parse(text) };
  }

  async #send(path: string, { headers, ...init }: RequestInit) {
    // Before the request: an API that is gone shall not be asked after it.
    this.#described ??= this.#description();
    const check = await this.#described;
    const response = await fetch(this.url + path, {
      ...init,
      headers: { authorization: `Bearer ${this.token}`, ...headers },
    });
    const exchange = {
      method: init.method ?? 'GET',
      target: path,
      status: response.status,
      contentType: response.headers.get('content-type'),
    };
    check.require(exchange);
    return { response, check, exchange };
  }

  async #description(): Promise<AnswerCheck> {
    const response = await fetch(`${this.url}/openapi.json`);
    return new AnswerCheck((await response.json()) as object);
  }

  /** As `call`. @throws Error unless the API answers 200 or 204 */
  async data<Data>(method: string, path: string, body?: object | string): Promise<Data> {
    const answer = await this.call<Data>(method, path, body);
    if (answer.status === 200 || answer.status === 204) return answer.body.data;
    throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  }

  post(job: object | string): Promise<Job> {
    return this.data<Job>('POST', '/items/identifier_job', job);
  }

  job(id: string): Promise<Job> {
    return this.data<Job>('GET', `/items/identifier_job/${id}`);
  }

  async addProduct(gtin: string): Promise<string> {
    return (await this.data<{ id: string }>('POST', '/items/product', { gtin })).id;
  }

  /** Waits until a job has its codes. @throws Error when it fails or takes longer */
  async untilComplete(id: string, limitMs = 30_000): Promise<Job> {
    const ask = async () => {
      const job = await this.job(id);
      if (job.status === 'error') throw new Error(`job ${id}: ${job.error_message}`);
      return job.status === 'complete' ? job : undefined;
    };
    return until(`job ${id} is complete`, limitMs, ask, JOB_POLL_MS);
  }

  /** The codes of a complete job in the order of making. */
  async codes(id: string): Promise<string[]> {
    const response = await this.request(`/items/identifier_job/${id}/codes.txt`);
    if (response.status !== 200)
      throw new Error(`codes of ${id}: ${response.status} ${await response.text()}`);
    return (await response.text()).split('\n').slice(0, -1);
  }
}
