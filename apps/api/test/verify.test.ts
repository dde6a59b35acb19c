import { FIRST_ACCOUNT_ID, inTransaction, ownersOf, setRegisteredStatus } from '@codemint/db';
import { escapeLinkValue } from '@codemint/shared';
import {
  acceptJob,
  CURRENT_RING,
  generated,
  type ImportedCode,
  importSome,
  makeJob,
  makeOrder,
  makeSliceOf,
  setStatus,
  storedCodes,
  TWO_KEYS,
} from './codesSupport';
import {
  type Answer,
  type Api,
  ASSET,
  type As,
  codes,
  OTHER_ACCOUNT_ID,
  OTHER_PRODUCT,
  PRODUCT,
  startApi,
  wrongFields,
} from './support';

const GTIN = '09312345551927';
const DOMAIN = 'tn.example';
const FNC1 = '\x1D';
let api: Api;
let domainId: string;

beforeAll(async () => {
  api = await startApi({ settings: TWO_KEYS });
  const domain = await api.post('/items/domain', { domain_name: DOMAIN });
  domainId = domain.body.data.id;
});

afterAll(() => api.close());

/** The answers on some codes. */
async function verify(list: readonly string[], subject: object = {}, as: As = 'reader') {
  const answer = await api.post('/verify', { codes: list, ...subject }, as);
  expect(answer).toMatchObject({ status: 200 });
  return answer.body.data;
}

const line = (product: string, code: string) => ({ product, code }) as ImportedCode;

const post = (body: unknown, as: As = 'reader'): Promise<Answer> => api.post('/verify', body, as);

async function batchOf(job: string): Promise<bigint> {
  const { rows } = await api.database.pool.query('SELECT batch_id FROM identifier_job WHERE id = $1', [job]);
  return rows[0].batch_id;
}

test('codes of a job by product, as element string and as link', async () => {
  const job = await makeJob(api, { quantity: 120 });
  const [code = '', other = ''] = await storedCodes(api, job);
  const { body } = await api.get(`/items/identifier_job/${job}?fields=date_created`);
  const told = {
    issued: true,
    type: 'sgtin',
    product: PRODUCT,
    domain: null,
    serial: code,
    identifier_job: job,
    order: null,
    date_created: body.data.date_created,
    status: 'unassigned',
  };
  for (const product of [PRODUCT, GTIN, GTIN.slice(1)]) {
    expect(await verify([code, '00000000', other, code], { product })).toEqual([
      { ...told, code },
      { code: '00000000', issued: false },
      { ...told, code: other, serial: other },
      { ...told, code },
    ]);
  }
  const written = [
    `(01)${GTIN}(21)${code}`,
    `01${GTIN}21${code}`,
    `]d201${GTIN}1728123110LOT${FNC1}21${code}`,
    `https://id.gs1.org/01/${GTIN}/10/LOT/21/${escapeLinkValue(code)}?17=281231`,
    `/01/${GTIN}/21/${code}`,
  ];
  expect(await verify(written)).toEqual(written.map((one) => ({ ...told, code: one })));
  expect(await verify(written, { product: PRODUCT })).toEqual(written.map((one) => ({ ...told, code: one })));
  expect(await verify(written, { domain: DOMAIN })).toEqual(written.map((one) => ({ ...told, code: one })));
  expect(await verify([code])).toEqual([{ ...told, code }]);
});

