import { findCode, type IssuedCode, readCodeAt } from '@codemint/db';
import { InvalidQueryError, parseCodeId } from '@codemint/shared';
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { uniqueCode } from '../collections/uniqueCode';
import type { Column, Filter } from '../query/itemsQuery';
import { conditionOf } from '../read/conditions';
import type { Scope } from '../scope';
import { generatedFields, isOwnField, registeredFields, valueIn } from './codeColumns';

type TestFilter = Extract<Filter, { kind: 'test' }>;

/** A filter of codes, ready to be said of a job's row. */
export interface CodeFilter {
  /** The generated codes that a test names; undefined if no test tells generated codes apart. */
  readonly named: readonly IssuedCode[] | undefined;
  /** What the job has to meet: for some of the named codes that it has, or for all its generated ones. */
  generated(job: string): RawBuilder<SqlBool>;
  /** What the row of a registered code has to meet. */
  registered(job: string): RawBuilder<SqlBool>;
}

/**
 * Finds the codes that a filter names.
 * @throws InvalidQueryError if each code would have to be looked at
 */
export async function prepareCodeFilter(scope: Scope, filter: Filter): Promise<CodeFilter> {
  const telling = testsOf(filter).filter(({ column }) => isOwnField(column.field));
  const [test] = telling;
  if (telling.length > 1) throw cannotFilter();
  const named = test && (await findNamed(scope, test));
  const batchIds = named?.map(({ batchId }) => batchId) ?? [];
  return {
    named,
    generated: (job) =>
      conditionOf(filter, {
        ...leaves((column) => valueIn(generatedFields(job), column)),
        test: (part) => (part === test ? sql`${sql.ref(`${job}.batch_id`)} = any (${batchIds})` : undefined),
      }),
    registered: (job) =>
      conditionOf(
        filter,
        leaves((column) => valueIn(registeredFields(job), column)),
      ),
  };
}

function leaves(find: (column: Column) => RawBuilder<unknown> | undefined) {
  return {
    value(column: Column) {
      const value = find(column);
      if (value === undefined) throw cannotFilter();
      return value;
    },
    isTimestamp: ({ field, fn }: Column) =>
      fn === undefined && uniqueCode.fields[field]?.type === 'timestamp',
    someMeet: () => {
      throw cannotFilter();
    },
  };
}

function testsOf(filter: Filter): TestFilter[] {
  if (filter.kind === 'test') return [filter];
  if (filter.kind === 'list') throw cannotFilter();
  return filter.parts.flatMap(testsOf);
}

/** Most of what one filter may name: each takes a decryption or a look into a chunk. */
const MAX_NAMED = 100;

async function findNamed(scope: Scope, { column, test }: TestFilter): Promise<IssuedCode[]> {
  const isEquality = test.kind === 'compare' && test.operator === '=';
  const values = isEquality ? [test.value] : test.kind === 'in' && !test.negated ? test.values : undefined;
  const find = FINDERS[column.field];
  if (values === undefined || find === undefined || values.length > MAX_NAMED) throw cannotFilter();
  const found: IssuedCode[] = [];
  for (const value of values) found.push(...(await find(scope, String(value))));
  return found;
}

const FINDERS: Readonly<Record<string, (scope: Scope, value: string) => Promise<IssuedCode[]>>> = {
  async id({ context }, id) {
    const place = parseCodeId(id);
    const code = place && (await readCodeAt(context.database.pool, place.batch, place.position));
    return code === undefined ? [] : [code];
  },
  code: ({ context, caller }, code) =>
    findCode(context.database.pool, context.ring, code, { accountId: caller.accountId }),
};

function cannotFilter(): InvalidQueryError {
  return new InvalidQueryError(
    `A list of codes is filtered by at most one condition on "id" or "code", "_eq" or "_in" with at most ${MAX_NAMED} values, and any on fields that are the same for all codes of a job`,
  );
}
