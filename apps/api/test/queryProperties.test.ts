import { FIRST_ACCOUNT_ID } from '@codemint/db';
import fc from 'fast-check';
import { type Asked, type AskedSort, aggregate, isFound, meets, sortRows, valueAt } from './queryReference';
import { DOMAIN, insertRows, type Row } from './queryRows';
import { type Api, OTHER_ACCOUNT_ID, PRODUCT, startApi } from './support';

let api: Api;
let rows: Row[];

beforeAll(async () => {
  api = await startApi();
  rows = await insertRows(api);
});
afterAll(() => api.close());

const NUM_RUNS = 400;
const AS = ['admin', 'operator', 'stranger'] as const;

function visibleTo(as: (typeof AS)[number]): Row[] {
  if (as === 'admin') return rows;
  const account = as === 'operator' ? FIRST_ACCOUNT_ID : OTHER_ACCOUNT_ID;
  return rows.filter((row) => row.account === account);
}

const TEXT_PATHS = [
  'reference_id',
  'type',
  'status',
  'product',
  'error_message',
  'product.brand',
  'account.account_name',
  'domain.domain_name',
];
const INTEGER_PATHS = ['quantity', 'length', 'quantity_created', 'sscc_extension_digit', 'sscc_start_serial'];
const FUNCTION_PATHS = ['year', 'month', 'week', 'day', 'weekday', 'hour', 'minute', 'second'].flatMap(
  (fn) => [`${fn}(date_created)`, `${fn}(date_updated)`],
);
const DATE_PATHS = ['date_created', 'date_updated'];
const UUID_PATHS = ['id', 'account', 'domain', 'user_created'];
const ALL_PATHS = [...TEXT_PATHS, ...INTEGER_PATHS, ...FUNCTION_PATHS, ...DATE_PATHS, ...UUID_PATHS];

/** Words that stand for other values (`true`, `null`) and names of variables are left to tests of their own. */
const text = fc.oneof(
  fc.constantFrom(
    'Jon',
    'demo',
    '%',
    '_',
    '\\',
    '100%_pallet',
    'ünï',
    'ÜNÏ',
    '✓',
    'sgtin',
    'new',
    PRODUCT,
    "'",
    'a,b',
    '𝔊',
    '50%',
  ),
  fc
    .string({ unit: 'binary', minLength: 1, maxLength: 3 })
    .filter((value) => !value.includes('\0') && !value.startsWith('$')),
);
const integer = fc.oneof(
  fc.constantFrom(0, 3, 4, 7, 8, 12, 50, 96, 500, 1_000_000),
  fc.integer({ min: -2147483648, max: 2147483647 }),
);
const small = fc.oneof(fc.integer({ min: -1, max: 60 }), fc.constantFrom(2023, 2024, 2025, 59.999, 0.007));
const uuid = fc.oneof(
  fc.constantFrom(FIRST_ACCOUNT_ID, OTHER_ACCOUNT_ID, DOMAIN, '00000000-0000-4000-8000-000000000007'),
  fc.uuid(),
);
const date = fc.oneof(
  fc
    .date({ min: new Date('2022-12-01'), max: new Date('2026-01-01'), noInvalidDate: true })
    .map((value) => value.toISOString()),
  fc.constantFrom('2024-02-29T00:00:00.000Z', '2024-12-31T23:59:59.999Z', '2023-01-01T00:00:00.000Z'),
);

const EQUALITY = ['_eq', '_neq'];
const ORDER = ['_lt', '_lte', '_gt', '_gte'];
const TEXT_OPERATORS = [
  '_contains',
  '_ncontains',
  '_icontains',
  '_starts_with',
  '_nstarts_with',
  '_istarts_with',
  '_nistarts_with',
  '_ends_with',
  '_nends_with',
  '_iends_with',
  '_niends_with',
];

function conditionOn(
  paths: string[],
  value: fc.Arbitrary<unknown>,
  more: string[],
  flags: string[],
): fc.Arbitrary<Asked> {
  const path = fc.constantFrom(...paths);
  const one = fc.record({
    path,
    operator: fc.constantFrom(...EQUALITY, ...more.filter((name) => !name.includes('between'))),
    operand: value,
  });
  const some = fc.record({
    path,
    operator: fc.constantFrom('_in', '_nin'),
    operand: fc.array(value, { minLength: 1, maxLength: 4 }),
  });
  const flag = fc.record({ path, operator: fc.constantFrom(...flags), operand: fc.boolean() });
  const range = fc.record({
    path,
    operator: fc.constantFrom('_between', '_nbetween'),
    operand: fc.tuple(value, value),
  });
  return more.includes('_between') ? fc.oneof(one, some, flag, range) : fc.oneof(one, some, flag);
}

