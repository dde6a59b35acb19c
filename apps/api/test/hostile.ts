import { type IncomingHttpHeaders, request } from 'node:http';
import fc from 'fast-check';
import type { Api } from './support';

/** How long a request may take that asks for little. */
const LIMIT_MS = 5_000;

export interface RawRequest {
  method: string;
  /** As it stands in the request line. */
  path: string;
  headers?: Record<string, string>;
  body?: string | Buffer | undefined;
}

export interface RawAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

/** Sends a request as it is, which `fetch` would tidy up. */
export function sendRaw({ url }: Pick<Api, 'url'>, { method, path, headers = {}, body }: RawRequest) {
  const { hostname, port } = new URL(url);
  return new Promise<RawAnswer>((resolve, reject) => {
    const outgoing = request({ hostname, port, path, method, headers }, (incoming) => {
      const parts: Buffer[] = [];
      incoming.on('data', (part) => parts.push(part)).on('error', reject);
      incoming.on('end', () =>
        resolve({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          text: Buffer.concat(parts).toString(),
        }),
      );
    });
    outgoing.setTimeout(LIMIT_MS, () => outgoing.destroy(new Error(`${method} ${path}: no answer`)));
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** JSON as it is to be sent, whatever it is. */
class Verbatim {
  constructor(readonly text: string) {}
}

/** As JSON.stringify, with texts that it would never make. */
function jsonOf(value: unknown): string {
  if (value instanceof Verbatim) return value.text;
  if (Array.isArray(value)) return `[${value.map(jsonOf).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  return `{${Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}:${jsonOf(member)}`)}}`;
}

const TEXTS = [
  '', ' ', 'a', '0', 'null', 'NaN', '-1', '\0', 'a\0b', '\n', '\r\nX-Injected: 1', '\u007f', '\u0085', '\u2028', '\ufeff',
  '\ufffe', '\ud800', 'a\udc00', '\udc00\ud800', '😀', 'é', 'e\u0301', 'ﬀ', 'İ', '\u202e', '%00', '%', "'", '"', '\\', '{', '{shortId}',
  '__proto__', 'constructor', 'toString', '$1', "';--", '<script>', '../../etc', 'gs1:01:', 'gs1:01:00000000000000',
  'gs1:01:09312345551928', '/01/09312345551928', '/8003/', 'https://x.example', 'javascript:alert(1)', 'http://', 'tn.example',
  '127.0.0.1', 'xn--', 'a'.repeat(256), 'a'.repeat(257), '😀'.repeat(129), 'x'.repeat(20_000), '00000000-0000-0000-0000-000000000000',
]; // biome-ignore format: a list of samples

const TOKENS = [
  '1e400', '-1e400', '-0', '1e-400', '1e308', '9007199254740993', '1e21', '20001', '-1', '0', '1.5', '2147483648',
  '9223372036854775808', 'true', 'false', 'null', '[]', '{}', '[[]]', '[null]', '{"":null}', '{"__proto__":{"polluted":1}}',
  '{"constructor":{"prototype":{"polluted":1}}}', '{"toString":1,"valueOf":1}', '{"a":1,"a":2}', '["a","a"]', '"\\ud800"',
  '"\\u0000"', '{"\\u0000":1}', '{"\\ud800":1}', '{"toJSON":"x"}', '{"length":3}', '[1,"1"]', `${'['.repeat(33)}${']'.repeat(33)}`,
  `${'['.repeat(30_000)}${']'.repeat(30_000)}`, `${'{"a":'.repeat(500)}1${'}'.repeat(500)}`,
]; // biome-ignore format: a list of samples

/** What is no JSON at all. */
const BROKEN = [
  'NaN',
  'Infinity',
  '-',
  '01',
  '+1',
  '.5',
  "'a'",
  'undefined',
  '"\\x"',
  '"\n"',
  '"\\u12"',
  '//',
  ',',
  '[1,]',
];

const KEYS = [
  '__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'toJSON', '', '\0', '\ud800', 'ids', 'idGeneration',
  'metadata', 'project', 'product', 'targetAccount', 'shortDomain', 'defaultRedirectUrl', 'tags', 'identifiers', 'customFields',
  'fileMetadata', 'csv', 'txt', 'value', 'columns', 'perLine', 'timestamp', 'type', 'id', 'status', 'location', 'prefix', 'suffix',
  'characterSet', 'length', 'quantity', 'number', 'batchId', 'x'.repeat(1_000),
]; // biome-ignore format: a list of samples

export const hostileText = fc.oneof(
  fc.constantFrom(...TEXTS),
  fc.string({ unit: 'binary', maxLength: 30 }),
  // Halves of surrogate pairs too.
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 8 })
    .map((units) => String.fromCharCode(...units)),
);

const hostileValue = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...TOKENS).map((text) => new Verbatim(text)) },
  { weight: 4, arbitrary: hostileText },
  { weight: 1, arbitrary: fc.constantFrom(...BROKEN).map((text) => new Verbatim(text)) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  { weight: 1, arbitrary: fc.array(hostileText, { maxLength: 5 }) },
);

