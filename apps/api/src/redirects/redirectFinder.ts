import { type Client, type DecodedShortCode, findRedirects, type Redirect } from '@codemint/db';

/** Statements at a time. While they run, what else is asked for gathers for the next. */
const STATEMENTS_AT_ONCE = 2;
const MOST_IN_ONE = 100;

interface Waiting {
  code: DecodedShortCode;
  resolve(redirect: Redirect | undefined): void;
  reject(reason: unknown): void;
}

/**
 * Looks short codes up, those that come in meanwhile by one statement: alone each would cost the service and the
 * database twice the work. Whoever comes alone does not wait.
 */
export class RedirectFinder {
  #waiting: Waiting[] = [];
  #running = 0;

  constructor(private readonly client: Client) {}

  find(code: DecodedShortCode): Promise<Redirect | undefined> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ code, resolve, reject });
      void this.#work();
    });
  }

  async #work(): Promise<void> {
    if (this.#running === STATEMENTS_AT_ONCE) return;
    this.#running++;
    while (this.#waiting.length > 0) {
      const some = this.#waiting;
      this.#waiting = some.splice(MOST_IN_ONE);
      await this.#findAll(some);
    }
    this.#running--;
  }

  async #findAll(some: readonly Waiting[]): Promise<void> {
    try {
      const redirects = await findRedirects(
        this.client,
        some.map(({ code }) => code),
      );
      for (const [i, { resolve }] of some.entries()) resolve(redirects[i]);
    } catch (error) {
      for (const { reject } of some) reject(error);
    }
  }
}
