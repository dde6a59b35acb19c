import { once } from 'node:events';
import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { FIRST_ACCOUNT_ID } from '@codemint/db';
import { until } from '../../../tests/support/until';
import { type Api, type As, codes, OTHER_PRODUCT, PRODUCT, startApi } from './support';

let api: Api;
beforeEach(async () => {
  api = await startApi();
  const data = { domain_name: 'id.example.com', account_id: FIRST_ACCOUNT_ID };
  await api.database.prisma.domain.create({ data });
});
afterEach(() => api.close());

type Body = NonNullable<RequestInit['body']>;

interface Sending {
  as?: As;
  type?: string;
  encoding?: string;
}

async function send(
  body: Body,
  { as = 'operator', type = 'text/csv; charset=utf-8', encoding }: Sending = {},
) {
  const response = await fetch(`${api.url}/import/codes`, {
    method: 'POST',
    headers: {
      ...(as === 'nobody' ? {} : { authorization: `Bearer ${api.tokens[as]}` }),
      'content-type': type,
      ...(encoding && { 'content-encoding': encoding }),
    },
    body,
    duplex: 'half',
  } as RequestInit);
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: JSON.parse(text) };
}

const registered = () =>
  api.database.prisma.registry.findMany({
    select: { code: true, id: true, status: true, user_created: true },
    orderBy: [{ batch_id: 'asc' }, { place: 'asc' }],
  });

const CSV = `product,domain,code,id,status
${PRODUCT},,"a,""b",,
,id.example.com,short,C0DE0000-0000-4000-8000-000000000001,encoded
`;
const DATA = {
  imported: 2,
  batches: [
    { product: PRODUCT, domain: null, quantity: 1 },
    { product: null, domain: 'id.example.com', quantity: 1 },
  ],
};

test.each<[string, Body, Sending]>([
  ['CSV', CSV, {}],
  ['CSV packed with gzip', gzipSync(CSV), { encoding: 'gzip' }],
  [
    'NDJSON',
    `{"product":"${PRODUCT}","code":"a,\\"b"}
{"domain":"id.example.com","code":"short","id":"c0de0000-0000-4000-8000-000000000001","status":"encoded"}`,
    { type: 'application/x-ndjson' },
  ],
])('%s is imported', async (_name, body, sending) => {
  expect(await send(body, sending)).toMatchObject({ status: 200, body: { data: DATA } });
  const common = { user_created: api.userIds.operator };
  expect(await registered()).toEqual([
    { ...common, code: 'a,"b', id: expect.any(String), status: 'unassigned' },
    { ...common, code: 'short', id: 'c0de0000-0000-4000-8000-000000000001', status: 'encoded' },
  ]);
});

test('each refused line has its errors, and nothing is imported', async () => {
  const answer = await send(`code,product,status
good,${PRODUCT},
tea,${OTHER_PRODUCT},
a b,${PRODUCT},used
good,${PRODUCT},
`);
  expect(answer.status).toBe(400);
  const foreign = 'Invalid foreign key';
  expect(answer.body.errors).toEqual([
    {
      message: `Line 3: ${foreign} "${OTHER_PRODUCT}" for field "product" in collection "unique_code".`,
      extensions: {
        line: 3,
        collection: 'unique_code',
        field: 'product',
        value: OTHER_PRODUCT,
        code: 'INVALID_FOREIGN_KEY',
      },
    },
    {
      message: 'Line 4: Validation failed for field "code". A serial has characters of GS1\'s CSET 82 alone.',
      extensions: { line: 4, field: 'code', path: [], type: 'regex', code: 'FAILED_VALIDATION' },
    },
    {
      message: expect.stringContaining('Line 4: Validation failed for field "status".'),
      extensions: {
        line: 4,
        field: 'status',
        path: [],
        type: 'in',
        valid: ['unassigned', 'reserved', 'assigned', 'encoded'],
        code: 'FAILED_VALIDATION',
      },
    },
    {
      message:
        'Line 5: Value "good" for field "code" in collection "unique_code" has to be unique. Line 2 has it already.',
      extensions: {
        line: 5,
        collection: 'unique_code',
        field: 'code',
        value: 'good',
        code: 'RECORD_NOT_UNIQUE',
      },
    },
  ]);
  expect(await registered()).toEqual([]);
  // An administrator of the installation may import for every account.
  const lines = `code,product\ngood,${PRODUCT}\ntea,${OTHER_PRODUCT}\n`;
  expect(await send(lines, { as: 'admin' })).toMatchObject({ status: 200, body: { data: { imported: 2 } } });
});

test('of very many refused lines the first thousand are told, and how many there are', async () => {
  const { body } = await send(`code,product\n${`a b,${PRODUCT}\n`.repeat(20_000)}`);
  expect(body.errors).toHaveLength(1_001);
  expect(body.errors[999].extensions.line).toBe(1_001);
  expect(body.errors[1_000]).toEqual({
    message: 'Nothing is imported: 20000 of 20000 lines are refused. The first 1000 of them are listed.',
    extensions: { refused_lines: 20_000, code: 'FAILED_VALIDATION' },
  });
});

