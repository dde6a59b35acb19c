import { FIRST_ACCOUNT_ID } from '@codemint/db';
import { insertRows, type Row } from './queryRows';
import { type Api, codes, OTHER_ACCOUNT_ID, startApi } from './support';

let api: Api;
let rows: Row[];
beforeAll(async () => {
  api = await startApi();
  rows = await insertRows(api);
});
afterAll(() => api.close());

const search = (filter: unknown) =>
  api.request('SEARCH', '/items/identifier_job', {
    body: { query: { filter, fields: ['id'], limit: -1 } },
    as: 'admin',
  });

async function found(filter: unknown): Promise<unknown[]> {
  const { status, body } = await search(filter);
  expect([status, body.errors]).toEqual([200, undefined]);
  return body.data.map(({ id }: Row) => id);
}

/** Ids of the rows that are as they should be, sorted. */
const those = (isMeant: (row: Row) => boolean) =>
  rows
    .filter(isMeant)
    .map(({ id }) => id)
    .sort();

const year = (row: Row) => (row.date_created as Date).getUTCFullYear();

test.each<[string, unknown, (row: Row) => boolean]>([
  ['a bare value', { status: 'new' }, (row) => row.status === 'new'],
  ['a bare number', { quantity: '96' }, (row) => row.quantity === 96],
  ['a number in words', { quantity: { _eq: '1e2' } }, () => false],
  ['null as a word', { reference_id: { _eq: 'null' } }, (row) => row.reference_id === null],
  ['NULL as a word', { quantity: { _neq: 'NULL' } }, (row) => row.quantity !== null],
  ['true as a text', { reference_id: { _eq: true } }, (row) => row.reference_id === 'true'],
  ['a flag in words', { quantity: { _null: 'false' } }, (row) => row.quantity !== null],
  ['a flag without a word', { quantity: { _nnull: '' } }, (row) => row.quantity !== null],
  ['csv', { status: { _in: 'new,error' } }, (row) => row.status === 'new' || row.status === 'error'],
  ['one of csv', { quantity: { _in: '96' } }, (row) => row.quantity === 96],
  ['a number of a list', { quantity: { _in: 96 } }, (row) => row.quantity === 96],
  [
    'a list by index',
    { quantity: { _in: { 0: 96, 30: '4' } } },
    (row) => [96, 4].includes(row.quantity as number),
  ],
  [
    'the empty text of a list',
    { reference_id: { _in: ['', 'a,b'] } },
    (row) => ['', 'a,b'].includes(row.reference_id as string),
  ],
  ['null in a list', { status: { _in: [null, 'new'] } }, (row) => row.status === 'new'],
  ['null in a list of others', { status: { _nin: [null, 'new'] } }, () => false],
  [
    'csv of a range',
    { quantity: { _between: '4,50' } },
    (row) => row.quantity !== null && Number(row.quantity) >= 4 && Number(row.quantity) <= 50,
  ],
  ['half a range', { quantity: { _between: [4] } }, () => true],
  ['a range of three', { quantity: { _nbetween: [4, 5, 6] } }, () => true],
  ['more than null', { quantity: { _gt: null } }, () => false],
  ['no operator', { status: {} }, () => true],
  ['nothing', {}, () => true],
  ['an empty _or', { _or: [] }, () => true],
  ['an empty _and', { _and: [] }, () => true],
  ['an alternative that is open', { _or: [{}, { status: 'new' }] }, () => true],
  [
    'an object of alternatives',
    { _or: { 0: { status: 'new' }, 501: { status: 'error' } } },
    (row) => row.status === 'new' || row.status === 'error',
  ],
  [
    'alternatives of a field',
    { type: { _or: [{ _eq: 'sscc' }, { _eq: 'grai' }] } },
    (row) => row.type === 'sscc' || row.type === 'grai',
  ],
  [
    'all of a field',
    { quantity: { _and: [{ _gt: 4 }, { _lt: 96 }] } },
    (row) => row.quantity !== null && Number(row.quantity) > 4 && Number(row.quantity) < 96,
  ],
  ['fields together', { type: 'sscc', status: 'new' }, (row) => row.type === 'sscc' && row.status === 'new'],
  [
    'two operators',
    { quantity: { _gt: 4, _lt: 96 } },
    (row) => row.quantity !== null && Number(row.quantity) > 4 && Number(row.quantity) < 96,
  ],
  ['a function', { 'year(date_created)': { _eq: '2024' } }, (row) => year(row) === 2024],
  ['a function, bare', { 'year(date_created)': 2025 }, (row) => year(row) === 2025],
  ['a day without a time', { date_created: { _gte: '2025-01-01' } }, (row) => year(row) === 2025],
  [
    'a time in another zone',
    { date_created: { _gte: '2025-01-01T09:30:00+0930' } },
    (row) => year(row) === 2025,
  ],
  ['a time without a zone', { date_created: { _lt: '2024-01-01 00:00' } }, (row) => year(row) === 2023],
  ['now', { date_created: { _lt: '$NOW' } }, () => true],
  ['before now', { date_created: { _gt: '$NOW(-1 day)' } }, () => false],
  ['long before now', { date_created: { _gt: '$NOW(-100 years)' } }, () => true],
  [
    'an upper-case uuid',
    { account: { _eq: '0A0B0C0D-1111-4222-8333-444455556666' } },
    (row) => row.account === OTHER_ACCOUNT_ID,
  ],
  ['other than oneself', { user_created: { _neq: '$CURRENT_USER' } }, (row) => row.user_created !== null],
  [
    'a relation',
    { product: { product_name: { _eq: 'Juice' } } },
    (row) => row.product === '/01/09312345551927',
  ],
  [
    'a relation, bare',
    { account: { account_name: 'Other account' } },
    (row) => row.account === OTHER_ACCOUNT_ID,
  ],
  ['a relation that is null', { product: { id: { _null: true } } }, (row) => row.product === null],
  [
    'null in a relation',
    { product: { brand: { _null: true } } },
    (row) => row.product !== '/01/09312345551927',
  ],
  ['roles of makers', { user_created: { role: { _in: '$CURRENT_ROLES' } } }, () => false],
  ['role of makers', { user_created: { role: { _eq: '$CURRENT_ROLE' } } }, () => false],
  [
    'alternatives of a relation',
    { product: { _or: [{ product_name: 'Tea' }, { gtin: { _null: true } }] } },
    (row) => row.product !== '/01/09312345551927',
  ],
  [
    'makers of relations',
    { account: { user_created: { id: { _null: true } } } },
    (row) => row.account !== FIRST_ACCOUNT_ID,
  ],
])('%s', async (_name, filter, isMeant) => {
  expect(await found(filter)).toEqual(those(isMeant));
});