type Container = Record<string | number, unknown>;

/** Every place of a document: its container and the key there. */
function placesIn(document: unknown): [Container, string | number][] {
  if (typeof document !== 'object' || document === null || document instanceof Verbatim) return [];
  const keys = Array.isArray(document) ? [...document.keys()] : Object.keys(document);
  return keys.flatMap((key) => {
    const own: [Container, string | number] = [document as Container, key];
    return [own, ...placesIn((document as Container)[key])];
  });
}

const change = fc.record({
  how: fc.constantFrom('replace', 'replace', 'replace', 'remove', 'add', 'duplicate'),
  at: fc.nat(),
  key: fc.oneof(fc.constantFrom(...KEYS), hostileText),
  value: hostileValue,
});

function applied(
  document: unknown,
  { how, at, key, value }: typeof change extends fc.Arbitrary<infer T> ? T : never,
) {
  const places = placesIn(document);
  const [container, own] = places[at % places.length] ?? [{} as Container, ''];
  if (how === 'replace') container[own] = value;
  else if (how === 'remove') delete container[own];
  else if (how === 'duplicate')
    container[own] = new Verbatim(`${jsonOf(container[own])},${JSON.stringify(own)}:1`);
  else if (Array.isArray(container)) container.push(value);
  else Object.defineProperty(container, key, { value, enumerable: true, configurable: true, writable: true });
}

const damage = fc.oneof(
  { weight: 20, arbitrary: fc.constant((text: string): string | Buffer => text) },
  { weight: 1, arbitrary: fc.nat().map((at) => (text: string) => text.slice(0, at % (text.length + 1))) },
  { weight: 1, arbitrary: fc.constantFrom('utf16le', 'latin1').map((encoding) => (text: string) => Buffer.from(text, encoding as BufferEncoding)) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 4 })).map(([at, bytes]) => (text: string) => {
      const cut = at % (text.length + 1);
      return Buffer.concat([Buffer.from(text.slice(0, cut)), bytes, Buffer.from(text.slice(cut))]);
    }),
  },
); // biome-ignore format: one kind of damage a line

/** Bodies made of these by some changes: none of them large. */
export function bodiesLike(documents: readonly object[]): fc.Arbitrary<string | Buffer> {
  return fc
    .tuple(fc.constantFrom(...documents), fc.array(change, { minLength: 1, maxLength: 3 }), damage)
    .map(([document, changes, damaged]) => {
      const copy = structuredClone(document);
      for (const one of changes) applied(copy, one);
      return damaged(jsonOf(copy));
    });
}

const base64url = (text: string | Buffer) => Buffer.from(text).toString('base64url');

const FILTERS = [
  'tags=a', 'tags=a,b&tags=c', 'tags', '=', '&', 'tags=', 'tags=,', '=a', 'purchaseOrder=PO-1', 'purchaseOrder=%', 'tags=%2525', 'tags=%00',
  'identifiers.', 'identifiers.a=b', 'identifiers.__proto__=a', 'identifiers.constructor=a', 'identifiers.gs1:21=a', 'identifiers.=a',
  'identifiers.%00=a', 'identifiers.a=\ud800', 'product=x', 'project=x', 'tags=😀', `tags=${'a,'.repeat(990)}a`,
  `identifiers.gs1:21=${'a,'.repeat(30)}a`, `tags=${'a'.repeat(3_000)}`, Array(100).fill('tags=a').join('&'), 'tags[]=a', 'tags=a=b', "tags='", 'tags=\\',
]; // biome-ignore format: a list of samples

export const hostileFilter = fc.oneof(fc.constantFrom(...FILTERS), hostileText);

const POSITIONS = [
  '0',
  '1',
  '-1',
  '99999999999999999',
  '999999999999999999',
  '9999999999999999999',
  '1e3',
  '',
  'x',
  '1.5',
  '０',
];

/** Tokens of next pages: forged, cut and none at all. */
const pageToken = fc.oneof(
  fc
    .record(
      {
        after: fc.oneof(fc.constantFrom<unknown>(...POSITIONS), fc.jsonValue()),
        perPage: fc.constantFrom<unknown>('1', '100', '101', '0', 5, null, '1e1'),
        sortOrder: fc.constantFrom<unknown>('ASCENDING', 'DESCENDING', 'x', 1),
        filter: fc.oneof<fc.Arbitrary<unknown>[]>(hostileFilter, fc.jsonValue()),
      },
      { requiredKeys: ['after'] },
    )
    .map((token) => base64url(JSON.stringify(token))),
  fc.constantFrom(
    '',
    'x',
    'e30',
    base64url('null'),
    base64url('[]'),
    base64url('['.repeat(5_000)),
    '%00',
    '=',
  ),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => base64url(Buffer.from(bytes))),
);

