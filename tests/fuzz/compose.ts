import { type Description, isList, type Operation, operationsOf, type Schema } from './description';
import { ValueMaker } from './fromSchema';
import { encodePart, hostileText, hostileValue, toJson } from './hostile';
import { asParameters, ItemsQueryMaker } from './itemsQuery';
import { knownKey, knownValue, TOKENS } from './known';
import { mutateJson, mutateText } from './mutate';
import { Random } from './random';
import type { WireRequest } from './wire';

/** One request of a run, with what the fuzz knows of it. */
export interface Composed {
  readonly wire: WireRequest;
  /** That of which it was made; its method and path may have been changed. */
  readonly operation: Operation;
  /** Method and path are the operation's, so the answer has to be one of those that are described. */
  readonly isOfOperation: boolean;
}

/** How much is wrong with a request. */
const WRONGNESS = [0, 0, 0.02, 0.1, 0.3] as const;

/** Of what is heavy, and of what leaves the others nothing to ask for, there is enough with a few. */
const isHeavy = ({ path }: Operation) => /labels|xlsx|openapi|metrics/.test(path);

/** Where the token may come as it is. */
const isAdis = ({ path }: Operation) => /^\/(adis|thngs|access|operators)/.test(path);

/** Composes requests: the same for the same seed and number, whatever was asked before. */
export class Composer {
  readonly #operations: readonly Operation[];

  constructor(
    private readonly description: Description,
    private readonly seed: number,
  ) {
    this.#operations = operationsOf(description);
  }

  request(number: number): Composed {
    const random = new Random(this.seed, number);
    let operation = random.pick(this.#operations);
    if ((isHeavy(operation) || operation.method === 'DELETE') && random.chance(0.7))
      operation = random.pick(this.#operations);
    const wrongness = random.pick(WRONGNESS);
    return new Composition(random, this.description, operation, wrongness).compose();
  }
}

/** Without these a link of a file leads nowhere. */
const LINK_PARTS: ReadonlySet<string> = new Set(['expires', 'signature']);
/** Servers refuse more than 16 kB of path and headers by themselves. */
const MOST_TARGET = 15_000;

type Header = [string, string];
type Body = Pick<WireRequest, 'body' | 'bytes'> & { type?: string };

class Composition {
  private readonly values: ValueMaker;
  private readonly queries: ItemsQueryMaker;

  constructor(
    private readonly random: Random,
    description: Description,
    private readonly operation: Operation,
    private readonly wrongness: number,
  ) {
    this.values = new ValueMaker(random, description, operation.path);
    this.queries = new ItemsQueryMaker(random, description, wrongness / 3);
  }

  compose(): Composed {
    const { operation, random } = this;
    const path = this.path();
    const target = cut(path + this.query());
    const { type, ...body } = this.body();
    const method = this.isWrong(0.1)
      ? random.pick([
          'GET',
          'POST',
          'PUT',
          'PATCH',
          'DELETE',
          'SEARCH',
          'HEAD',
          'OPTIONS',
          'TRACE',
          'PROPFIND',
        ])
      : operation.method;
    const headers = [...this.authorization(), ...this.oddHeaders()];
    if (type !== undefined) headers.push(['content-type', type]);
    const isOfOperation =
      method === operation.method &&
      path === this.lastPlainPath &&
      target.startsWith(path) &&
      !headers.some(([name]) => name === 'host');
    return { wire: { method, target, headers, ...body }, operation, isOfOperation };
  }

  /** The path before it was mutated as a whole. */
  private lastPlainPath = '';

  private path(): string {
    const { random, operation } = this;
    const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) => {
      if (this.isWrong()) return encodePart(hostileText(random)) || '%20';
      const value = /^(id|eventId|actionId|type|domain)$/.test(name)
        ? knownKey(random, operation.path, name)
        : knownValue(random, name);
      return encodePart(value ?? 'x');
    });
    this.lastPlainPath = path;
    return this.isWrong(0.1) ? mutateText(random, path) : path;
  }

