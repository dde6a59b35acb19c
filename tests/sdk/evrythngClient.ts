/** What the tests use of the client, which has no types of its own. */

interface Progress {
  created: number;
  pending: number;
  errorsCount: number;
  errors?: Record<string, { code: number; error: string }>;
}

export interface Order {
  id: string;
  purchaseOrder: string;
  result?: string;
  ids?: string[];
  status: { state: string; requested: number; adis: Progress };
  results?: { identifiers: Record<'csv' | 'txt' | 'json', string>; errors?: { json: string } };
}

export interface OrderEvent {
  id: string;
  result: string;
  status: { state: string; requested: number; events: Progress };
}

interface Thng {
  id: string;
  identifiers: Record<string, string>;
}

interface Options {
  params?: Record<string, unknown>;
}

interface Reading<Item> {
  read(options?: Options): Promise<Item[]>;
  pages(options?: Options): AsyncIterable<Item[]>;
}

interface Collection<Item> extends Reading<Item> {
  create(document: object): Promise<Item>;
}

interface Single<Item> {
  read(options?: Options): Promise<Item>;
}

interface OrderResource extends Single<Order> {
  event(): Collection<OrderEvent>;
  event(id: string): Single<OrderEvent>;
}

interface ThngResource extends Single<Thng> {
  action(type: string): Reading<{ type: string; thng: string; tags: string[] }>;
}

export interface Operator {
  id: string;
  email?: string;
  init(): Promise<void>;
  adiOrder(): Collection<Order>;
  adiOrder(id: string): OrderResource;
  thng(): Reading<Thng>;
  thng(id: string): ThngResource;
}

/** What it throws where the API refuses: the envelope of the error. */
export interface ApiError {
  status: number;
  code?: number;
  errors: string[];
}

export const evrythng = require('evrythng') as {
  setup(settings: { apiUrl: string }): void;
  Operator: new (apiKey: string) => Operator;
};
