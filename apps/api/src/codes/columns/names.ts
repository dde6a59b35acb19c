import { InvalidQueryError } from '@codemint/shared';
import { z } from 'zod';

/** What a file can tell of a code. */
export const COLUMN_NAMES = [
  'code',
  'serial',
  'sequence',
  'gtin',
  'element_string',
  'digital_link',
  'epc_uri',
  'epc_hex',
  'sscc',
  'check_digit',
  'epc_join_key',
] as const;

export type ColumnName = (typeof COLUMN_NAMES)[number];

/** What tables tell unless columns are asked for. */
export const DEFAULT_COLUMNS: readonly ColumnName[] = ['code', 'digital_link'];

const MEANINGS: Readonly<Record<ColumnName, string>> = {
  code: 'the code',
  serial: 'the same; of an SSCC its serial reference',
  sequence: 'its number in the order of making, from 1',
  gtin: 'the GTIN-14',
  element_string: 'the GS1 element string as people read it: the brackets stand in no symbol',
  digital_link: 'the link',
  epc_uri: 'the pure identity EPC URI',
  epc_hex: 'the EPC as a tag holds it: 96 bits where the serial fits them, else SGTIN-198 or GRAI-170',
  sscc: 'the SSCC',
  check_digit: 'that of the GTIN, asset type or SSCC',
  epc_join_key: 'the path of the link',
};

const parameter = (description: string) => z.unknown().optional().meta({ description, type: 'string' });

/** The parameters of a file's columns, whose values `parseColumns` and `parseFilterValue` check. */
export const columnParameters = {
  columns: parameter(
    `Columns by comma, in this order: ${COLUMN_NAMES.map((name) => `\`${name}\` (${MEANINGS[name]})`).join(', ')}. The EPCs of a GTIN or GRAI need \`company_prefix_length\` in an \`issuing_policy\` of the product or its account.`,
  ),
  filter_value: parameter('Filter value of `epc_hex`, 0 to 7. Default 0.'),
};

/**
 * The columns that the parameter `columns` asks for, by comma or as a list; undefined if it is not there.
 * @throws InvalidQueryError
 */
export function parseColumns(raw: unknown): readonly ColumnName[] | undefined {
  if (raw === undefined) return undefined;
  const names = namesIn(raw);
  const unknown = names.find((name) => !isColumnName(name));
  if (unknown !== undefined) {
    throw new InvalidQueryError(
      `"${unknown}" in "columns" must be one of [${COLUMN_NAMES.join(', ')}], each at most once`,
    );
  }
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) throw new InvalidQueryError(`"columns" must name "${twice}" once`);
  return names as ColumnName[];
}

function namesIn(raw: unknown): string[] {
  const texts: unknown[] = Array.isArray(raw) ? raw : [raw];
  if (texts.length === 0 || !texts.every((text) => typeof text === 'string')) {
    throw new InvalidQueryError('"columns" must be names of columns, by comma');
  }
  return texts.flatMap((text) => text.split(',')).map((name) => name.trim());
}

function isColumnName(name: string): name is ColumnName {
  return (COLUMN_NAMES as readonly string[]).includes(name);
}

/** The filter value of EPCs, 0 unless it is given. @throws InvalidQueryError */
export function parseFilterValue(raw: unknown): number {
  if (raw === undefined) return 0;
  if (typeof raw === 'string' && /^[0-7]$/.test(raw)) return Number(raw);
  throw new InvalidQueryError('"filter_value" must be a digit from 0 to 7');
}