const condition = fc.oneof(
  conditionOn(TEXT_PATHS, text, TEXT_OPERATORS, ['_null', '_nnull', '_empty', '_nempty']),
  conditionOn(INTEGER_PATHS, integer, [...ORDER, '_between'], ['_null', '_nnull']),
  conditionOn(FUNCTION_PATHS, small, [...ORDER, '_between'], ['_null', '_nnull']),
  conditionOn(DATE_PATHS, date, [...ORDER, '_between'], ['_null', '_nnull', '_empty', '_nempty']),
  conditionOn(UUID_PATHS, uuid, [], ['_null', '_nnull']),
  fc.record({
    path: fc.constantFrom(...DATE_PATHS),
    operator: fc.constantFrom('_contains', '_ncontains'),
    operand: fc.constantFrom('2024', '-01-', ':59', 'Z', '%'),
  }),
);

const { filter } = fc.letrec<{ filter: Asked }>((tie) => ({
  filter: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    condition,
    fc.array(tie('filter'), { maxLength: 3 }).map((all) => ({ all })),
    fc.array(tie('filter'), { maxLength: 3 }).map((any) => ({ any })),
  ),
}));

const sort = fc
  .array(fc.record({ path: fc.constantFrom(...ALL_PATHS), descending: fc.boolean() }), { maxLength: 3 })
  .map(distinctPaths);
const search = fc.oneof(
  { weight: 3, arbitrary: fc.constant('') },
  {
    weight: 1,
    arbitrary: fc.oneof(
      text,
      fc.constantFrom(
        '96',
        '096',
        ' ',
        '1000000',
        '9007199254740991',
        '99999999999999999999',
        DOMAIN.toUpperCase(),
      ),
    ),
  },
);
const as = fc.constantFrom(...AS);

function distinctPaths(keys: AskedSort[]): AskedSort[] {
  const kept = keys.filter(({ path }, index) => keys.findIndex((key) => key.path === path) === index);
  // What follows the primary key changes nothing.
  const end = kept.findIndex(({ path }) => path === 'id');
  return end < 0 ? kept : kept.slice(0, end + 1);
}

/** The dialect's form of what is asked. */
function written(asked: Asked): Record<string, unknown> {
  if ('all' in asked) return { _and: asked.all.map(written) };
  if ('any' in asked) return { _or: asked.any.map(written) };
  const { path, operator, operand } = asked;
  const steps = path.includes('(') ? [path] : path.split('.');
  return steps.reduceRight<Record<string, unknown>>((inner, name) => ({ [name]: inner }), {
    [operator]: operand,
  });
}

const signed = ({ path, descending }: AskedSort) => (descending ? `-${path}` : path);

async function ask(query: object, who: (typeof AS)[number]) {
  const answer = await api.request('SEARCH', '/items/identifier_job', { body: { query }, as: who });
  expect([answer.status, answer.text.slice(0, 300)]).toEqual([200, expect.any(String)]);
  return answer.body;
}

test('lists are those of a plain evaluation of filter, search, sort, limit and offset', async () => {
  const pages = fc.record({
    limit: fc.oneof(fc.integer({ min: -1, max: 70 })),
    offset: fc.integer({ min: 0, max: 20 }),
  });
  await fc.assert(
    fc.asyncProperty(filter, search, sort, pages, as, async (asked, words, keys, { limit, offset }, who) => {
      const found = visibleTo(who).filter((row) => meets(row, asked) && isFound(row, words));
      const ids = sortRows(found, keys).map((row) => row.id);
      const expected = ids.slice(offset, limit === -1 ? undefined : offset + limit);
      const query = {
        filter: written(asked),
        search: words,
        sort: keys.map(signed),
        limit,
        offset,
        fields: ['id'],
        meta: ['filter_count'],
      };
      const { data, meta } = await ask(query, who);
      expect(data.map((item: Row) => item.id)).toEqual(expected);
      expect(meta).toEqual({ filter_count: found.length });
    }),
    { numRuns: NUM_RUNS },
  );
});