  private query(): string {
    const { random, operation } = this;
    const parameters =
      isList(operation) && random.chance(0.9)
        ? asParameters(random, this.queries.query(collectionOf(operation)))
        : this.parameters();
    if (this.isWrong(0.2))
      parameters.push([
        random.pick(['access_token', 'fields', 'filter', 'limit', 'x', '__proto__', '']),
        hostileText(random),
      ]);
    if (this.isWrong(0.3) && parameters.length > 0)
      parameters.push([
        random.pick(parameters)[0] + random.pick(['', '[]', '[a]', '[0][b]', '[_eq]']),
        hostileText(random),
      ]);
    if (parameters.length === 0) return '';
    const text = parameters
      .map(
        ([name, value]) =>
          `${random.chance(0.5) ? encodePart(name) : encodePart(name).replaceAll('%5B', '[').replaceAll('%5D', ']')}=${encodePart(value)}`,
      )
      .join('&');
    return `?${this.isWrong(0.1) ? mutateText(random, text) : text}`;
  }

  private parameters(): [string, string][] {
    const { random, operation } = this;
    const inQuery = operation.parameters.filter((one) => one.in === 'query');
    // Examples go with one another; of the rest few do.
    if (random.chance(0.3)) {
      return inQuery.flatMap(({ name, schema }): [string, string][] =>
        schema.example === undefined ? [] : [[name, String(schema.example)]],
      );
    }
    const share = random.pick([0, 0.1, 0.3]);
    return inQuery
      .filter(({ name, required }) => required || LINK_PARTS.has(name) || random.chance(share))
      .map(({ name, schema }) => [name, this.parameter(name, schema)]);
  }

  private parameter(name: string, schema: Schema): string {
    if (this.isWrong()) return hostileText(this.random);
    if (name === 'fields') return 'id,*';
    const value = this.values.make(schema, name);
    return typeof value === 'object' ? JSON.stringify(value) : String(value);
  }

  private body(): Body {
    const { random, operation } = this;
    if (operation.bodies.length === 0) {
      return this.isWrong(0.1) ? { type: 'application/json', body: toJson(hostileValue(random)) } : {};
    }
    const [contentType, schema] = random.pick(operation.bodies);
    const type = this.isWrong(0.1)
      ? random.pick([
          'text/plain',
          'application/json; charset=utf-16',
          'application/x-www-form-urlencoded',
          'application/xml',
          'application/json;charset=x',
          '',
          ';',
          'multipart/form-data; boundary=x',
        ])
      : contentType;
    const text = contentType === 'application/json' ? this.json(schema) : this.lines(contentType);
    if (this.isWrong(0.05))
      return { type, bytes: Buffer.from(text, random.pick(['utf16le', 'latin1'])).toString('base64') };
    return { type, body: this.isWrong(0.15) ? mutateText(random, text) : text };
  }

  private json(schema: Schema): string {
    const { random, operation } = this;
    const made =
      operation.method === 'SEARCH'
        ? {
            query: this.queries.query(collectionOf(operation)),
            ...(random.chance(0.1) && { keys: [knownKey(random, operation.path)] }),
          }
        : this.withQuery(this.values.make(schema, 'body'));
    let value: unknown = made;
    while (this.isWrong(1.5)) value = mutateJson(random, value);
    return toJson(value);
  }

  /** A body `{query, data}` has a query of the collection. */
  private withQuery(body: unknown): unknown {
    if (typeof body !== 'object' || body === null || !('query' in body)) return body;
    return { ...body, query: { limit: 2, ...this.queries.query(collectionOf(this.operation)) } };
  }