test('returnable assets, logistic units, short codes', async () => {
  const asset = await makeJob(api, { type: 'grai', product: ASSET, quantity: 3 });
  const unit = await makeJob(api, { type: 'sscc', product: null, ssccCompanyPrefix: '9521234', quantity: 3 });
  const short = await makeJob(api, {
    type: 'short_code',
    product: null,
    domainId,
    domainName: DOMAIN,
    quantity: 3,
  });
  const firstCode = async (job: typeof asset) => (await storedCodes(api, job))[0] as string;
  const [crate, sscc, link] = [await firstCode(asset), await firstCode(unit), await firstCode(short)];
  const [a, u, s] = [
    { issued: true, type: 'grai', product: ASSET, domain: null, serial: crate, identifier_job: asset },
    { issued: true, type: 'sscc', product: null, domain: null, serial: sscc, identifier_job: unit },
    { issued: true, type: 'short_code', product: null, domain: DOMAIN, serial: link, identifier_job: short },
  ];
  const mixed = [
    `/8003/09312345551927${crate}`,
    `(8003)09312345551927${crate}`,
    `(00)${sscc}`,
    `00${sscc}`,
    `https://x.example/00/${sscc}`,
    `https://TN.example/${link}`,
  ];
  expect(await verify(mixed)).toMatchObject([a, a, u, u, u, s]);
  expect(await verify([crate], { product: ASSET })).toMatchObject([a]);
  expect(await verify([sscc, `00${sscc}`], { sscc_company_prefix: '952123' })).toMatchObject([u, u]);
  for (const domain of [DOMAIN, 'TN.Example', domainId]) {
    expect(await verify([link], { domain })).toMatchObject([s]);
  }
  expect(await verify([sscc])).toMatchObject([u]);
  expect(await verify([link])).toMatchObject([s]);
  expect(await verify([sscc], { sscc_company_prefix: '4012345' })).toEqual([
    { code: sscc, issued: false, error: 'It is no SSCC of the company prefix "4012345".' },
  ]);
});

test('codes and short ids of ADI orders, generated and supplied', async () => {
  const made = await makeOrder(api, {
    codes: generated({ prefix: 'A-', quantity: 5 }),
    short: { domain: DOMAIN, defaultRedirectUrl: 'https://example.com/{shortId}' },
  });
  const supplied = await makeOrder(api, { codes: { kind: 'supplied', ids: ['MINE-1', 'MINE-2'] } });
  const { rows } = await api.database.pool.query<{ batch_id: bigint; code: string }>(
    'SELECT batch_id, code FROM issued_code WHERE batch_id = ANY ($1)',
    [[made.batchId, made.shortBatchId]],
  );
  const code = rows.find((row) => row.batch_id === made.batchId)?.code as string;
  const short = rows.find((row) => row.batch_id === made.shortBatchId)?.code as string;
  expect(await verify([code, 'MINE-2', 'MINE-3'], { product: PRODUCT })).toMatchObject([
    { issued: true, type: 'sgtin', product: PRODUCT, identifier_job: null, order: made.id, serial: code },
    { issued: true, order: supplied.id, identifier_job: null, date_created: expect.stringMatching(/^20/) },
    { code: 'MINE-3', issued: false },
  ]);
  expect(await verify([`https://${DOMAIN}/${short}`])).toMatchObject([
    { issued: true, type: 'short_code', domain: DOMAIN, order: made.id, identifier_job: null },
  ]);
  expect(await verify(['MINE-1'])).toMatchObject([{ issued: true, order: supplied.id }]);
});

test('of statuses the present one is told', async () => {
  const job = await makeJob(api, { quantity: 60 });
  const made = await storedCodes(api, job);
  const batch = await batchOf(job);
  const places = await ownersOf(api.database.pool, CURRENT_RING, { kind: 'sgtin', key: GTIN }, made);
  await setStatus(api, batch, [places[3]?.place as number], 'assigned');
  await setStatus(api, batch, [places[50]?.place as number], 'encoded');
  await importSome(api, [
    { product: PRODUCT, domain: null, code: 'GIVEN-1', id: null, status: 'unassigned' } as never,
  ]);
  const [owner] = await ownersOf(api.database.pool, CURRENT_RING, { kind: 'sgtin', key: GTIN }, ['GIVEN-1']);
  await inTransaction(api.database.pool, (client) =>
    setRegisteredStatus(client, owner?.batchId as bigint, [owner?.place as number], 'encoded'),
  );
  const asked = [made[2], made[3], made[50], 'GIVEN-1'] as string[];
  const told = await verify(asked, { product: PRODUCT });
  expect(told.map(({ status }: { status: string }) => status)).toEqual([
    'unassigned',
    'assigned',
    'encoded',
    'encoded',
  ]);
  expect(told[3]).toMatchObject({ identifier_job: null, order: null, product: PRODUCT, type: 'sgtin' });
});

