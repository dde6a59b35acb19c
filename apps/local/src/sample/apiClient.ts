/** The API refused a request; the message is its own. */
class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly code: string | undefined,
    message: string,
  ) {
    super(message);
  }
}

/** The few calls to the API that this app makes, with the administrator's rights. */
export class ApiClient {
  constructor(
    private readonly url: string,
    private readonly token: string,
    private readonly signal: AbortSignal,
  ) {}

  /** @throws ApiError if the API refuses. */
  async get(path: string): Promise<unknown> {
    return this.#data(await this.request(path, {}));
  }

  /** Makes an item; false if one like it is there. @throws ApiError if the API refuses for another reason. */
  async create(collection: string, item: Record<string, unknown>): Promise<boolean> {
    const response = await this.request(`/items/${collection}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(item),
    });
    try {
      await this.#data(response);
      return true;
    } catch (error) {
      if (error instanceof ApiError && error.code === 'RECORD_NOT_UNIQUE') return false;
      throw error;
    }
  }

  request(path: string, { headers, ...init }: RequestInit): Promise<Response> {
    return fetch(this.url + path, {
      ...init,
      headers: { ...headers, authorization: `Bearer ${this.token}` },
      signal: this.signal,
    });
  }

  async #data(response: Response): Promise<unknown> {
    const body = (await response.json()) as {
      data?: unknown;
      errors?: { message: string; extensions?: { code?: string } }[];
    };
    if (response.ok) return body.data;
    const error = body.errors?.[0];
    throw new ApiError(error?.extensions?.code, error?.message ?? `The API answered ${response.status}.`);
  }
}
