import type { Caller } from '@codemint/db';
import { InvalidQueryError } from '@codemint/shared';

/** What a dynamic variable stands for, or the value itself if it is none. */
export function resolveVariable(raw: unknown, caller: Caller): unknown {
  if (typeof raw !== 'string' || !raw.startsWith('$')) return raw;
  if (raw.startsWith('$NOW')) return resolveNow(raw);
  if (raw === '$CURRENT_USER') return caller.userId;
  if (raw === '$CURRENT_ROLE') return caller.role;
  // Roles are not nested here: a user has one.
  if (raw === '$CURRENT_ROLES') return [caller.role];
  return /^\$CURRENT_(USER|ROLES?|POLICIES)\b/.test(raw) ? null : raw;
}

/** `$NOW`, or `$NOW(-1 day)`: so much later or earlier. */
function resolveNow(text: string): Date {
  const adjustment = /\(([^()]*)\)/.exec(text)?.[1]?.trim() ?? '';
  const now = new Date();
  if (adjustment === '') return now;
  const [, sign, amount, unit = 'days'] = /^([+-]?)\s*(\d+(?:\.\d+)?)\s*([a-z]+)?$/i.exec(adjustment) ?? [];
  const shift = UNITS.find(({ names }) => names.test(unit))?.shift;
  if (amount === undefined || shift === undefined) {
    throw new InvalidQueryError(`"${text}" is no time: write it as in "$NOW(-1 day)"`);
  }
  shift(now, Number(sign + amount));
  if (Number.isNaN(now.getTime())) throw new InvalidQueryError(`"${text}" lies too far away`);
  return now;
}

const milliseconds = (factor: number) => (date: Date, amount: number) =>
  date.setTime(date.getTime() + amount * factor);
const months = (factor: number) => (date: Date, amount: number) =>
  addMonths(date, Math.trunc(amount * factor));

const UNITS: readonly { names: RegExp; shift: (date: Date, amount: number) => void }[] = [
  { names: /^y((ea)?rs?)?$/i, shift: months(12) },
  { names: /^mo(nths?|ns?)?$/i, shift: months(1) },
  { names: /^w(eeks?)?$/i, shift: milliseconds(7 * 86_400_000) },
  { names: /^d(ays?)?$/i, shift: milliseconds(86_400_000) },
  { names: /^h((ou)?rs?)?$/i, shift: milliseconds(3_600_000) },
  { names: /^m(in(ute)?s?)?$/i, shift: milliseconds(60_000) },
  { names: /^s(ec(ond)?s?)?$/i, shift: milliseconds(1_000) },
  { names: /^(ms|milli(second)?s?)$/i, shift: milliseconds(1) },
];

/** The last day of a shorter month stands for those that it has not. */
function addMonths(date: Date, count: number): void {
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + count);
  const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(day, last));
}
