import type { ListFilter, ThngFilter } from '@codemint/db';
import { AdiError } from '../errors';

/** With it a link to the next page, which repeats the filter, stays below what clients take as a header. */
const MAX_LENGTH = 2000;

const IDENTIFIERS = 'identifiers.';

/** What a filter of a list can be about. */
export type FilterField = (ListFilter | ThngFilter)['on'];

/** Filters of a list whose filter knows these fields. */
export type FilterOn<Field extends FilterField> = Extract<ListFilter | ThngFilter, { on: Field }>;

/**
 * Reads `field=value[,value]`, several joined by `&`: any of the values, and all of the conditions. Fields and values
 * may be percent-encoded, and have to be where they hold `,`, `&` or `%`, a field also where it holds `=`.
 * @param fields that the list knows; `identifiers` as `identifiers.<key>`
 * @throws AdiError that names the part that is wrong
 */
export function parseFilter<Field extends FilterField>(
  text: string,
  fields: readonly Field[],
): FilterOn<Field>[] {
  if (text.length > MAX_LENGTH) throw invalid(`it may have at most ${MAX_LENGTH} characters`);
  return text.split('&').map((condition) => parseCondition(condition, fields) as FilterOn<Field>);
}

function parseCondition(condition: string, fields: readonly FilterField[]): ListFilter | ThngFilter {
  const at = condition.indexOf('=');
  if (at < 0) throw invalid(`${JSON.stringify(condition)} has no "="`);
  const field = decode(condition.slice(0, at));
  const values = condition
    .slice(at + 1)
    .split(',')
    .map(decode);
  if (values.includes('')) throw invalid(`${JSON.stringify(condition)} has an empty value`);
  if (field.startsWith(IDENTIFIERS) && field.length > IDENTIFIERS.length && fields.includes('identifiers')) {
    return { on: 'identifiers', key: field.slice(IDENTIFIERS.length), values };
  }
  const known = fields.find((one) => one === field);
  if (known !== undefined && known !== 'identifiers') return { on: known, values };
  throw invalid(
    `there is no field ${JSON.stringify(field)}; ${fields.map(nameOf).join(', ')} can be asked for`,
  );
}

function nameOf(field: FilterField): string {
  return field === 'identifiers' ? `${IDENTIFIERS}<key>` : field;
}

function decode(text: string): string {
  try {
    const decoded = decodeURIComponent(text);
    // No stored text has them, and Postgres takes neither.
    if (!/[\0\p{Surrogate}]/u.test(decoded)) return decoded;
  } catch {
    // Told below.
  }
  throw invalid(`${JSON.stringify(text)} is not percent-encoded text; a percent sign is written %25`);
}

function invalid(reason: string): AdiError {
  return new AdiError(
    80000110,
    `The filter is not valid: ${reason}. Example: tags=a,b&identifiers.gs1:21=x.`,
  );
}
