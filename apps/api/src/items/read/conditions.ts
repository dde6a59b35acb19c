import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Column, Filter, Test } from '../query/itemsQuery';

/** How the leaves of a filter are said in SQL. */
export interface Leaves {
  /** A test that is said in a way of its own; undefined: in that of all. */
  test?(filter: TestFilter): RawBuilder<SqlBool> | undefined;
  /** The value of a column. */
  value(column: Column): RawBuilder<unknown>;
  isTimestamp(column: Column): boolean;
  /** Whether some of the list's items meet its filter. */
  someMeet(filter: ListFilter): RawBuilder<SqlBool>;
}

type TestFilter = Extract<Filter, { kind: 'test' }>;
export type ListFilter = Extract<Filter, { kind: 'list' }>;
type Condition = RawBuilder<SqlBool>;

/** A filter as a condition of SQL, all values of it bound. */
export function conditionOf(filter: Filter, leaves: Leaves): Condition {
  if (filter.kind === 'test') {
    const own = leaves.test?.(filter);
    if (own !== undefined) return own;
    const value = leaves.value(filter.column);
    return testCondition(value, filter.test, leaves.isTimestamp(filter.column));
  }
  if (filter.kind === 'list') {
    const some = leaves.someMeet(filter);
    return filter.quantifier === 'some' ? some : sql`coalesce(not ${some}, true)`;
  }
  const parts = filter.parts.map((part) => conditionOf(part, leaves));
  if (parts.length === 0) return filter.kind === 'and' ? sql`true` : sql`false`;
  return sql`(${sql.join(parts, filter.kind === 'and' ? sql` and ` : sql` or `)})`;
}

const COMPARISONS = {
  '=': sql`=`,
  '!=': sql`<>`,
  '<': sql`<`,
  '<=': sql`<=`,
  '>': sql`>`,
  '>=': sql`>=`,
} as const;

function testCondition(value: RawBuilder<unknown>, test: Test, isTimestamp: boolean): Condition {
  const isNegated = 'negated' in test && test.negated;
  switch (test.kind) {
    case 'null':
      return isNegated ? sql`${value} is not null` : sql`${value} is null`;
    case 'empty':
      return isNegated ? sql`${value} <> ''` : sql`(${value} is null or ${value} = '')`;
    case 'compare':
      return sql`${value} ${COMPARISONS[test.operator]} ${test.value}`;
    case 'in':
      // One array is one parameter, however long the list.
      return isNegated ? sql`${value} <> all (${test.values})` : sql`${value} = any (${test.values})`;
    case 'between': {
      const range = sql`between ${test.low} and ${test.high}`;
      return isNegated ? sql`${value} not ${range}` : sql`${value} ${range}`;
    }
    case 'text':
      return textCondition(isTimestamp ? asAnswered(value) : value, test);
  }
}

function textCondition(
  value: RawBuilder<unknown>,
  { place, ignoreCase, negated, text }: Extract<Test, { kind: 'text' }>,
): Condition {
  const escaped = text.replace(/[\\%_]/g, '\\$&');
  const pattern = `${place === 'start' ? '' : '%'}${escaped}${place === 'end' ? '' : '%'}`;
  const like = negated ? sql`not like` : sql`like`;
  if (!ignoreCase) return sql`${value} ${like} ${pattern}`;
  const fold = ASCII.test(text) ? lowered : folded;
  return sql`${fold(value)} ${like} ${fold(sql`${pattern}`)}`;
}

const ASCII = /^[ -~]*$/;

/** In lower case as far as ASCII goes, which all databases do, and ten times as fast. */
function lowered(text: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`lower(${text})`;
}

/** In lower case by the rules of Unicode, whatever the database's own are. */
function folded(text: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`lower(${text} collate "und-x-icu")`;
}

/** A timestamp as answers have it. */
function asAnswered(value: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`to_char(${value} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}