test('aggregates are those of a plain evaluation', async () => {
  const grouping = fc.record({
    groups: fc.uniqueArray(
      fc.constantFrom(
        'status',
        'type',
        'account',
        'year(date_created)',
        'month(date_updated)',
        'length',
        'reference_id',
      ),
      { maxLength: 2 },
    ),
    aggregates: fc.uniqueArray(
      fc.tuple(
        fc.constantFrom('count', 'countDistinct', 'sum', 'sumDistinct', 'avg', 'avgDistinct', 'min', 'max'),
        fc.constantFrom('quantity', 'quantity_created', 'length'),
      ),
      { minLength: 1, maxLength: 3, selector: (pair) => pair.join() },
    ),
  });
  await fc.assert(
    fc.asyncProperty(filter, search, grouping, as, async (asked, words, { groups, aggregates }, who) => {
      const found = visibleTo(who).filter((row) => meets(row, asked) && isFound(row, words));
      const operations: Record<string, string[]> = {};
      for (const [operation, field] of aggregates)
        operations[operation] = [...(operations[operation] ?? []), field];
      const query = {
        filter: written(asked),
        search: words,
        aggregate: operations,
        groupBy: groups,
        limit: -1,
      };
      const { data } = await ask(query, who);
      const parts = groups.length === 0 ? [found] : partsOf(found, groups);
      const expected = parts.map((part) =>
        JSON.stringify(groups.map((path) => groupValue(part[0] as Row, path))),
      );
      const keys = groups.map((path) => path.replace(/^(\w+)\((\w+)\)$/, '$2_$1'));
      expect(data.map((item: Row) => JSON.stringify(keys.map((key) => item[key])))).toEqual(expected);
      for (const [index, part] of parts.entries()) {
        for (const [operation, field] of aggregates) {
          const value = data[index][operation][field];
          const wanted = aggregate(part, operation, field);
          if (wanted === null) expect(value).toBe(null);
          else expect(Number(value)).toBeCloseTo(wanted, 6);
        }
      }
    }),
    { numRuns: NUM_RUNS / 2 },
  );
});

/** In the order of the groups. */
function partsOf(found: readonly Row[], groups: readonly string[]): Row[][] {
  const parts = new Map<string, Row[]>();
  for (const row of sortRows(
    found,
    groups.map((path) => ({ path, descending: false })),
  )) {
    const key = JSON.stringify(groups.map((path) => groupValue(row, path)));
    parts.set(key, [...(parts.get(key) ?? []), row]);
  }
  return [...parts.values()];
}

function groupValue(row: Row, path: string): unknown {
  const value = valueAt(row, path);
  return path.includes('(') && value !== null ? String(value) : value;
}

test('whatever is sent as a query is answered or refused, never with a 500', async () => {
  const names = fc.constantFrom(
    'status',
    'quantity',
    'id',
    'date_created',
    'account',
    'account_name',
    'unique_codes',
    'user_created',
    'year(date_created)',
    'count(unique_codes)',
    '_and',
    '_or',
    '_some',
    '_none',
    '_eq',
    '_in',
    '_between',
    '_null',
    '_gt',
    '_contains',
    '__proto__',
    'constructor',
    '',
    '*',
  );
  const scalar = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 4 }),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.constantFrom(
      '$NOW',
      '$NOW(-1 day)',
      '$NOW(99999999999 years)',
      '$CURRENT_ROLES',
      '$CURRENT_USER.x',
      '2024-02-30',
      '1e400',
      'null',
      FIRST_ACCOUNT_ID,
    ),
  );
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      scalar,
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(names, tie('value'), { maxKeys: 3 }),
    ),
  }));
  const parameter = fc.constantFrom(
    'filter',
    'filter',
    'filter',
    'fields',
    'sort',
    'limit',
    'offset',
    'page',
    'search',
    'aggregate',
    'groupBy',
    'alias',
    'deep',
    'meta',
    'keys',
  );
  const path = fc.array(names, { minLength: 1, maxLength: 3 }).map((steps) => steps.join('.'));
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(parameter, fc.oneof(value, path, fc.array(path, { maxLength: 3 })), { maxKeys: 3 }),
      as,
      async (query, who) => {
        const { status, text: body } = await api.request('SEARCH', '/items/identifier_job', {
          body: { query },
          as: who,
        });
        expect({
          status: [200, 400, 403].includes(status) ? 'fine' : status,
          body: status < 500 ? '' : body,
        }).toEqual({ status: 'fine', body: '' });
      },
    ),
    { numRuns: 2 * NUM_RUNS },
  );
});
