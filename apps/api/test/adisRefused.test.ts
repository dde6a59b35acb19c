import { addProject } from '@codemint/db';
import { everything, GOOD, order, post, told, withIds, withMetadata } from './adisSupport';
import { type Api, ASSET, type As, OTHER_ACCOUNT_ID, OTHER_PRODUCT, PRODUCT, startApi } from './support';

const SHARED_GTIN = '09312345552016';

let api: Api;
let otherProject: string;
beforeAll(async () => {
  api = await startApi();
  await api.post('/items/product', [
    { gtin: SHARED_GTIN },
    { id: '/8003/09312345552016', gtin: SHARED_GTIN },
  ]);
  const added = await addProject(api.database, { accountId: OTHER_ACCOUNT_ID, name: 'Other' });
  otherProject = added.project.id;
  // Pools and their numbers, so that a burned one would show.
  await order(api);
  await order(api, { ...GOOD, metadata: { identifierKey: 'free' } });
});
afterAll(() => api.close());

/** Posts what has to be refused and leave no trace. */
async function refused(body: unknown, { as, headers }: { as?: As; headers?: Record<string, string> } = {}) {
  const before = await everything(api);
  const answer = await post(api, body, { as, headers: { 'idempotency-key': 'refused', ...headers } });
  expect(await everything(api)).toEqual(before);
  return told(answer);
}