test('what is not made yet, of a deleted job or of another account was not issued', async () => {
  const { id, slices } = await acceptJob(api, { quantity: 200, length: 9 });
  await makeSliceOf(api, slices[0]);
  const made = await storedCodes(api, id);
  const deleted = await makeJob(api, { quantity: 2, length: 10 });
  const gone = await storedCodes(api, deleted);
  expect((await api.request('DELETE', `/items/identifier_job/${deleted}`)).status).toBe(204);
  const foreign = await makeJob(api, { accountId: OTHER_ACCOUNT_ID, product: OTHER_PRODUCT, quantity: 2 });
  const [hidden = ''] = await storedCodes(api, foreign);
  expect(await verify([made[0] as string, ...gone], { product: PRODUCT })).toEqual([
    expect.objectContaining({ issued: true, identifier_job: id }),
    ...gone.map((code) => ({ code, issued: false })),
  ]);
  const link = `${OTHER_PRODUCT}/21/${hidden}`;
  for (const as of ['operator', 'reader'] as const) {
    expect(await verify([link], {}, as)).toEqual([{ code: link, issued: false }]);
    expect(await verify([hidden], { product: OTHER_PRODUCT }, as)).toEqual([{ code: hidden, issued: false }]);
    expect(await verify([hidden], {}, as)).toEqual([{ code: hidden, issued: false }]);
  }
  for (const as of ['stranger', 'admin'] as const) {
    expect(await verify([link], {}, as)).toMatchObject([{ issued: true, identifier_job: foreign }]);
    expect(await verify([hidden], {}, as)).toMatchObject([{ issued: true, identifier_job: foreign }]);
  }
});

test('what cannot be read says which rule it breaks; that does not depend on what was issued', async () => {
  const list = [
    '(01)09312345551928(21)AB',
    `01${GTIN}`,
    '/01/09312345551928/21/A',
    'https://id.gs1.org/a/b',
    'https://127.0.0.1/abc',
    'https://tn.example/ab$',
    '(00)106141412345678907',
    'x'.repeat(9_000),
  ];
  const errors = [
    'The check digit of "09312345551928" has to be "7".',
    'It has no serial (AI 21) besides the GTIN.',
    'The check digit of "09312345551928" has to be "7".',
    'The link is neither a GS1 Digital Link of an item nor a short link.',
    'The host of the link is no host name.',
    'A short code has 1 to 20 letters, digits and "-._~".',
    'The check digit of "106141412345678907" has to be "8".',
    'A code has at most 8000 characters.',
  ];
  expect(await verify(list)).toEqual(list.map((code, i) => ({ code, issued: false, error: errors[i] })));
  const serials = ['', 'a b', 'x'.repeat(21), 'ä', 'a\0b'];
  const rule = "A serial has 1 to 20 characters of GS1's character set 82.";
  expect(await verify(serials, { product: PRODUCT })).toEqual(
    serials.map((code) => ({ code, issued: false, error: rule })),
  );
  for (const code of ['', 'a\0b', '\ud800', 'x'.repeat(257)]) {
    expect(await verify([code])).toEqual([
      { code: expect.any(String), issued: false, error: 'A code has 1 to 256 printable characters.' },
    ]);
  }
});

test('a blank at the start or end is what is told, where it is the reason', async () => {
  const error = 'It has a blank at its start or end: send it without.';
  const link = `https://${DOMAIN}/abcdef`;
  const named = ['abc ', '\tabc', 'abc\r\n', `(01)${GTIN}(21)abc `, ` ${PRODUCT}/21/abc`, `${link} `];
  expect(await verify(named, { product: PRODUCT })).toEqual(
    named.map((code) => ({ code, issued: false, error })),
  );
  const unnamed = [` (01)${GTIN}(21)abc`, `\u00a0${PRODUCT}/21/abc`, `${link} `];
  expect(await verify(unnamed)).toEqual(unnamed.map((code) => ({ code, issued: false, error })));
  expect(await verify([' abc'], { domain: DOMAIN })).toEqual([{ code: ' abc', issued: false, error }]);
  expect(await verify([' abc'])).toEqual([{ code: ' abc', issued: false, error }]);
  const wrong = [' a b', ` ${'x'.repeat(21)}`, ' '];
  expect(await verify(wrong, { product: PRODUCT })).toEqual(
    wrong.map((code) => ({ code, issued: false, error: expect.stringContaining('character set 82') })),
  );
});

