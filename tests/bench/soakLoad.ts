import { type Bed, newProduct } from './bed';
import { Caller } from './caller';

const PRODUCTS = 20;
/** More than these are not under way at a time: a service that hangs shall not drown in requests. */
const MOST_AT_ONCE = 50;
/** Finished jobs that are remembered for downloads; what falls out is deleted. */
const REMEMBERED = 200;
const SMALL_QUANTITY = 100;
const LARGE_QUANTITY = 200_000;

interface Item {
  id: string;
}

/** Requests of a mix that real callers make, at a steady rate, whether the ones before are answered or not. */
export class SoakLoad {
  requests = 0;
  /** Requests that were due when too many were under way. */
  skipped = 0;
  readonly #caller: Caller;
  readonly #jobs: string[] = [];
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #timer: NodeJS.Timeout;

  /** By their shares. */
  readonly #mix: readonly [share: number, act: () => Promise<unknown>][] = [
    [400, () => this.#post(SMALL_QUANTITY)],
    [1, () => this.#post(LARGE_QUANTITY)],
    [149, () => this.#order()],
    [150, () => this.#get('/items/identifier_job?limit=20&sort=-date_created&fields=*,product.*')],
    [
      100,
      () => this.#ofJob((id) => this.#get(`/items/unique_code?limit=50&filter[identifier_job][_eq]=${id}`)),
    ],
    [50, () => this.#ofJob((id) => this.#get(`/items/identifier_job/${id}`))],
    [150, () => this.#ofJob((id) => this.#caller.read(`/items/identifier_job/${id}/codes.csv`))],
  ];

  private constructor(
    { stack }: Bed,
    private readonly products: readonly string[],
    perSecond: number,
  ) {
    this.#caller = new Caller(stack.url, stack.adminToken, MOST_AT_ONCE);
    this.#timer = setInterval(() => this.#next(), 1_000 / perSecond);
  }

  static async open(bed: Bed, perSecond: number): Promise<SoakLoad> {
    const products: string[] = [];
    while (products.length < PRODUCTS) products.push((await newProduct(bed, products.length)).id);
    return new SoakLoad(bed, products, perSecond);
  }

  get failures(): readonly string[] {
    return this.#caller.failures;
  }

  get refusals(): number {
    return this.#caller.refusals;
  }

  /** Of the calls since it was asked last, in milliseconds; downloads are none of them. */
  takeLatencies(): number[] {
    return this.#caller.latencies.splice(0);
  }

  /** Waits for what is under way. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#underWay);
    this.#caller.close();
  }

  #next(): void {
    if (this.#underWay.size >= MOST_AT_ONCE) {
      this.skipped++;
      return;
    }
    this.requests++;
    const act = this.#choose();
    const work = act().finally(() => this.#underWay.delete(work));
    this.#underWay.add(work);
  }

  #choose(): () => Promise<unknown> {
    let left = Math.random() * this.#mix.reduce((sum, [share]) => sum + share, 0);
    for (const [share, act] of this.#mix) {
      left -= share;
      if (left < 0) return act;
    }
    return () => this.#order();
  }

  async #post(quantity: number): Promise<void> {
    const job = await this.#caller.call<Item>('POST', '/items/identifier_job', {
      product: this.#product(),
      quantity,
    });
    if (job !== undefined) this.#jobs.push(job.id);
    const old = this.#jobs.length > REMEMBERED ? this.#jobs.shift() : undefined;
    if (old !== undefined) await this.#caller.call('DELETE', `/items/identifier_job/${old}`);
  }

  async #order(): Promise<void> {
    await this.#caller.call('POST', '/adis/orders', {
      purchaseOrder: `PO-${this.requests}`,
      metadata: { identifierKey: 'gs1:21', product: this.#product() },
      idGeneration: { length: 10, quantity: SMALL_QUANTITY },
    });
  }

  async #get(path: string): Promise<void> {
    await this.#caller.call('GET', path);
  }

  #product(): string {
    return this.products[Math.floor(Math.random() * this.products.length)] as string;
  }

  /** Of any but the latest jobs, which may not be complete, and the oldest, which may be deleted just now. */
  async #ofJob(act: (id: string) => Promise<unknown>): Promise<void> {
    const choices = this.#jobs.slice(20, -20);
    const id = choices[Math.floor(Math.random() * choices.length)];
    if (id !== undefined) await act(id);
  }
}
