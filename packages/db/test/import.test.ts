import { codeId } from '@codemint/shared';
import { createAccount, FIRST_ACCOUNT_ID } from '../src';
import { importLines, refusalsOf, refusedBy } from './importSupport';
import {
  allotmentState,
  cipherOf,
  codesAt,
  order,
  ringOf,
  runToTheEnd,
  storedCodes,
  useProduct,
} from './support';

const ring = ringOf(1);
const DOMAIN = 'id.example.com';
const DOMAIN_ID = '0d000000-0000-4000-8000-000000000001';
const CRATE = '/8003/09312345551927';
const ID = 'c0de0000-0000-4000-8000-000000000001';
const { installation, namespace } = useProduct('test');
let product: string;

beforeEach(async () => {
  const { database } = installation;
  product = `/01/${namespace.key}`;
  await database.prisma.product.create({ data: { id: CRATE, account_id: FIRST_ACCOUNT_ID } });
  await database.prisma.domain.create({
    data: { id: DOMAIN_ID, domain_name: DOMAIN, account_id: FIRST_ACCOUNT_ID },
  });
});

type Lines = Parameters<typeof importLines>[2];
const bring = (lines: Lines, more?: Parameters<typeof importLines>[3]) =>
  importLines(installation.database, ring, lines, more);

async function registry() {
  const { rows } = await installation.database.pool.query(
    `SELECT n.kind, n.key, r.code, r.batch_id, r.place, r.id, r.status, r.user_created, r.date_created
       FROM registry r JOIN namespace n ON n.id = r.namespace_id ORDER BY n.kind, n.key, r.place`,
  );
  return rows;
}

test('codes of several products and domains become a complete batch each, in the order of the file', async () => {
  const userId = '11110000-0000-4000-8000-000000000001';
  const answer = await bring(
    [
      { product, code: 'B-2', id: ID.toUpperCase(), status: 'encoded' },
      { domain: DOMAIN, code: 'Ab.c_~-9' },
      { product, code: 'A-1' },
      { product: CRATE, code: '"%&/<>?' },
      { domain: DOMAIN_ID, code: 'second' },
    ],
    { userId },
  );
  expect(answer).toEqual({
    imported: 5,
    batches: [
      { product, domain: null, quantity: 2 },
      { product: null, domain: DOMAIN, quantity: 2 },
      { product: CRATE, domain: null, quantity: 1 },
    ],
  });
  const rows = await registry();
  expect(rows.map(({ kind, key, code, place, status }) => [kind, key, code, place, status])).toEqual([
    ['grai', '9312345551927', '"%&/<>?', 0, 'unassigned'],
    ['sgtin', namespace.key, 'B-2', 0, 'encoded'],
    ['sgtin', namespace.key, 'A-1', 1, 'unassigned'],
    ['short_code', DOMAIN, 'Ab.c_~-9', 0, 'unassigned'],
    ['short_code', DOMAIN, 'second', 1, 'unassigned'],
  ]);
  expect(rows[1]).toMatchObject({ id: ID, user_created: userId, date_created: expect.any(Date) });
  const { rows: batches } = await installation.database.pool.query(
    `SELECT b.account_id, b.pool_id, b.quantity, b.quantity_created, b.open_slices, b.status, b.link_host,
            b.date_completed IS NOT NULL AS completed, n.kind
       FROM batch b JOIN namespace n ON n.id = b.namespace_id ORDER BY n.kind`,
  );
  const common = { account_id: FIRST_ACCOUNT_ID, pool_id: null, open_slices: 0, status: 'complete' };
  expect(batches).toEqual(
    [
      ['grai', 1],
      ['sgtin', 2],
      ['short_code', 2],
    ].map(([kind, quantity]) => ({
      ...common,
      kind,
      quantity,
      quantity_created: quantity,
      link_host: DOMAIN,
      completed: true,
    })),
  );
});

test('jobs of every pool that could make an imported code pass over it', async () => {
  const cipher = cipherOf(namespace);
  const imported = codesAt(cipher, [1, 3, 4]);
  await bring(imported.map((code) => ({ product, code })));
  const job = await order(installation.database, ring, namespace, { quantity: 5 });
  await runToTheEnd(installation.database, ring, job.sliceJobs);
  expect(await storedCodes(installation.database.pool, job.batchId)).toEqual(
    codesAt(cipher, [0, 2, 5, 6, 7]),
  );
});

test.each([
  [{}, 'product', 'Either a product or a domain is required.'],
  [{ product: 'P', domain: DOMAIN }, 'product', 'Either a product or a domain is required.'],
  [
    { product: '/01/00000000000000' },
    'product',
    'Invalid foreign key "/01/00000000000000" for field "product" in collection "unique_code".',
  ],
  [
    { product: 'nul\0' },
    'product',
    'Invalid foreign key "nul\0" for field "product" in collection "unique_code".',
  ],
  [
    { domain: 'no such/host' },
    'domain',
    'Invalid foreign key "no such/host" for field "domain" in collection "unique_code".',
  ],
  [{ domain: ID }, 'domain', `Invalid foreign key "${ID}" for field "domain" in collection "unique_code".`],
  [{ product: 'P', code: '' }, 'code', 'Value is required.'],
  [{ product: 'P', code: 'a b' }, 'code', "A serial has characters of GS1's CSET 82 alone."],
  [{ product: 'P', code: 'Ä' }, 'code', "A serial has characters of GS1's CSET 82 alone."],
  [{ product: 'P', code: 'x'.repeat(21) }, 'code', 'Value has to have at most 20 characters.'],
  [{ product: CRATE, code: 'x'.repeat(17) }, 'code', 'Value has to have at most 16 characters.'],
  [{ domain: DOMAIN, code: 'a/b' }, 'code', 'A short code has letters, digits and "-._~" alone.'],
  [{ domain: DOMAIN, code: 'x'.repeat(21) }, 'code', 'Value has to have at most 20 characters.'],
  [{ domain: DOMAIN, code: '..' }, 'code', '".." is no short code.'],
  [{ product: 'P', id: '12' }, 'id', 'Value has to be a uuid.'],
  [{ product: 'P', id: codeId(7n, 3) }, 'id', 'Such ids, of version 8, are those of codes made here.'],
  [
    { product: 'P', status: 'used' },
    'status',
    'Value has to be one of "unassigned", "reserved", "assigned", "encoded".',
  ],
])('%j is refused, and the whole file with it', async (given, field, message) => {
  const wrong = {
    code: 'good',
    ...given,
    ...('product' in given && given.product === 'P' ? { product } : {}),
  };
  const before = await allotmentState(installation.database.pool);
  const lines = [{ product, code: 'first' }, wrong, { product, code: 'last' }];
  expect(await refusalsOf(bring(lines))).toEqual([`2 ${field} ${message}`]);
  expect(await allotmentState(installation.database.pool)).toEqual(before);
});