  /** Lines of an import. */
  private lines(type: string): string {
    const { random } = this;
    const rows = random.list(1, 4, () => ({
      ...(random.chance(0.8) ? { product: '/01/09312345551927' } : { domain: 'tn.gg' }),
      code: this.isWrong() ? hostileText(random) : random.uuid().slice(0, 8),
      ...(random.chance(0.3) && { status: random.pick(['unassigned', 'encoded', 'x']) }),
      ...(random.chance(0.2) && { id: random.uuid() }),
    }));
    if (type !== 'text/csv')
      return rows.map((row) => toJson(this.isWrong() ? mutateJson(random, row) : row)).join('\n');
    const names = ['product', 'domain', 'code', 'status', 'id'] as const;
    const cell = (text: string) =>
      /[",\r\n]/.test(text) && random.chance(0.9) ? `"${text.replaceAll('"', '""')}"` : text;
    const lines = rows.map((row: Record<string, unknown>) =>
      names.map((name) => cell(String(row[name] ?? ''))).join(','),
    );
    return [names.join(','), ...lines].join(random.pick(['\n', '\r\n']));
  }

  private authorization(): Header[] {
    const { random, operation } = this;
    if (this.isWrong(0.3)) {
      const value = random.pick([
        '',
        'Bearer',
        'Bearer ',
        'Bearer x',
        'Basic YTpi',
        'Bearer ~operator~ ~operator~',
        `Bearer ${'a'.repeat(5_000)}`,
        'Bearer ÿþ',
        '~admin~x',
      ]);
      return value === '' ? [] : [['authorization', value]];
    }
    // What is destroyed is mostly the stranger's own.
    const token = operation.method === 'DELETE' && random.chance(0.8) ? '~stranger~' : random.pick(TOKENS);
    return [['authorization', isAdis(operation) && random.chance(0.7) ? token : `Bearer ${token}`]];
  }

  private oddHeaders(): Header[] {
    const { random } = this;
    // Each from an address of its own, or its limit of wrong tokens and links would answer the most.
    const address = random.list(4, 4, () => random.integer(1, 254)).join('.');
    const headers: Header[] = [['x-forwarded-for', address]];
    if (random.chance(0.1))
      headers.push([
        'idempotency-key',
        this.isWrong() ? headerText(hostileText(random)) : `key-${random.integer(1, 200)}`,
      ]);
    if (!this.isWrong(0.3)) return headers;
    headers.push(random.pick<Header>([
      ['accept', random.pick(['*/*;q=x', 'text/html', 'application/json;q=0', ',,,', headerText(hostileText(random))])],
      ['accept-encoding', random.pick(['gzip', 'gzip;q=0', 'identity;q=0', 'br, zstd', '*', 'x,,;'])],
      ['content-encoding', random.pick(['gzip', 'deflate', 'br', 'identity', 'x', 'gzip, gzip'])],
      ['if-none-match', random.pick(['*', '"x"', 'W/"', headerText(hostileText(random))])],
      ['range', random.pick(['bytes=0-0', 'bytes=9999999999-', 'x'])],
      ['host', random.pick(['tn.gg', 'TN.GG:80', 'a.example', '[::1]', '..', 'a b', 'xn--', ' '])],
      ['x-forwarded-host', random.pick(['tn.gg', 'evil.example', '"', 'a,b'])],
      ['x-forwarded-proto', random.pick(['https', 'javascript', ','])],
      ['x-http-method-override', 'DELETE'],
      ['x-request-id', headerText(hostileText(random))],
      ['traceparent', random.pick(['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', '00-x', headerText(hostileText(random))])],
      ['cookie', headerText(hostileText(random))],
      ['last-event-id', headerText(hostileText(random))],
      ['origin', random.pick(['null', 'https://evil.example'])],
    ])); // biome-ignore format: a list
    return headers;
  }

  /** @param factor how much more often than a value */
  private isWrong(factor = 1): boolean {
    return this.random.chance(Math.min(0.7, this.wrongness * factor));
  }
}

function collectionOf({ path }: Operation): string {
  return /^\/(?:items\/)?(\w+)/.exec(path)?.[1] ?? '';
}

/** What a header may hold, at most 2 kB of it. */
function headerText(text: string): string {
  return text.replace(/[^\t\x20-\x7e\x80-\xff]/g, '?').slice(0, 2_000);
}

/** At most as long as may be, with no escape cut in two. */
function cut(target: string): string {
  return target.length <= MOST_TARGET ? target : target.slice(0, MOST_TARGET).replace(/%.?$/, '');
}
