import { escapeLinkValue, formatElementString, InvalidQueryError, type JobType } from '@codemint/shared';
import type { Column, Piece } from './column';
import { epcHexColumn, epcUriColumn } from './epcColumns';
import { COLUMN_NAMES, type ColumnName } from './names';
import type { ColumnSubject } from './subject';

const GS1: readonly JobType[] = ['sgtin', 'grai', 'sscc'];

/** Types of codes that have a column; the others are of all. */
const TYPES: Partial<Record<ColumnName, readonly JobType[]>> = {
  gtin: ['sgtin'],
  sscc: ['sscc'],
  element_string: GS1,
  epc_uri: GS1,
  epc_hex: GS1,
  check_digit: GS1,
};

/** The columns that codes of a type have. */
function columnsOfType(type: JobType): ColumnName[] {
  return COLUMN_NAMES.filter((name) => TYPES[name]?.includes(type) ?? true);
}

/**
 * A column of the codes of a batch.
 * @param filterValue of EPCs, 0 to 7
 * @throws InvalidQueryError where they have no such column, or nobody has said how long the company prefix is
 */
export function columnOf(
  name: ColumnName,
  subject: Omit<ColumnSubject, 'made'>,
  filterValue: number,
): Column {
  const { type, key } = subject;
  const known = columnsOfType(type);
  if (!known.includes(name)) {
    throw new InvalidQueryError(
      `Codes of type "${type}" have no column "${name}", only [${known.join(', ')}]`,
    );
  }
  switch (name) {
    case 'code':
    case 'sscc':
      return [code()];
    case 'serial':
      return type === 'sscc' ? [code(1 + requirePrefixLength(name, subject), -1)] : [code()];
    case 'sequence':
      return [{ kind: 'sequence' }];
    case 'gtin':
      return [text(key)];
    case 'check_digit':
      return type === 'sscc' ? [code(-1)] : [text(key.slice(-1))];
    case 'element_string':
      return [text(formatElementString({ kind: type as 'sgtin', key, serial: '' })), code()];
    case 'digital_link':
      return [text(subject.digitalLink), escapedCode];
    case 'epc_join_key':
      return [text(subject.epcJoinKey), escapedCode];
    case 'epc_uri':
      return epcUriColumn(type, key, requirePrefixLength(name, subject));
    case 'epc_hex':
      return epcHexColumn(type, key, requirePrefixLength(name, subject), filterValue);
    default:
      return name satisfies never;
  }
}

function requirePrefixLength(
  name: ColumnName,
  { type, product, prefixLength }: Pick<ColumnSubject, 'type' | 'product' | 'prefixLength'>,
): number {
  if (prefixLength !== null) return prefixLength;
  throw new InvalidQueryError(
    type === 'sscc'
      ? `"${name}" needs the company prefix of the job's SSCCs, which it does not tell`
      : `"${name}" needs the length of the company prefix of product "${product}": set "company_prefix_length" in an issuing_policy of the product or of its account`,
  );
}

const text = (of: string): Piece => ({ kind: 'text', text: of });
const code = (start = 0, end?: number): Piece => ({ kind: 'code', start, ...(end !== undefined && { end }) });
const escapedCode: Piece = { kind: 'code', start: 0, escape: escapeLinkValue };