test('a product that has neither GTIN nor GRAI has no serials', async () => {
  await installation.database.prisma.product.create({ data: { id: 'thing', account_id: FIRST_ACCOUNT_ID } });
  expect(await refusalsOf(bring([{ product: 'thing', code: 'a' }]))).toEqual([
    '1 product It has neither a GTIN nor a GRAI: it has no serials.',
  ]);
});

test('the longest codes are taken', async () => {
  const { imported } = await bring([
    { product, code: 'x'.repeat(20) },
    { product: CRATE, code: 'x'.repeat(16) },
    { domain: DOMAIN, code: 'x'.repeat(20) },
  ]);
  expect(imported).toBe(3);
});

test("another account's products and domains are refused like unknown ones", async () => {
  const { account } = await createAccount(installation.database, { name: 'Other' });
  const lines = [
    { product, code: 'a' },
    { domain: DOMAIN, code: 'a' },
  ];
  expect(await refusalsOf(bring(lines, { accountId: account.id }))).toEqual([
    `1 product Invalid foreign key "${product}" for field "product" in collection "unique_code".`,
    `2 domain Invalid foreign key "${DOMAIN}" for field "domain" in collection "unique_code".`,
  ]);
  expect(await bring(lines, { accountId: FIRST_ACCOUNT_ID })).toMatchObject({ imported: 2 });
});

test('codes given out or registered, ids that are taken and twins are refused, for all reasons at once', async () => {
  const cipher = cipherOf(namespace);
  await order(installation.database, ring, namespace, { quantity: 10 });
  await bring([{ product, code: 'old', id: ID }]);
  const [given, notYet] = codesAt(cipher, [9, 10]) as [string, string];
  const before = await allotmentState(installation.database.pool);
  const unique = (field: string, value: string) =>
    `${field} Value "${value}" for field "${field}" in collection "unique_code" has to be unique.`;
  const other = ID.replace(/1$/, '2');
  expect(
    await refusalsOf(
      bring([
        { product, code: given },
        { product, code: notYet },
        { product, code: 'old' },
        { product, code: 'twin' },
        { product, code: 'bad one' },
        { product, code: 'twin', id: ID },
        { domain: DOMAIN, code: 'old', id: other },
        { domain: DOMAIN, code: 'twin', id: other.toUpperCase() },
      ]),
    ),
  ).toEqual([
    `1 ${unique('code', given)} It was given out here.`,
    `3 ${unique('code', 'old')} It came in from elsewhere before.`,
    "5 code A serial has characters of GS1's CSET 82 alone.",
    `6 ${unique('id', ID)} Another code has it.`,
    `6 ${unique('code', 'twin')} Line 4 has it already.`,
    `8 ${unique('id', other)} Line 7 has it already.`,
  ]);
  expect(await allotmentState(installation.database.pool)).toEqual(before);
});

test('of many refused lines the first thousand are told, and how many there are', async () => {
  const lines = Array.from({ length: 12_000 }, (_, i) =>
    i % 2 ? { product, code: 'wrong one' } : { product, code: `twin${i % 4}` },
  );
  const error = await refusedBy(bring(lines));
  expect(error.count).toBe(11_998);
  expect(error.lines).toBe(12_000);
  expect(error.refused.map(({ line }) => line)).toEqual([2, ...Array.from({ length: 999 }, (_, i) => i + 4)]);
});

test('an empty file imports nothing', async () => {
  expect(await bring([])).toEqual({ imported: 0, batches: [] });
});

test('a file of more lines than are handled at a time keeps its order', async () => {
  const codes = Array.from({ length: 25_001 }, (_, i) => `c${(i * 7919) % 25_001}`);
  const seen: string[] = [];
  await bring(
    codes.map((code) => ({ product, code })),
    { onProgress: ({ step, lines }) => seen.push(`${step} ${lines}`) },
  );
  expect((await registry()).map(({ code }) => code)).toEqual(codes);
  expect(seen).toEqual(
    ['read', 'imported'].flatMap((step) => [10_000, 20_000, 25_001].map((lines) => `${step} ${lines}`)),
  );
});

test('a file that breaks off imports nothing, and its connection serves the next import', async () => {
  async function* breaking() {
    yield { line: 1, product, code: 'a' };
    throw new Error('broken off');
  }
  for (let i = 0; i < 12; i++) {
    await expect(bring([], { lines: breaking() })).rejects.toThrow('broken off');
  }
  expect(await registry()).toEqual([]);
  expect(await bring([{ product, code: 'a' }])).toMatchObject({ imported: 1 });
});
