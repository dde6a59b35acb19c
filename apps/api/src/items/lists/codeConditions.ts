import { type CodeMark, findCode, type IssuedCode, readCodeAt, statusesAt } from '@codemint/db';
import { codeId, InvalidQueryError, parseCodeId } from '@codemint/shared';
import type { RawBuilder, SqlBool } from 'kysely';
import { hasMarks } from '../../codes/codeStatus';
import { uniqueCode } from '../collections/uniqueCode';
import type { Column, Filter } from '../query/itemsQuery';
import { conditionOf } from '../read/conditions';
import type { Scope } from '../scope';
import { generatedFields, isOwnField, registeredFields, valueIn } from './codeColumns';

type TestFilter = Extract<Filter, { kind: 'test' }>;

export type NamedCode = IssuedCode & CodeMark;

/** What generated codes of a job differ in, as far as a filter may ask, in SQL. */
interface GeneratedCode {
  status: RawBuilder<unknown>;
  /** Whether the filter names it. */
  isNamed: RawBuilder<SqlBool>;
}

/** A filter of codes, ready to be said of a job's row. */
export interface CodeFilter {
  /** The generated codes that the filter names by id or code, of any job. */
  readonly named: readonly NamedCode[];
  /** Generated codes may differ in a status that the filter asks for. */
  readonly isOfStatus: boolean;
  /** What such a generated code of the job has to meet. */
  generated(job: string, code: GeneratedCode): RawBuilder<SqlBool>;
  /** What the row of a registered code has to meet. */
  registered(job: string): RawBuilder<SqlBool>;
}

/**
 * Finds the codes that a filter names.
 * @throws InvalidQueryError if each code would have to be looked at
 */
export async function prepareCodeFilter(scope: Scope, filter: Filter): Promise<CodeFilter> {
  const { pool } = scope.context.database;
  const tests = testsOf(filter);
  const [test, ...others] = tests.filter(({ column }) => isOwnField(column.field));
  if (others.length > 0) throw cannotFilter();
  return {
    named: test === undefined ? [] : await findNamed(scope, test),
    isOfStatus: tests.some(({ column }) => column.field === 'status') && (await hasMarks(pool)),
    generated: (job, { status, isNamed }) =>
      conditionOf(filter, {
        ...leaves((column) => valueIn(generatedFields(job, status), column)),
        test: (part) => (part === test ? isNamed : undefined),
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

async function findNamed(scope: Scope, { column, test }: TestFilter): Promise<NamedCode[]> {
  const isEquality = test.kind === 'compare' && test.operator === '=';
  const values = isEquality ? [test.value] : test.kind === 'in' && !test.negated ? test.values : undefined;
  const find = FINDERS[column.field];
  if (values === undefined || find === undefined || values.length > MAX_NAMED) throw cannotFilter();
  const found = new Map<string, IssuedCode>();
  for (const value of values) {
    for (const code of await find(scope, String(value))) found.set(codeId(code.batchId, code.place), code);
  }
  const codes = [...found.values()];
  const marks = await statusesAt(scope.context.database.pool, codes);
  return codes.map((code, i) => ({ ...code, ...(marks[i] as CodeMark) }));
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
    `A list of codes is filtered by at most one condition on "id" or "code", "_eq" or "_in" with at most ${MAX_NAMED} values, and any on the status and on fields that are the same for all codes of a job`,
  );
}