test('the caller is whom the variables speak of', async () => {
  const ask = async (filter: unknown, as: 'operator' | 'reader') => {
    const query = { filter, fields: ['id'], limit: -1 };
    const { body } = await api.request('SEARCH', '/items/identifier_job', { body: { query }, as });
    return body.data.map(({ id }: Row) => id);
  };
  for (const as of ['operator', 'reader'] as const) {
    const own = those((row) => row.user_created === api.userIds[as] && row.account !== OTHER_ACCOUNT_ID);
    expect(await ask({ user_created: '$CURRENT_USER' }, as)).toEqual(own);
    expect(await ask({ user_created: { _in: ['$CURRENT_USER'] } }, as)).toEqual(own);
  }
});

const EMPTY = 'You can\'t filter for an empty string in "_contains". Use "_empty" or "_nempty" instead';

test.each<[unknown, string]>([
  [{ id: { _contains: '01' } }, '"uuid" field type does not contain the "_contains" filter operator'],
  [{ id: { _gt: '01' } }, '"uuid" field type does not contain the "_gt" filter operator'],
  [{ quantity: { _contains: '1' } }, '"integer" field type does not contain the "_contains" filter operator'],
  [
    { sscc_start_serial: { _empty: true } },
    '"bigInteger" field type does not contain the "_empty" filter operator',
  ],
  [{ status: { _gt: 'a' } }, '"string" field type does not contain the "_gt" filter operator'],
  [
    { status: { _between: ['a', 'b'] } },
    '"string" field type does not contain the "_between" filter operator',
  ],
  [{ status: { _like: 'a' } }, '"string" field type does not contain the "_like" filter operator'],
  [{ status: { _ieq: 'a' } }, '"string" field type does not contain the "_ieq" filter operator'],
  [
    { date_created: { _starts_with: '2' } },
    '"timestamp" field type does not contain the "_starts_with" filter operator',
  ],
  [
    { 'year(date_created)': { _contains: 2 } },
    '"integer" field type does not contain the "_contains" filter operator',
  ],
  [{ 'year(quantity)': { _eq: 1 } }, 'Invalid filter key "year(quantity)" on "identifier_job"'],
  [{ 'foo(date_created)': { _eq: 1 } }, 'Invalid filter key "foo(date_created)" on "identifier_job"'],
  [{ 'count(quantity)': { _eq: 1 } }, 'Invalid filter key "count(quantity)" on "identifier_job"'],
  [{ account: { 'year(account_name)': 1 } }, 'Invalid filter key "year(account_name)" on "account"'],
  [{ _eq: 'x' }, 'Invalid filter key "_eq" on "identifier_job"'],
  [{ user_created: { role: { name: 'x' } } }, 'Invalid filter key "name" on "users"'],
  [{ status: null }, 'Invalid filter object'],
  [{ _and: null }, 'Invalid filter object'],
  [{ _or: [null] }, 'Invalid filter object'],
  [{ quantity: { _eq: 'many' } }, 'Invalid numeric value'],
  [{ 'year(date_created)': { _eq: 'x' } }, 'Invalid numeric value'],
  [{ quantity: { _in: ['4', 'x'] } }, 'Invalid numeric value'],
  [{ quantity: { _eq: 1.5 } }, 'The filter value for "_eq" has to be an integer'],
  [
    { quantity: { _lt: 99_999_999_999 } },
    'The filter value for "_lt" has to be an integer from -2147483648 to 2147483647',
  ],
  [{ quantity: { _eq: 1e300 } }, 'The filter value for "_eq" is not a valid number'],
  [{ id: { _eq: 'x' } }, 'The filter value for "_eq" has to be a uuid'],
  [{ account: { _in: 'x,y' } }, 'The filter value for "_in" has to be a uuid'],
  [{ date_created: { _eq: 'yesterday' } }, 'The filter value for "_eq" has to be a date in ISO 8601'],
  [{ date_created: { _eq: '2024-02-30' } }, 'The filter value for "_eq" has to be a date in ISO 8601'],
  [{ date_created: { _gt: 1_700_000_000 } }, 'The filter value for "_gt" has to be a date in ISO 8601'],
  [{ date_created: { _gt: '$NOW(soon)' } }, '"$NOW(soon)" is no time: write it as in "$NOW(-1 day)"'],
  [{ status: { _eq: 'a\0b' } }, 'The filter value for "_eq" has to be a string without NUL'],
  [{ status: { _contains: '' } }, EMPTY],
  [{ status: '' }, EMPTY.replace('_contains', '_eq')],
  [
    { status: { _eq: ['new', 'error'] } },
    'The filter value for "_eq" has to be a string, number, or boolean',
  ],
  [{ status: ['new', 'error'] }, 'The filter value for "_eq" has to be a string, number, or boolean'],
  [{ status: { _in: [{}] } }, 'The filter value for "_in" has to be a string, number, or boolean'],
  [{ status: { _in: [] } }, '"_in" has to be an array of values'],
  [{ quantity: { _between: [] } }, '"_between" has to be an array of values'],
  [{ status: { _null: 'x' } }, '"_null" has to be a boolean'],
  [{ status: { _empty: 1 } }, '"_empty" has to be a boolean'],
  [{ account: { _some: {} } }, '"_some" can only be used with top level relational alias field'],
])('%j is an invalid query', async (filter, reason) => {
  const { status, body } = await search(filter);
  expect(status).toBe(400);
  expect(body.errors).toEqual([
    { message: `Invalid query. ${reason}.`, extensions: { reason, code: 'INVALID_QUERY' } },
  ]);
});