test('what may be a bare serial is one, unless it is an element string of its product', async () => {
  const likeSscc = '00106141412345678908';
  const other = '0100012345678905211A';
  const marked = '(99)X';
  await importSome(
    api,
    [likeSscc, other, marked].map((code) => ({ product: PRODUCT, code }) as never),
  );
  for (const code of [likeSscc, other, marked]) {
    expect(await verify([code], { product: PRODUCT })).toMatchObject([{ issued: true, serial: code }]);
  }
  expect(await verify([likeSscc, other])).toEqual([likeSscc, other].map((code) => ({ code, issued: false })));
});

test('a bare code that nothing says what it is of has to be alone, and of one product', async () => {
  const answer = await post({ codes: ['/01/09312345551927/21/A', '12345678'] });
  expect([answer.status, codes(answer)]).toEqual([400, ['INVALID_PAYLOAD']]);
  expect(answer.body.errors[0].message).toContain('"codes[1]"');
  expect(answer.body.errors[0].message).toContain('"product", "domain" or "sscc_company_prefix"');
  expect(await verify(['12345678'])).toEqual([{ code: '12345678', issued: false }]);
  await importSome(api, [line(PRODUCT, 'TWICE'), line(ASSET, 'TWICE')]);
  const twice = await post({ codes: ['TWICE'] });
  expect([twice.status, codes(twice)]).toEqual([400, ['INVALID_PAYLOAD']]);
  expect(await verify(['TWICE'], { product: ASSET })).toMatchObject([{ issued: true, type: 'grai' }]);
});

test('an asset with a GTIN has the serials of both', async () => {
  const id = '/8003/00614141123452';
  const { pool } = api.database;
  await pool.query('INSERT INTO product (id, gtin, account_id) VALUES ($1, $2, $3)', [
    id,
    '09520123456788',
    FIRST_ACCOUNT_ID,
  ]);
  const order = await makeOrder(api, {
    product: { id, gtin: '09520123456788' },
    codes: { kind: 'supplied', ids: ['OF-GTIN-17-CHARAC'] },
  });
  const job = await makeJob(api, { type: 'grai', product: id, quantity: 1 });
  const [code = ''] = await storedCodes(api, job);
  expect(await verify(['OF-GTIN-17-CHARAC', code], { product: id })).toMatchObject([
    { issued: true, order: order.id, product: id, type: 'sgtin' },
    { issued: true, identifier_job: job, type: 'grai' },
  ]);
});

describe('refused requests', () => {
  test.each([
    ['no codes', {}, 'INVALID_PAYLOAD'],
    ['an empty list', { codes: [] }, 'INVALID_PAYLOAD'],
    ['too many codes', { codes: new Array(10_001).fill('x'), product: PRODUCT }, 'INVALID_PAYLOAD'],
    ['a number', { codes: [12345678], product: PRODUCT }, 'INVALID_PAYLOAD'],
    ['no object', [], 'INVALID_PAYLOAD'],
    ['two subjects', { codes: ['a'], product: PRODUCT, domain: DOMAIN }, 'INVALID_PAYLOAD'],
    [
      'a wrong check digit of the product',
      { codes: ['a'], product: '/01/09312345551928' },
      'FAILED_VALIDATION',
    ],
    ['a GTIN of nine digits', { codes: ['a'], product: '123456789' }, 'FAILED_VALIDATION'],
    ['an unknown product', { codes: ['a'], product: 'juice\0' }, 'INVALID_FOREIGN_KEY'],
    ['an unknown domain', { codes: ['a'], domain: OTHER_ACCOUNT_ID }, 'INVALID_FOREIGN_KEY'],
    ['no host name', { codes: ['a'], domain: 'a/b' }, 'FAILED_VALIDATION'],
    ['a short prefix', { codes: ['a'], sscc_company_prefix: '123' }, 'FAILED_VALIDATION'],
    ['a body too large', { codes: ['x'.repeat(4_200_000)] }, 'INVALID_PAYLOAD'],
  ])('%s', async (_, body, code) => {
    const answer = await post(body);
    expect([answer.status, codes(answer)]).toEqual([400, [code]]);
  });

  test.each<[string, unknown, string]>([
    ['no codes', {}, '"codes" is required'],
    ['null', { codes: null }, '"codes" has to be a list'],
    ['one code alone', { codes: 'abc' }, '"codes" has to be a list'],
    ['an empty list', { codes: [] }, '"codes" has to have at least 1 item, 0 are given'],
    ['too many', { codes: new Array(10_001).fill('x') }, '"codes" has to have at most 10000 items, 10001 are given'],
    ['a number', { codes: ['a', 12345678], product: 7 }, '"codes[1]" has to be a string, "product" has to be a string'],
    ['many numbers', { codes: [1, 2, 3, 4, 5, 6] }, `${[0, 1, 2, 3, 4].map((i) => `"codes[${i}]" has to be a string`).join(', ')}, and 1 more`],
    ['a list', [], 'The body has to be an object'],
    ['nothing', undefined, 'The body has to be an object'],
  ])('%s: the message says it in words', async (_, body, words) => {
    expect((await post(body)).body.errors[0].message).toBe(`Invalid payload. ${words}.`);
  }); // biome-ignore format: a table

  test('a field is named', async () => {
    expect(wrongFields(await post({ codes: ['a'], product: '12345670' + '1' }))).toEqual(['product']);
  });

  test('without a token', async () => {
    expect((await post({ codes: ['a'] }, 'nobody')).status).toBe(401);
  });
});