const generation = (more: object) => ({ ...GOOD, idGeneration: { ...GOOD.idGeneration, ...more } });
const files = (fileMetadata: unknown) => ({ ...GOOD, fileMetadata });
const deep = (levels: number) => JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`);
const SHORT = { shortDomain: 'tn.example', defaultRedirectUrl: 'https://x.example/{shortId}' };

describe('80009998: the body is missing', () => {
  test.each([
    ['none', undefined, 'application/json'],
    ['an empty one', '', 'application/json'],
    ['none of any other type', undefined, 'text/plain'],
  ])('%s', async (_name, body, type) => {
    expect(await refused(body, { headers: { 'content-type': type } })).toMatchObject({
      status: 400,
      code: 80009998,
    });
  });
});

describe('80000150: the body is not valid', () => {
  test.each<[string, unknown, string]>([
    ['broken JSON', '{"purchaseOrder":', 'The body is not valid JSON'],
    ['a byte order mark', `\ufeff${JSON.stringify(GOOD)}`, 'byte order mark'],
    ['null', 'null', 'body: '],
    ['a list', [GOOD], 'body: '],
    ['a string', '"order"', 'body: '],
    ['a number', '17', 'body: '],
    ['more than 4 MB', { ...GOOD, note: 'x'.repeat(4 * 1024 * 1024) }, 'at most 4 MB'],
    ['no metadata', { ...GOOD, metadata: undefined }, 'metadata: '],
    ['metadata null', { ...GOOD, metadata: null }, 'metadata: '],
    ['no identifierKey', { ...GOOD, metadata: {} }, 'metadata.identifierKey: '],
    ['an empty identifierKey', withMetadata({ identifierKey: '' }), 'metadata.identifierKey: '],
    ['product a number', withMetadata({ product: 17 }), 'metadata.product: '],
    ['identifiers a list', withMetadata({ identifiers: [] }), 'metadata.identifiers: '],
    ['no purchaseOrder', { ...GOOD, purchaseOrder: undefined }, 'purchaseOrder: '],
    ['purchaseOrder a number', { ...GOOD, purchaseOrder: 1 }, 'purchaseOrder: '],
    ['a long purchaseOrder', { ...GOOD, purchaseOrder: 'x'.repeat(257) }, 'purchaseOrder: '],
    ['neither ids nor idGeneration', { ...GOOD, idGeneration: undefined }, '"ids" or "idGeneration"'],
    ['both', { ...GOOD, ids: ['a'] }, '"ids" or "idGeneration"'],
    ['ids a string', { ...withIds(), ids: 'a' }, 'ids: '],
    ['an id that is a number', { ...withIds(), ids: ['a', 17] }, 'ids[1]: '],
    ['length 7', generation({ length: 7 }), 'idGeneration.length: '],
    ['length 21', generation({ length: 21 }), 'idGeneration.length: '],
    ['length a string', generation({ length: '10' }), 'idGeneration.length: '],
    ['no quantity', generation({ quantity: undefined }), 'idGeneration.quantity: '],
    ['quantity 1.5', generation({ quantity: 1.5 }), 'idGeneration.quantity: '],
    ['quantity a string', generation({ quantity: '5' }), 'idGeneration.quantity: '],
    ['another character set', generation({ characterSet: 'numeric' }), 'idGeneration.characterSet: '],
    ['prefix a number', generation({ prefix: 1 }), 'idGeneration.prefix: '],
    ['customFields a string', { ...GOOD, customFields: 'a' }, 'customFields: '],
    ['tags an object', { ...GOOD, tags: {} }, 'tags: '],
    ['61 tags', { ...GOOD, tags: Array.from({ length: 61 }, (_, i) => `t${i}`) }, 'tags: '],
    ['a long tag', { ...GOOD, tags: ['a', 'x'.repeat(257)] }, 'tags[1]: '],
    ['a wrong column', files({ csv: { columns: ['code'] } }), 'fileMetadata.csv.columns[0]: '],
    ['short links without a domain', files({ csv: { columns: ['shortUrl'] } }), 'fileMetadata.csv.columns: '],
    ['much text', { ...GOOD, customFields: { text: 'x'.repeat(70_000) } }, 'characters of JSON'],
    ['a number too great', { ...GOOD, customFields: { much: 1e21 } }, 'customFields.much: '],
    ['a number too small', { ...GOOD, customFields: { little: [1e-21] } }, 'customFields.little[0]: '],
    ['a misspelt member', generation({ charSet: 'N' }), 'charSet'],
    [
      'a link domain of two lines',
      files({ txt: { digitalLinkDomain: 'https://x.example/\n' } }),
      'fileMetadata.txt',
    ],
    ['a link domain that is none', files({ txt: { digitalLinkDomain: 'x' } }), 'fileMetadata.txt.digital'],
    ['no host name', withMetadata({ ...SHORT, shortDomain: 'https://tn.gg' }), 'metadata.shortDomain: '],
    [
      'javascript',
      withMetadata({ ...SHORT, defaultRedirectUrl: 'javascript:alert(1)' }),
      'defaultRedirectUrl: ',
    ],
    ['a file', withMetadata({ ...SHORT, defaultRedirectUrl: 'file:///etc/passwd' }), 'defaultRedirectUrl: '],
    ['no URL', withMetadata({ ...SHORT, defaultRedirectUrl: '/{shortId}' }), 'defaultRedirectUrl: '],
    [
      'a loop',
      withMetadata({ ...SHORT, defaultRedirectUrl: 'https://TN.example/{shortId}' }),
      'back to metadata.shortDomain',
    ],
    [
      'a short id in the host',
      withMetadata({ ...SHORT, defaultRedirectUrl: 'https://{shortId}.x.example' }),
      'behind its host',
    ],
    [
      'a line break',
      withMetadata({ ...SHORT, defaultRedirectUrl: 'https://x\n.example/' }),
      'defaultRedirectUrl: ',
    ],
    [
      'another placeholder',
      withMetadata({ ...SHORT, defaultRedirectUrl: 'https://x.example/{id}' }),
      '{shortId}',
    ],
    ['U+0000', { ...GOOD, customFields: { a: [{ b: 'x\0' }] } }, 'customFields.a[0].b: '],
    ['U+0000 in a key', withMetadata({ 'a\0': 1 }), 'metadata["a\\u0000"]: '],
    ['half a surrogate pair', { ...GOOD, tags: ['\ud83d'] }, 'tags[0]: '],
    ['nested deeply', { ...GOOD, customFields: { a: deep(40) } }, 'customFields.a[0][0]'],
    ['nested beyond reason', `{"metadata":${'['.repeat(200_000)}${']'.repeat(200_000)}}`, 'metadata[0][0]'],
  ])('%s', async (_name, body, part) => {
    const { error, ...rest } = await refused(body);
    expect(rest).toEqual({ status: 400, code: 80000150 });
    expect(error).toContain(part);
    expect(error.length).toBeLessThan(1000);
  });

  test('invalid UTF-8, a broken gzip and an encoding that nobody knows', async () => {
    const send = (body: Buffer, headers: Record<string, string>) =>
      fetch(`${api.url}/adis/orders`, {
        method: 'POST',
        headers: { authorization: api.tokens.operator, 'content-type': 'application/json', ...headers },
        body: new Uint8Array(body),
      }).then(async (answer) => [answer.status, ((await answer.json()) as { code?: number }).code]);
    expect(await send(Buffer.from('{"purchaseOrder":"\xe4"}', 'latin1'), {})).toEqual([400, 80000150]);
    expect(await send(Buffer.from('xx'), { 'content-encoding': 'gzip' })).toEqual([400, 80000150]);
    expect(await send(Buffer.from('xx'), { 'content-encoding': 'zip' })).toEqual([415, undefined]);
  });

  test('20,000 wrong values are not all told', async () => {
    const { error, code } = await refused({ ...withIds(), ids: Array.from({ length: 20_000 }, () => 1) });
    expect(code).toBe(80000150);
    expect(error).toMatch(/^ids\[0\]: .*ids\[2\]: .* 19997 more values are wrong\.$/);
  });
});

const alphabet = 'abcdefghijklmnopqrstuvwxyz';

test.each<[number, string, unknown, string]>([
  [80000010, 'an empty id', withIds('a', ''), 'ids[1]: '],
  [80000010, 'no ids', withIds(), 'ids: '],
  [80000010, 'a wrong check digit', withMetadata({ product: '/01/09312345551928' }), '09312345551927'],
  [80000010, 'in a GTIN', withMetadata({ product: 'gs1:01:09312345551928' }), '09312345551927'],
  [80000010, 'no GTIN', withMetadata({ product: 'gs1:01:123' }), '8, 12, 13 or 14 digits'],
  [80000040, 'an unknown product', withMetadata({ product: '/01/00000000000000' }), 'metadata.product: '],
  [80000040, 'an unknown GTIN', withMetadata({ product: 'gs1:01:00000000000000' }), 'metadata.product: '],
  [80000040, "another account's product", withMetadata({ product: OTHER_PRODUCT }), 'metadata.product: '],
  [80000040, 'any text', withMetadata({ product: 'juice' }), 'metadata.product: '],
  [80000050, '20,001 ids', withIds(...Array.from({ length: 20_001 }, (_, i) => `i${i}`)), '20000'],
  [80000060, 'an id twice', withIds('a', 'b', 'a'), 'ids[2]: '],
  [80000100, 'shortDomain alone', withMetadata({ shortDomain: 'tn.gg' }), 'metadata.defaultRedirectUrl'],
  [80000100, 'a URL alone', withMetadata({ defaultRedirectUrl: 'https://x.example' }), 'metadata.shortDomain'],
  [80000140, 'two products', withMetadata({ product: `gs1:01:${SHARED_GTIN}` }), '/8003/09312345552016'],
  [80000160, 'quantity 0', generation({ quantity: 0 }), '1 to 20000'],
  [80000160, 'quantity negative', generation({ quantity: -5 }), '1 to 20000'],
  [80000160, 'quantity 20,001', generation({ quantity: 20_001 }), '1 to 20000'],
  [80000160, 'quantity 1e300', generation({ quantity: 1e300 }), '1 to 20000'],
  [80000170, 'any project', withMetadata({ project: 'spring' }), 'metadata.project: '],
  [80000180, 'outside of CSET 82', withIds('a b'), 'ids[0]: '],
  [80000180, 'a control character', withMetadata({ identifierKey: 'free', product: undefined }, withIds('a\tb')), 'ids[0]: '],
  [80000180, 'U+0000', withMetadata({ identifierKey: 'free', product: undefined }, withIds('a\0')), 'ids[0]: '],
  [80000180, 'half a pair', withMetadata({ identifierKey: 'free', product: undefined }, withIds('\ude00')), 'ids[0]: '],
  [80000180, 'outside of it with a GTIN', withMetadata({ identifierKey: 'free' }, withIds('é')), 'ids[0]: '],
  [80000180, '21 characters', withIds('123456789012345678901'), 'ids[0]: '],
  [80000180, 'a wrong prefix', generation({ prefix: 'é' }), 'idGeneration.prefix: '],
  [80000180, 'U+0000 in a suffix', generation({ suffix: '\0' }), 'idGeneration.suffix: '],
  [80000180, '21 characters with the prefix', generation({ prefix: alphabet.slice(0, 11) }), 'at most 20'],
  [80000180, 'also without a product', withMetadata({ product: undefined }, generation({ length: 20, suffix: '1' })), 'at most 20'],
  [80000180, '17 characters of a GRAI', withMetadata({ product: ASSET }, generation({ length: 17 })), 'at most 16'],
])('%d: %s', async (code, _name, body, part) => {
  const { error, ...rest } = await refused(body);
  expect(rest).toEqual({ status: 400, code });
  expect(error).toContain(part);
}); // biome-ignore format: one line a case

test("80000170: another account's project", async () => {
  expect(await refused(withMetadata({ project: otherProject }))).toMatchObject({
    status: 400,
    code: 80000170,
  });
});

test('80000160: more than the space has left', async () => {
  const numbers = { characterSet: 'N', length: 8, quantity: 20_000 };
  const body = { ...GOOD, metadata: { identifierKey: 'few' }, idGeneration: numbers };
  await order(api, body);
  await api.database.pool.query('UPDATE pool SET next_index = 99990000 WHERE next_index = 20000');
  const { error, ...rest } = await refused(body);
  expect(rest).toEqual({ status: 400, code: 80000160 });
  expect(error).toContain('10000 are left');
});

describe('80000090: targetAccount is not allowed', () => {
  test.each<[string, As, string]>([
    ["another's account", 'operator', OTHER_ACCOUNT_ID],
    ['an account that is not there', 'admin', '0a0b0c0d-1111-4222-8333-999999999999'],
    ['any text', 'admin', 'mine'],
  ])('%s', async (_name, as, targetAccount) => {
    expect(await refused(withMetadata({ targetAccount }), { as })).toMatchObject({
      status: 403,
      code: 80000090,
    });
  });

  test('it does not tell what that account has', async () => {
    const ask = (product: string) =>
      refused(withMetadata({ targetAccount: OTHER_ACCOUNT_ID, product })).then(({ code }) => code);
    expect(await ask(OTHER_PRODUCT)).toBe(80000040);
    expect(await ask(PRODUCT)).toBe(80000090);
  });
});

test('what is wrong is told in this order: body, quantity, ids, product, project, account', async () => {
  const wrong = {
    body: { purchaseOrder: 1 },
    quantity: { idGeneration: { length: 10, quantity: 0, prefix: '\0' } },
    ids: { idGeneration: { length: 10, quantity: 1, prefix: '\0' } },
  };
  const metadata = {
    identifierKey: 'gs1:21',
    product: 'none',
    project: 'none',
    targetAccount: OTHER_ACCOUNT_ID,
  };
  const code = async (more: object, less: object = {}) =>
    (await refused({ ...GOOD, metadata: { ...metadata, ...less }, ...more })).code;
  expect(await code({ ...wrong.quantity, ...wrong.body })).toBe(80000150);
  expect(await code(wrong.quantity)).toBe(80000160);
  expect(await code(wrong.ids)).toBe(80000180);
  expect(await code({})).toBe(80000040);
  expect(await code({}, { product: PRODUCT })).toBe(80000170);
  expect(await code({}, { product: PRODUCT, project: undefined })).toBe(80000090);
});

test('a reader may not order', async () => {
  expect(await refused(GOOD, { as: 'reader' })).toEqual({ status: 403, error: expect.any(String) });
});

test('nobody knows that key', async () => {
  expect(await refused(GOOD, { as: 'nobody' })).toMatchObject({ status: 401 });
});

test.each(['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=utf-16', ''])(
  '415: the content type %j',
  async (type) => {
    const answer = await refused(GOOD, { headers: { 'content-type': type } });
    expect(answer).toEqual({ status: 415, error: expect.any(String) });
  },
);