test('JSON that is none is an invalid query', async () => {
  const { body } = await api.get('/items/identifier_job?filter={');
  expect(body.errors[0].extensions.reason).toBe('Invalid JSON for filter object');
});

test.each<[unknown, string]>([
  [{ nope: 1 }, 'field "nope" in collection "identifier_job" or it does not exist. Queried in root.'],
  [{ 'year(nope)': 1 }, 'field "nope" in collection "identifier_job" or it does not exist. Queried in root.'],
  [
    { constructor: 1 },
    'field "constructor" in collection "identifier_job" or it does not exist. Queried in root.',
  ],
  [
    { account: { nope: 1 } },
    'field "nope" in collection "account" or it does not exist. Queried in "account".',
  ],
  [
    { _or: [{ a: 1 }, { b: 2 }] },
    'fields "a", "b" in collection "identifier_job" or they do not exist. Queried in root.',
  ],
  [
    { account: { user_created: { nope: 1 } } },
    'field "nope" in collection "users" or it does not exist. Queried in "account.user_created".',
  ],
])('%j is forbidden', async (filter, what) => {
  const { status, body } = await search(filter);
  expect(status).toBe(403);
  expect(body.errors[0].extensions.reason).toBe(`You don't have permission to access ${what}`);
});

test('bombs are refused in no time', async () => {
  const startMs = performance.now();
  const nested = `{"query":{"filter":${'{"_and":['.repeat(20_000)}${']}'.repeat(20_000)}}}`;
  const through = `{"query":{"filter":${'{"account":'.repeat(20_000)}1${'}'.repeat(20_000)}}}`;
  const many = {
    query: { filter: { _or: Array.from({ length: 10_000 }, (_, i) => ({ quantity: { _eq: i } })) } },
  };
  const empty = { query: { filter: { _or: Array.from({ length: 200_000 }, () => ({})) } } };
  const operators = {
    query: { filter: { _and: Array.from({ length: 5_000 }, () => ({ quantity: { _gt: 1, _lt: 2 } })) } },
  };
  const paths = { query: { fields: Array.from({ length: 50_000 }, (_, i) => `account.a${i}`).join() } };
  const sorts = { query: { sort: Array.from({ length: 50_000 }, (_, i) => `quantity${i}`) } };
  const deepFields = { query: { fields: `${'account.'.repeat(100_000)}id` } };
  const bodies = [nested, through, many, empty, operators, paths, sorts, deepFields];
  for (const body of bodies) {
    const answer = await api.request('SEARCH', '/items/identifier_job', { body, as: 'operator' });
    expect([400, 403]).toContain(answer.status);
  }
  expect(performance.now() - startMs).toBeLessThan(bodies.length * 250);
  const url = await api.get(`/items/identifier_job?filter${'[_and][0]'.repeat(400)}[status]=new`);
  expect(codes(url)).toHaveLength(1);
});

test('a list may be as long as a body', async () => {
  const ids = [
    ...rows.map(({ id }) => id),
    ...Array.from({ length: 20_000 }, (_, i) => `00000000-0000-4000-9000-${String(i).padStart(12, '0')}`),
  ];
  expect(await found({ id: { _in: ids } })).toEqual(those(() => true));
  expect(await found({ id: { _nin: ids } })).toEqual([]);
});