test('10,000 long links are answered in one request', async () => {
  const tail = `?linkType=${'x'.repeat(250)}`;
  const list = Array.from(
    { length: 10_000 },
    (_, i) => `https://id.gs1.org/01/${GTIN}/10/LOT/21/%2F${i}${tail}`,
  );
  const told = await verify(list, {}, 'stranger');
  expect(told).toHaveLength(10_000);
  expect(told.at(-1)).toEqual({ code: list.at(-1), issued: false });
});

test('codes of more than 1,000 products and domains are too many at once', async () => {
  const { pool } = api.database;
  await pool.query(
    `INSERT INTO namespace (kind, key) SELECT 'short_code', 'd' || i || '.example' FROM generate_series(0, 1000) AS i`,
  );
  const links = Array.from({ length: 1_001 }, (_, i) => `https://d${i}.example/abcdefgh`);
  const answer = await post({ codes: links }, 'admin');
  expect([answer.status, codes(answer)]).toEqual([400, ['INVALID_PAYLOAD']]);
  expect(await verify(links.slice(1), {}, 'admin')).toHaveLength(1_000);
});

describe('misses', () => {
  let own: Api;
  beforeEach(async () => {
    own = await startApi({ settings: TWO_KEYS });
  });
  afterEach(() => own.close());

  const guesses = Array.from({ length: 10_000 }, (_, i) => String(i).padStart(12, '0'));
  const guess = (as: As, count = 10_000) =>
    own.post('/verify', { codes: guesses.slice(0, count), product: PRODUCT }, as);

  test('an account that misses too often is told nothing for the rest of the hour, others are', async () => {
    const job = await makeJob(own, { quantity: 3 });
    const hits = await storedCodes(own, job);
    for (let i = 0; i < 9; i++) expect((await guess(i % 2 ? 'operator' : 'reader')).status).toBe(200);
    expect((await guess('reader', 9_999)).status).toBe(200);
    // One is left: the request that passes the limit is answered.
    expect((await guess('operator')).status).toBe(200);
    for (const body of [
      { codes: hits, product: PRODUCT },
      { codes: ['!'] },
      { codes: guesses, product: PRODUCT },
    ]) {
      const refused = await own.post('/verify', body, 'operator');
      expect([refused.status, codes(refused)]).toEqual([429, ['REQUESTS_EXCEEDED']]);
      const wait = Number(refused.headers.get('retry-after'));
      expect(wait).toBeGreaterThan(3_000);
      expect(wait).toBeLessThanOrEqual(3_600);
    }
    expect((await own.post('/verify', { codes: hits, product: PRODUCT }, 'admin')).status).toBe(200);
    expect((await guess('stranger', 5)).status).toBe(200);
  });

  test('hits and unreadable codes do not count', async () => {
    const job = await makeJob(own, { quantity: 1 });
    const [hit = ''] = await storedCodes(own, job);
    const body = { codes: new Array(5_000).fill([hit, 'not readable']).flat(), product: PRODUCT };
    for (let i = 0; i < 12; i++) expect((await own.post('/verify', body, 'reader')).status).toBe(200);
  });

  test('of many requests at a time one passes the limit', async () => {
    const answers = await Promise.all(Array.from({ length: 14 }, () => guess('operator')));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(10);
  });
});