test('readers and strangers may not import', async () => {
  const reader = await send(CSV, { as: 'reader' });
  expect([reader.status, codes(reader)]).toEqual([403, ['FORBIDDEN']]);
  const nobody = await send(CSV, { as: 'nobody' });
  expect([nobody.status, codes(nobody)]).toEqual([403, ['FORBIDDEN']]);
  expect((await send(CSV, { as: 'stranger' })).status).toBe(400);
  expect(await registered()).toEqual([]);
});

test.each<[string, Body, Sending, RegExp]>([
  ['another content type', '{}', { type: 'application/json' }, /content type has to be one of text\/csv/],
  ['none', '', { type: '' }, /content type has to be/],
  ['another encoding', 'x', { encoding: 'br' }, /unsupported content encoding "br"/],
  ['no gzip', CSV, { encoding: 'gzip' }, /no whole gzip file/],
  ['half of a gzip file', gzipSync(CSV).subarray(0, 60), { encoding: 'gzip' }, /no whole gzip file/],
  ['no header', '', {}, /The CSV has no header/],
  ['another header', 'gtin,serial\n1,2\n', {}, /header is wrong/],
  ['an open quote', 'code,product\n"a,b\n', {}, /The CSV is wrong: .*Quote/],
  [
    'a line without end',
    `{"code":"${'x'.repeat(1_000_000)}`,
    { type: 'application/x-ndjson' },
    /more than 10000 characters/,
  ],
])('%s: 400', async (_name, body, sending, message) => {
  const answer = await send(body, sending);
  expect([answer.status, codes(answer)]).toEqual([400, ['INVALID_PAYLOAD']]);
  expect(answer.body.errors[0].message).toMatch(message);
});

test('a wrong header is answered though megabytes follow, on a connection that stays', async () => {
  const answer = await send(`kode\n${'x\n'.repeat(5_000_000)}`);
  expect([answer.status, codes(answer)]).toEqual([400, ['INVALID_PAYLOAD']]);
  expect((await send(CSV)).status).toBe(200);
});

test('a file larger than a JSON body may be comes in bit by bit', async () => {
  async function* lines() {
    yield 'product,code\n';
    for (let i = 0; i < 60_000; i++) yield `${PRODUCT},serial-${i}\n`;
  }
  const answer = await send(ReadableStream.from(lines()).pipeThrough(new TextEncoderStream()));
  expect(answer.body).toEqual({
    data: { imported: 60_000, batches: [{ product: PRODUCT, domain: null, quantity: 60_000 }] },
  });
});

test('more than 256 MB are refused, unpacked ones too', async () => {
  const blanks = gzipSync(Buffer.alloc(257 * 1024 * 1024, `${' '.repeat(5_000)}\n`));
  const answer = await send(blanks, { encoding: 'gzip', type: 'application/jsonl' });
  expect(codes(answer)).toEqual(['INVALID_PAYLOAD']);
  expect(answer.body.errors[0].extensions.reason).toBe('request entity too large');
});

/** A caller who begins to send and stops. */
function beginSending() {
  const sending = request(`${api.url}/import/codes`, {
    method: 'POST',
    headers: { authorization: `Bearer ${api.tokens.operator}`, 'content-type': 'text/csv' },
  });
  sending.on('error', () => undefined);
  sending.write(`product,code\n${PRODUCT},a\n`);
  return sending;
}

test('imports that wait for their callers do not keep others from the API; too many are sent away', async () => {
  const slow = [beginSending(), beginSending(), beginSending()];
  await until('three files come in', 10_000, async () => {
    const { rows } = await api.database.pool.query(
      `SELECT count(*)::int AS stages FROM pg_class WHERE relname = 'import_line'`,
    );
    return rows[0].stages === slow.length;
  });
  const refused = await send(CSV);
  expect([refused.status, codes(refused)]).toEqual([429, ['REQUESTS_EXCEEDED']]);
  expect(refused.headers.get('retry-after')).toBe('5');
  expect((await api.get('/items/product')).status).toBe(200);
  // One that goes away leaves nothing and makes room.
  slow[0]?.destroy();
  await until('there is room', 10_000, async () => (await send(CSV)).status === 200);
  slow[1]?.end();
  const [response] = await once(slow[1] as object as NodeJS.EventEmitter, 'response');
  expect(response.statusCode).toBe(200);
  slow[2]?.destroy();
});

test('the description tells of it', async () => {
  const { body } = await api.get('/openapi.json');
  const { post } = body.paths['/import/codes'];
  expect(Object.keys(post.requestBody.content)).toContain('text/csv');
  const jobs = body.paths['/items/identifier_job'].post;
  expect(jobs.parameters).toContainEqual(
    expect.objectContaining({ name: 'Idempotency-Key', in: 'header', required: false }),
  );
});