const encoded = (text: string) => encodeURIComponent(Buffer.from(text).toString());

const parameter = fc.oneof(
  fc.constantFrom(
    'perPage=0', 'perPage=1', 'perPage=101', 'perPage=1e9', 'perPage=99999999999999999999', 'perPage[]=1', 'perPage[a]=1', 'perPage=1&perPage=2',
    'perPage=', 'perPage', 'perPage=%31', 'perPage=NaN', 'sortOrder=ASCENDING', 'sortOrder=ascending', 'sortOrder[]=ASCENDING', 'filter[tags]=a',
    'filter[]=tags%3Da', 'filter=%', 'filter=%E0%A4', 'filter=%ED%A0%80', 'withIds=true', 'withErrors=true', 'withIds=1', 'withErrors[]=true',
    'withIds[__proto__]=true', '__proto__[a]=b', 'constructor[prototype][a]=b', '&&&', '=', 'a[b][c][d][e][f][g][h][i][j][k][l]=1', '%', '%zz=%zz',
    'access_token=x', 'nextPageToken[]=x', 'nextPageToken=a&nextPageToken=b', `x=${'y'.repeat(6_000)}`, Array(1_100).fill('a').join('&'),
    'expires=9999999999', 'signature=x', 'signature[]=x', 'expires=1', '?', ';', '+',
  ),
  fc.tuple(fc.constantFrom('perPage', 'sortOrder', 'withIds', 'withErrors', 'expires', 'signature'), hostileText).map(([name, text]) => `${name}=${encoded(text).slice(0, 500)}`),
  hostileFilter.map((filter) => `filter=${encoded(filter).slice(0, 6_000)}`),
  pageToken.map((token) => `nextPageToken=${token.slice(0, 7_000)}`),
); // biome-ignore format: a list of samples

/** Query strings with their question mark, or none. Below what Node takes of a request line. */
export const hostileQuery = fc
  .array(parameter, { maxLength: 3 })
  .map((parameters) => (parameters.length === 0 ? '' : `?${parameters.join('&')}`.slice(0, 12_000)));

const SEGMENTS = [
  '', '.', '..', '%2e%2e', '%2f', '%00', '%', '%E0%A4', '%ff', '%ED%A0%80', '%F0%9F%98%80', 'all', 'scans', '_x', 'identifiers.csv', 'IDENTIFIERS.CSV',
  'errors.json', 'x', '0', '-1', '__proto__', 'constructor', 'null', '{id}', ':id', '*', '%0d%0aX-A:1', 'a'.repeat(24), 'A'.repeat(3_000), '%20', ';a=b',
]; // biome-ignore format: a list of samples

/** Segments of paths: these, and what nobody expects there. */
export function segmentsLike(known: readonly string[]): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...known) },
    { weight: 2, arbitrary: fc.constantFrom(...SEGMENTS) },
    { weight: 1, arbitrary: hostileText.map((text) => encoded(text).slice(0, 2_000)) },
  );
}

/** Headers that a request with a body may have. */
export const hostileHeaders = fc.record(
  {
    'content-type': fc.constantFrom(
      'application/json', 'application/json; charset=utf-8', 'application/json;charset="UTF8"', 'application/json; charset=latin1',
      'application/vnd.x+json', 'APPLICATION/JSON', 'application/jsonp', 'application/json,text/plain', 'text/plain', 'multipart/form-data', '', ';', 'json',
      'application/x-www-form-urlencoded', 'application/json; charset=', 'application/json; charset=utf-16',
    ),
    'content-encoding': fc.constantFrom('identity', 'gzip', 'deflate', 'br', 'zstd', 'GZIP', 'gzip, gzip', 'x', ''),
    'idempotency-key': fc.constantFrom('', ' ', 'a', 'a b', '"a"', 'é', 'x'.repeat(255), 'x'.repeat(256), 'a,b', '%00', '__proto__'),
    accept: fc.constantFrom('text/html', '*/*', 'image/png', '', 'application/json;q=0', 'x'),
    host: fc.constantFrom('x', 'tn.example:80', '', 'a,b', '[::1]:3', '%00', 'a b', 'evil.example/x?'),
    'x-forwarded-host': fc.constantFrom('evil.example', 'tn.example'),
    'x-forwarded-proto': fc.constantFrom('javascript', 'https'),
    'x-http-method-override': fc.constant('DELETE'),
    expect: fc.constant('100-continue'),
    range: fc.constantFrom('bytes=0-1', 'x'),
    'if-none-match': fc.constant('*'),
    authorization: fc.constantFrom('', 'Bearer', 'Bearer  ', 'x', 'Bearer x y', 'Basic YTpi', 'é', '\0'.replace('\0', '\u00ff'), 'x'.repeat(5_000)),
  },
  { requiredKeys: [] },
); // biome-ignore format: a list of samples

export const hostileMethod = fc.constantFrom(
  'GET',
  'GET',
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'SEARCH',
  'PROPFIND',
);
