import { type RawBuilder, sql } from 'kysely';
import type { FunctionName } from '../query/itemsQuery';

type DateFunction = Exclude<FunctionName, 'count'>;

const PARTS: Readonly<Record<DateFunction, RawBuilder<unknown>>> = {
  year: sql`year`,
  month: sql`month`,
  week: sql`week`,
  day: sql`day`,
  weekday: sql`dow`,
  hour: sql`hour`,
  minute: sql`minute`,
  second: sql`second`,
};

/** A part of a timestamp in UTC, as a numeric. Weeks are those of ISO 8601, weekday 0 is Sunday. */
export function datePart(fn: DateFunction, value: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`extract(${PARTS[fn]} from ${value} at time zone 'UTC')`;
}
